/**
 * Events that do not depend on the GIC model: generic timers, power and reset, and the lines of the register plugin
 * (trace-import-formats §6.5; other texts are those of release 7.2).
 */
const REGISTER = 'cpu {a:u} {_} ({b:u},{c:u},{d:u},{e:u},{f:u}) value 0x{v} pc 0x{w}';

export const MACHINE_ROWS = [
  ['arm_gt_recalc', 'gt recalc: timer {a:d} next tick 0x{v}', 'gt recalc: timer {a:d} irqstate {b:d} next tick 0x{v}'],
  [
    'arm_gt_recalc_disabled',
    'gt recalc: timer {a:d} timer disabled',
    'gt recalc: timer {a:d} irqstate 0 timer disabled',
  ],
  ['arm_gt_cval_write', 'gt_cval_write: timer {a:d} value 0x{v}'],
  ['arm_gt_tval_write', 'gt_tval_write: timer {a:d} value 0x{v}'],
  ['arm_gt_ctl_write', 'gt_ctl_write: timer {a:d} value 0x{v}'],
  [
    'arm_gt_imask_toggle',
    'gt_ctl_write: timer {a:d} IMASK toggle',
    'gt_ctl_write: timer {a:d} IMASK toggle, new irqstate {b:d}',
  ],
  ['arm_gt_cntvoff_write', 'gt_cntvoff_write: value 0x{v}'],
  ['arm_gt_cntpoff_write', 'gt_cntpoff_write: value 0x{v}'],
  ['arm_gt_update_irq', 'gt_update_irq: timer {a:d} irqstate {b:d}'],
  ['arm_psci_call', 'PSCI Call x0=0x{v} x1=0x{w} x2=0x{s} x3=0x{t} cpuid=0x{a:x}'],
  ['arm_cpu_reset', 'cpu {a:u}'],
  ['arm_emulate_firmware_reset', 'cpu {a:u} @EL{b:u}'],
  ['arm_powerctl_set_cpu_on', 'cpu {a:u} (EL {b:u}, {s}) @ 0x{v} with R0 = 0x{w}'],
  ['arm_powerctl_set_cpu_on_and_reset', 'cpu {a:u}'],
  ['arm_powerctl_set_cpu_off', 'cpu {a:u}'],
  ['arm_powerctl_reset_cpu', 'cpu {a:u}'],
  ['gicplug_sysreg_read', REGISTER],
  ['gicplug_sysreg_write', REGISTER],
  ['gicplug_irq_taken', 'cpu {a:u} from 0x{v} to 0x{w}'],
  ['gicplug_wfi', 'cpu {a:u} pc 0x{v}'],
  // What the simple backend counts where its buffer was full.
  ['dropped_event', '{a:u} events lost'],
] as const;

export type MachineEvent = (typeof MACHINE_ROWS)[number][0];
