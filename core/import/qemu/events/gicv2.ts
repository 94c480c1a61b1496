/** GICv2 events of the emulator (trace-import-formats §6.5). Field use: a the CPU; v the value, w the offset of an access. */
export const GICV2_ROWS = [
  ['gic_enable_irq', 'irq {a:d} enabled'],
  ['gic_disable_irq', 'irq {a:d} disabled'],
  ['gic_set_irq', 'irq {a:d} level {b:d} cpumask 0x{c:x} target 0x{d:x}'],
  ['gic_update_bestirq', '{s} {a:d} irq {b:d} priority {c:d} cpu priority mask {d:d} cpu running priority {e:d}'],
  ['gic_update_set_irq', 'cpu[{a:d}]: {s} = {b:d}'],
  ['gic_acknowledge_irq', '{s} {a:d} acknowledged irq {b:d}'],
  ['gic_cpu_write', '{s} {a:d} iface write at 0x{w} 0x{v}'],
  ['gic_cpu_read', '{s} {a:d} iface read at 0x{w}: 0x{v}'],
  ['gic_hyp_read', 'hyp read at 0x{w}: 0x{v}'],
  ['gic_hyp_write', 'hyp write at 0x{w}: 0x{v}'],
  ['gic_dist_read', 'dist read at 0x{w} size {a:u}: 0x{v}'],
  ['gic_dist_write', 'dist write at 0x{w} size {a:u}: 0x{v}'],
  ['gic_lr_entry', 'cpu {a:d}: new lr entry {b:d}: 0x{v}'],
  ['gic_update_maintenance_irq', 'cpu {a:d}: maintenance = {b:d}'],
] as const;

export type Gicv2Event = (typeof GICV2_ROWS)[number][0];
