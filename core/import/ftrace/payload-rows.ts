/**
 * How the events of KVM and of the host print their fields (trace-import-formats §2): patterns whose groups have the
 * names of the kernel's formats.
 */

/** How an event prints its fields: one form of it. */
export interface Row {
  readonly pattern: RegExp;
  /** Groups in hexadecimal without `0x`. */
  readonly hex?: readonly string[];
  /** Groups that are words for numbers. */
  readonly words?: Readonly<Record<string, Readonly<Record<string, bigint>>>>;
}

const RETURNS = { IRQ: 0n, SERROR: 1n, TRAP: 2n, HYP_GONE: 0xbadca11n };
const STATE = String.raw`arch_timer_ctx_index: (?<timer_idx>\d+)`;
const TIMER_STATE: Row = {
  pattern: new RegExp(String.raw`^\s*CTL: (?<ctl>(?:0x)?[0-9a-f]+) CVAL:\s+(?<cval>(?:0x)?[0-9a-f]+) ${STATE}`),
  hex: ['ctl', 'cval'],
};
const WAKING: Row = {
  pattern: /^comm=(?<comm>.*) pid=(?<pid>\d+) prio=(?<prio>-?\d+)(?: success=\d)? target_cpu=(?<target_cpu>\d+)/,
};
/** Also as trace-cmd's plugin prints it. */
const WAKEUP: readonly Row[] = [
  WAKING,
  { pattern: /^(?<comm>.*):(?<pid>\d+) \[(?<prio>-?\d+)\](?: success=\d)? CPU:(?<target_cpu>\d+)/ },
];

const SOFTIRQ: Row = { pattern: /^vec=(?<vec>\d+)(?:\s|$)/ };
const IPI: Row = { pattern: /^\((?<reason>.*)\)$/ };
const RANGE: Row = { pattern: /^mmu notifier [a-z ]+: (?<start>0x[0-9a-f]+) -- (?<end>0x[0-9a-f]+)/ };

/** Forms by the name of the event; the first that fits is read. */
export const PAYLOAD_ROWS: ReadonlyMap<string, readonly Row[]> = new Map<string, readonly Row[]>([
  ['kvm_entry', [{ pattern: /PC: (?<vcpu_pc>0x[0-9a-f]+)/ }]],
  [
    'kvm_exit',
    [
      {
        pattern: /^(?:(?<ret>\w+): )?HSR_EC: (?<esr_ec>0x[0-9a-f]+)(?: \([^)]*\))?, PC: (?<vcpu_pc>0x[0-9a-f]+)/,
        words: { ret: RETURNS },
      },
    ],
  ],
  [
    'kvm_guest_fault',
    [
      {
        pattern:
          /^ipa (?<ipa>0x[0-9a-f]+|0), hsr (?<hsr>0x[0-9a-f]+|0+), hxfar (?<hxfar>0x[0-9a-f]+|0+), pc (?<vcpu_pc>0x[0-9a-f]+|0+)/,
      },
    ],
  ],
  ['kvm_access_fault', [{ pattern: /^IPA: (?<ipa>[0-9a-f]+)/, hex: ['ipa'] }]],
  [
    'kvm_forward_sysreg_trap',
    [
      {
        pattern: /^(?<pc>[0-9a-f]+) (?<is_read>[RW]) \((?<Op0>\d+),(?<Op1>\d+),(?<CRn>\d+),(?<CRm>\d+),(?<Op2>\d+)\)/,
        hex: ['pc'],
        words: { is_read: { W: 0n, R: 1n } },
      },
    ],
  ],
  [
    'kvm_mmio_nisv',
    [
      {
        pattern:
          /^ipa (?<ipa>0x[0-9a-f]+|0+), esr (?<esr>0x[0-9a-f]+|0+), far (?<far>0x[0-9a-f]+|0+), pc (?<vcpu_pc>0x[0-9a-f]+|0+)/,
      },
    ],
  ],
  [
    'kvm_nested_eret',
    [
      {
        pattern:
          /^elr_el2: (?<elr_el2>0x[0-9a-f]+) spsr_el2: (?<spsr_el2>0x[0-9a-f]+) \(M: (?<target_mode>[^)]+)\) hcr_el2: (?<hcr_el2>[0-9a-f]+)/,
        hex: ['hcr_el2'],
      },
    ],
  ],
  [
    'kvm_inject_nested_exception',
    [
      {
        pattern:
          /^(?<type>\S+): esr_el2 (?<esr_el2>0x[0-9a-f]+) elr_el2: (?<pc>0x[0-9a-f]+) spsr_el2: (?<spsr_el2>0x[0-9a-f]+) \(M: (?<source_mode>[^)]+)\) hcr_el2: (?<hcr_el2>[0-9a-f]+)/,
        hex: ['hcr_el2'],
      },
    ],
  ],
  ['kvm_handle_sys_reg', [{ pattern: /^HSR (?<hsr>0x[0-9a-f]+)/ }]],
  [
    'kvm_sys_access',
    [
      {
        pattern:
          /^PC: (?<vcpu_pc>[0-9a-f]+) (?<name>\S+) \((?<Op0>\d+),(?<Op1>\d+),(?<CRn>\d+),(?<CRm>\d+),(?<Op2>\d+)\) (?<is_write>read|write)/,
        hex: ['vcpu_pc'],
        words: { is_write: { read: 0n, write: 1n } },
      },
    ],
  ],
  [
    'kvm_wfx_arm64',
    [
      {
        pattern: /^guest executed (?<is_wfe>wf[ie]) at: (?<vcpu_pc>0x[0-9a-f]+)/,
        words: { is_wfe: { wfi: 0n, wfe: 1n } },
      },
    ],
  ],
  [
    'kvm_hvc_arm64',
    [{ pattern: /^HVC at (?<vcpu_pc>0x[0-9a-f]+) \(r0: (?<r0>0x[0-9a-f]+), imm: (?<imm>0x[0-9a-f]+)/ }],
  ],
  [
    'kvm_mmio',
    [
      {
        pattern:
          /^mmio (?<type>unsatisfied-read|read|write) len (?<len>\d+) gpa (?<gpa>0x[0-9a-f]+) val (?<val>0x[0-9a-f]+)/,
        words: { type: { 'unsatisfied-read': 0n, read: 1n, write: 2n } },
      },
    ],
  ],
  ['vgic_update_irq_pending', [{ pattern: /^VCPU: (?<vcpu_id>-?\d+), IRQ (?<irq>\d+), level: (?<level>\d)/ }]],
  [
    'kvm_irq_line',
    [
      {
        pattern:
          /^Inject .* interrupt \((?<type>\d+)\), vcpu->idx: (?<vcpu_idx>-?\d+), num: (?<irq_num>-?\d+), level: (?<level>-?\d+)/,
      },
    ],
  ],
  ['kvm_set_irq', [{ pattern: /^gsi (?<gsi>\d+) level (?<level>-?\d+) source (?<irq_source_id>-?\d+)/ }]],
  ['kvm_ack_irq', [{ pattern: /^irqchip (?<irqchip>\w+) pin (?<pin>\d+)/ }]],
  ['kvm_timer_update_irq', [{ pattern: /^VCPU: (?<vcpu_id>-?\d+), IRQ (?<irq>\d+), level (?<level>-?\d+)/ }]],
  [
    'kvm_get_timer_map',
    [
      {
        pattern:
          /^VCPU: (?<vcpu_id>-?\d+), dv: (?<direct_vtimer>-?\d+), dp: (?<direct_ptimer>-?\d+)(?:, ev: (?<emul_vtimer>-?\d+))?, ep: (?<emul_ptimer>-?\d+)/,
      },
    ],
  ],
  ['kvm_timer_save_state', [TIMER_STATE]],
  ['kvm_timer_restore_state', [TIMER_STATE]],
  ['kvm_timer_hrtimer_expire', [{ pattern: new RegExp(`^${STATE}`) }]],
  ['kvm_timer_emulate', [{ pattern: new RegExp(String.raw`^${STATE} \(should_fire: (?<should_fire>\d)\)`) }]],
  [
    'kvm_vcpu_wakeup',
    [
      {
        pattern: /^(?<waited>wait|poll) time (?<ns>-?\d+) ns, polling (?<valid>valid|invalid)/,
        words: { waited: { poll: 0n, wait: 1n }, valid: { invalid: 0n, valid: 1n } },
      },
    ],
  ],
  [
    'kvm_halt_poll_ns',
    [
      {
        pattern: /^vcpu (?<vcpu_id>\d+): halt_poll_ns (?<new>\d+) \((?<grow>grow|shrink) (?<old>\d+)\)/,
        words: { grow: { shrink: 0n, grow: 1n } },
      },
    ],
  ],
  ['kvm_dirty_ring_exit', [{ pattern: /^vcpu (?<vcpu_id>\d+)/ }]],
  [
    'sched_switch',
    [
      {
        pattern:
          /^prev_comm=(?<prev_comm>.*) prev_pid=(?<prev_pid>\d+) prev_prio=(?<prev_prio>-?\d+) prev_state=(?<prev_state>\S+) ==> next_comm=(?<next_comm>.*) next_pid=(?<next_pid>\d+) next_prio=(?<next_prio>-?\d+)/,
      },
      {
        pattern:
          /^(?<prev_comm>.*):(?<prev_pid>\d+) \[(?<prev_prio>-?\d+)\] (?<prev_state>\S+) ==> (?<next_comm>.*):(?<next_pid>\d+) \[(?<next_prio>-?\d+)\]/,
      },
    ],
  ],
  ['sched_waking', [WAKING]],
  ['sched_wakeup', WAKEUP],
  ['sched_wakeup_new', WAKEUP],
  // What follows the number is its name.
  ['softirq_entry', [SOFTIRQ]],
  ['softirq_exit', [SOFTIRQ]],
  ['softirq_raise', [SOFTIRQ]],
  ['ipi_entry', [IPI]],
  ['ipi_exit', [IPI]],
  ['ipi_raise', [{ pattern: /^target_mask=(?<target_mask>\S+) \((?<reason>.*)\)$/ }]],
  ['kvm_unmap_hva_range', [RANGE]],
  ['kvm_age_hva', [RANGE]],
  ['kvm_test_age_hva', [{ pattern: /^mmu notifier test age hva: (?<hva>0x[0-9a-f]+)/ }]],
  ['irq_handler_entry', [{ pattern: /^irq=(?<irq>\d+) name=(?<name>.*)$/ }]],
  [
    'irq_handler_exit',
    [{ pattern: /^irq=(?<irq>\d+) ret=(?<ret>handled|unhandled)/, words: { ret: { unhandled: 0n, handled: 1n } } }],
  ],
]);
