/**
 * What each event of a KVM host means (trace-import-formats §2), by name. Events without a row here become host events
 * with all their fields: nothing is left out.
 *
 * `vcpu` comes from the thread for what runs in the vCPU's thread, from the printed number where there is one. An SPI's
 * number 0 is no vCPU (§2.2), and a thread that an interrupt stopped proves nothing.
 */
import { type Access, type Timer } from '../../trace/kinds.ts';
import { abort, abortDetail, classOf, className, systemRegister, trappedRegister } from './esr.ts';
import { isPrivate, printedInterrupt } from './interrupt-number.ts';
import { type FtraceRecord } from './record.ts';
import { type Happening, type Scene } from './scene.ts';

type Meaning = (record: FtraceRecord, scene: Scene) => void;

/** Order of KVM's timer contexts: EL1 physical, EL1 virtual, EL2 virtual, EL2 physical. */
const CONTEXTS: readonly Timer[] = ['CNTP', 'CNTV', 'CNTHV', 'CNTHP'];
/** PPIs that the timers have unless user space moves them. */
const TIMER_PPIS: ReadonlyMap<number, Timer> = new Map([
  [26, 'CNTHP'],
  [27, 'CNTV'],
  [28, 'CNTHV'],
  [30, 'CNTP'],
]);

const RET_IRQ = 0;
const RET_TRAP = 2;
const RETURNS: ReadonlyMap<number, string> = new Map([
  [RET_IRQ, 'IRQ'],
  [1, 'SERROR'],
  [3, 'illegal return'],
  [0xbadca11, 'HYP_GONE'],
]);

/** KVM_EXIT_* by number. */
const USERSPACE_EXITS =
  'UNKNOWN EXCEPTION IO HYPERCALL DEBUG HLT MMIO IRQ_WINDOW_OPEN SHUTDOWN FAIL_ENTRY INTR SET_TPR TPR_ACCESS S390_SIEIC S390_RESET DCR NMI INTERNAL_ERROR OSI PAPR_HCALL S390_UCONTROL WATCHDOG S390_TSCH EPR SYSTEM_EVENT S390_STSI IOAPIC_EOI HYPERV ARM_NISV X86_RDMSR X86_WRMSR'.split(
    ' ',
  );
const SMCCC: ReadonlyMap<number, string> = new Map([
  [0x8000_0000, 'SMCCC_VERSION'],
  [0x8000_0001, 'SMCCC_ARCH_FEATURES'],
  [0x8400_0000, 'PSCI_VERSION'],
  [0x8400_0001, 'CPU_SUSPEND'],
  [0x8400_0002, 'CPU_OFF'],
  [0x8400_0003, 'CPU_ON'],
  [0x8400_0004, 'AFFINITY_INFO'],
  [0x8400_0006, 'MIGRATE_INFO_TYPE'],
  [0x8400_0008, 'SYSTEM_OFF'],
  [0x8400_0009, 'SYSTEM_RESET'],
  [0x8400_000a, 'PSCI_FEATURES'],
  [0x8400_000e, 'SYSTEM_SUSPEND'],
  [0x8400_0012, 'SYSTEM_RESET2'],
]);
const SIXTY_FOUR = 0x4000_0000;

/** A property that is left out when its value is unknown. */
function known<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  // An object with one computed key has a wider type than what it is.
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

const pcOf = (record: FtraceRecord): { readonly pc?: bigint } => known('pc', record.u64('vcpu_pc'));

function other(record: FtraceRecord, scene: Scene, vcpu: number, value?: bigint, argument?: bigint): void {
  scene.emit(record, vcpu, 'unknown', {
    kind: 'host.event',
    event: record.name,
    ...known('value', value),
    ...known('argument', argument),
  });
}

/** A step of KVM in the vCPU's own thread. */
const step =
  (what: string, value?: string, argument?: string): Meaning =>
  (record, scene) => {
    scene.emit(record, scene.maybeOwnVcpu(record), 'hypervisor', {
      kind: 'kvm.step',
      step: what,
      ...known('value', value === undefined ? undefined : record.u64(value)),
      ...known('argument', argument === undefined ? undefined : record.u64(argument)),
    });
  };

const entry: Meaning = (record, scene) => {
  const vcpu = scene.ownVcpu(record);
  scene.setRunState(vcpu, 'guest');
  scene.threads.runs(vcpu, true);
  scene.emit(record, vcpu, 'hypervisor', {
    kind: 'vcpu.entry',
    ...pcOf(record),
    ...known('pcpu', record.cpu < 0 ? undefined : record.cpu),
  });
};

const exit: Meaning = (record, scene) => {
  const vcpu = scene.ownVcpu(record);
  const ret = record.int('ret') ?? RET_TRAP;
  const ec = record.int('esr_ec');
  scene.setRunState(vcpu, 'host');
  // For other exits than traps KVM records class 0, which says nothing.
  const reason = ret !== RET_TRAP ? (RETURNS.get(ret) ?? `exit ${ret}`) : ec === undefined ? 'trap' : className(ec);
  scene.emit(record, vcpu, 'hypervisor', { kind: 'vcpu.exit', reason, ...pcOf(record) });
};

const fault: Meaning = (record, scene) => {
  const vcpu = scene.ownVcpu(record);
  const hsr = record.int('hsr');
  const trapped = hsr === undefined ? { what: 'abort', op: 'read' as const } : abort(hsr);
  scene.emit(
    record,
    vcpu,
    'hypervisor',
    { kind: 'kvm.trap', ...trapped, ...known('value', record.u64('ipa')), ...pcOf(record) },
    hsr === undefined ? undefined : { class: className(classOf(hsr)), ...abortDetail(hsr) },
  );
};

const handleSysReg: Meaning = (record, scene) => {
  const vcpu = scene.ownVcpu(record);
  const hsr = record.int('hsr');
  const trapped = hsr === undefined ? undefined : trappedRegister(hsr);
  scene.emit(record, vcpu, 'hypervisor', {
    kind: 'kvm.trap',
    what: trapped?.what ?? 'system register',
    op: trapped?.op ?? 'execute',
  });
};

function registerOf(...[op0, op1, crn, crm, op2]: readonly (number | undefined)[]): string | undefined {
  const isKnown = op0 !== undefined && op1 !== undefined && crn !== undefined && crm !== undefined && op2 !== undefined;
  return isKnown ? systemRegister(op0, op1, crn, crm, op2) : undefined;
}

/** The register whose encoding the record has as five fields. */
function encodedRegister(record: FtraceRecord): string | undefined {
  return registerOf(...['Op0', 'Op1', 'CRn', 'CRm', 'Op2'].map((field) => record.int(field)));
}

const sysAccess: Meaning = (record, scene) => {
  const vcpu = scene.ownVcpu(record);
  const op: Access = record.int('is_write') === 1 ? 'write' : 'read';
  const table = encodedRegister(record);
  // Text prints the kernel's own name, which covers registers that no interrupt controller has.
  const printed = /^SYS_([A-Z]\w+)$/.exec(record.text('name') ?? '')?.[1];
  const what = table === undefined || /^S\d/.test(table) ? (printed ?? table ?? 'system register') : table;
  if (what.startsWith('ICC_PPI_') || what.startsWith('ICC_CR0')) scene.proves('v5', `a trapped access to ${what}`);
  else if (what.startsWith('ICC_')) scene.proves('v3', `a trapped access to ${what}`);
  scene.emit(record, vcpu, 'hypervisor', { kind: 'kvm.trap', what, op, ...pcOf(record) });
};

const wfx: Meaning = (record, scene) => {
  const vcpu = scene.ownVcpu(record);
  const wfe = record.int('is_wfe') === 1;
  // WFE makes KVM yield for a moment; only WFI waits for an interrupt.
  if (!wfe) scene.setRunState(vcpu, 'idle');
  scene.emit(record, vcpu, 'guest', { kind: 'vcpu.idle', wfe, ...pcOf(record) });
};

const wakeup: Meaning = (record, scene) => {
  const vcpu = scene.ownVcpu(record);
  scene.setRunState(vcpu, 'host');
  scene.emit(record, vcpu, 'hypervisor', { kind: 'vcpu.wake' });
};

const hypercall: Meaning = (record, scene) => {
  const vcpu = scene.ownVcpu(record);
  const r0 = record.u64('r0');
  const id = r0 === undefined ? undefined : Number(BigInt.asUintN(32, r0));
  const what = id === undefined ? undefined : SMCCC.get((id & ~SIXTY_FOUR) >>> 0);
  scene.emit(record, vcpu, 'guest', {
    kind: 'kvm.trap',
    what: what === undefined ? 'HVC' : `HVC ${what}`,
    op: 'execute',
    ...known('value', r0),
    ...pcOf(record),
  });
};

const MMIO_BEGINS = 0;
const MMIO_WRITE = 2;
const SIZES: ReadonlySet<number> = new Set([1, 2, 4, 8]);

const mmio: Meaning = (record, scene) => {
  const vcpu = scene.ownVcpu(record);
  const type = record.int('type');
  const address = record.u64('gpa');
  const size = record.int('len') ?? 0;
  if (type === undefined || address === undefined || !SIZES.has(size)) return other(record, scene, vcpu, address);
  // Each read is told twice; the first has no value yet.
  if (type === MMIO_BEGINS)
    return scene.emit(record, vcpu, 'hypervisor', { kind: 'kvm.step', step: 'MMIO read begins', argument: address });
  const value = record.u64('val') ?? 0n;
  const isWrite = type === MMIO_WRITE;
  const { register, offset, redistributor } = scene.frames.name({ isWrite, size, address, value });
  const op: Access = isWrite ? 'write' : 'read';
  const access = { kind: 'mmio.access', register, op, size, value, offset } as const;
  scene.emit(record, vcpu, 'guest', access, known('redistributor', redistributor));
};

const userspaceExit: Meaning = (record, scene) => {
  const vcpu = scene.ownVcpu(record);
  const error = record.int('errno') ?? 0;
  const reason = record.int('reason');
  scene.threads.runs(vcpu, false);
  if (vcpu >= 0 && scene.runState(vcpu) !== undefined) scene.setRunState(vcpu, 'host');
  const word = reason === undefined ? undefined : USERSPACE_EXITS[reason];
  const why = error === -4 ? 'restart' : error < 0 ? 'error' : word === undefined ? undefined : `KVM_EXIT_${word}`;
  scene.emit(
    record,
    vcpu,
    'hypervisor',
    { kind: 'kvm.ioctl', ioctl: 'KVM_RUN', result: BigInt.asUintN(64, BigInt(error)) },
    known('exit', why),
  );
};

function inject(record: FtraceRecord, scene: Scene, number: number, id: number | undefined, cause: string): void {
  scene.sees(number);
  const intid = printedInterrupt(number);
  const level = record.int('level') === 1;
  if (intid === undefined) return other(record, scene, -1, BigInt(number));
  const vcpu = isPrivate(intid) ? scene.namedVcpu(record, id, false) : -1;
  scene.setLine(intid, vcpu, level);
  scene.emit(record, vcpu, 'hypervisor', { kind: 'irq.inject', intid, level, cause });
}

const updatePending: Meaning = (record, scene) => {
  const number = record.int('irq');
  if (number === undefined) return other(record, scene, -1);
  scene.gsis.injects(record, number, record.int('level'));
  inject(record, scene, number, record.int('vcpu_id'), 'vgic_update_irq_pending');
};

const setGsi = step('set GSI', 'level', 'gsi');
const setIrq: Meaning = (record, scene) => {
  const gsi = record.int('gsi');
  const number = gsi === undefined ? undefined : scene.gsis.sets(record, gsi, record.int('level'));
  if (number === undefined) setGsi(record, scene);
  else inject(record, scene, number, undefined, 'kvm_set_irq');
};

const LINE_CPU = 0;
const irqLine: Meaning = (record, scene) => {
  const number = record.int('irq_num');
  // Type 0 is the IRQ or FIQ input of a CPU, not an interrupt.
  if (number === undefined || record.int('type') === LINE_CPU) return other(record, scene, -1);
  inject(record, scene, number, record.int('vcpu_idx'), 'KVM_IRQ_LINE');
};

const FIRST_SPI = 32;
const ackIrq: Meaning = (record, scene) => {
  const pin = record.int('pin');
  const intid = pin === undefined ? undefined : printedInterrupt(pin + FIRST_SPI);
  const vcpu = scene.maybeOwnVcpu(record);
  if (intid === undefined) return other(record, scene, vcpu);
  scene.emit(record, vcpu, 'hypervisor', { kind: 'irq.deactivate', intid });
};

const timerUpdate: Meaning = (record, scene) => {
  const vcpu = scene.namedVcpu(record, record.int('vcpu_id'), true);
  const number = record.int('irq');
  const level = record.int('level') === 1;
  const intid = number === undefined ? undefined : printedInterrupt(number);
  if (number === undefined || intid === undefined) return other(record, scene, vcpu);
  scene.sees(number);
  const timer = TIMER_PPIS.get(number & 0xff_ffff);
  if (timer === undefined) {
    scene.setLine(intid, vcpu, level);
    return scene.emit(record, vcpu, 'hypervisor', { kind: 'irq.line', intid, level });
  }
  if (vcpu >= 0) scene.slots.set(scene.timer(vcpu, timer).line, level ? 1 : 0);
  scene.emit(record, vcpu, 'hypervisor', { kind: 'timer.line', timer, level });
};

const timerState =
  (what: string): Meaning =>
  (record, scene) => {
    const vcpu = scene.loadedVcpu(record);
    const context = record.int('timer_idx');
    const timer = context === undefined ? undefined : CONTEXTS[context];
    const control = record.u64('ctl');
    const compare = record.u64('cval');
    if (vcpu >= 0 && timer !== undefined && control !== undefined && compare !== undefined) {
      const slots = scene.timer(vcpu, timer);
      scene.slots.set(slots.control, Number(control & 7n));
      scene.slots.set(slots.compare, Number(compare & 0xffff_ffffn), Number(compare >> 32n));
    }
    const happening: Happening = {
      kind: 'kvm.step',
      step: timer === undefined ? what : `${what} ${timer}`,
      ...known('value', control),
      ...known('argument', compare),
    };
    scene.emit(record, vcpu, 'hypervisor', happening);
  };

const timerMap: Meaning = (record, scene) => {
  const vcpu = scene.namedVcpu(record, record.int('vcpu_id'), true);
  scene.emit(record, vcpu, 'hypervisor', { kind: 'kvm.step', step: 'timer map' });
};

const haltPoll: Meaning = (record, scene) => {
  const vcpu = scene.namedVcpu(record, record.int('vcpu_id'), true);
  scene.emit(record, vcpu, 'hypervisor', { kind: 'kvm.step', step: 'halt poll', ...known('value', record.u64('new')) });
};

/** States that a thread leaves the CPU in: low bits are reasons to sleep; `+` (0x100) marks preemption. */
const SLEEPING = 0xff;

const schedule: Meaning = (record, scene) => {
  const before = scene.threads.laneOfThread((record.int('prev_pid') ?? -1) + record.kernel);
  const after = scene.threads.laneOfThread((record.int('next_pid') ?? -1) + record.kernel);
  if (before >= 0) {
    const state = record.int('prev_state');
    const letters = record.text('prev_state');
    const sleeps = state === undefined ? letters !== undefined && !letters.startsWith('R') : (state & SLEEPING) !== 0;
    scene.setRunState(before, sleeps ? 'blocked' : 'preempted');
  }
  if (after >= 0) scene.setRunState(after, 'host');
  other(record, scene, before >= 0 ? before : after, record.u64('prev_pid'), record.u64('next_pid'));
};

const threadEnds: Meaning = (record, scene) => {
  const lane = scene.threads.laneOfThread(record.pid + record.kernel);
  scene.threads.runs(lane, false);
  scene.setRunState(lane, 'off');
  other(record, scene, lane);
};

const forwarded: Meaning = (record, scene) => {
  const packed = record.int('sysreg');
  const bits = (lsb: number, width: number): number | undefined =>
    packed === undefined ? undefined : (packed >>> lsb) & (2 ** width - 1);
  // Text has the parts.
  const what = encodedRegister(record) ?? registerOf(bits(19, 2), bits(16, 3), bits(12, 4), bits(8, 4), bits(5, 3));
  const isRead = record.int('is_read');
  scene.emit(record, scene.ownVcpu(record), 'hypervisor', {
    kind: 'kvm.trap',
    what: what ?? 'system register',
    op: isRead === undefined ? 'execute' : isRead === 1 ? 'read' : 'write',
    ...known('pc', record.u64('pc')),
  });
};

const withNumber =
  (field: string, second?: string): Meaning =>
  (record, scene) => {
    const vcpu = scene.maybeOwnVcpu(record);
    other(record, scene, vcpu, record.u64(field), second === undefined ? undefined : record.u64(second));
  };

const MEANINGS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['kvm_entry', entry],
  ['kvm_exit', exit],
  ['kvm_guest_fault', fault],
  ['kvm_handle_sys_reg', handleSysReg],
  ['kvm_sys_access', sysAccess],
  ['kvm_forward_sysreg_trap', forwarded],
  ['kvm_wfx_arm64', wfx],
  ['kvm_vcpu_wakeup', wakeup],
  ['kvm_hvc_arm64', hypercall],
  ['kvm_mmio', mmio],
  ['kvm_userspace_exit', userspaceExit],
  ['vgic_update_irq_pending', updatePending],
  ['kvm_irq_line', irqLine],
  ['kvm_set_irq', setIrq],
  ['kvm_ack_irq', ackIrq],
  ['kvm_timer_update_irq', timerUpdate],
  ['kvm_timer_save_state', timerState('save')],
  ['kvm_timer_restore_state', timerState('restore')],
  ['kvm_get_timer_map', timerMap],
  ['kvm_timer_hrtimer_expire', step('timer expires', 'timer_idx')],
  ['kvm_timer_emulate', step('emulate timer', 'should_fire', 'timer_idx')],
  ['kvm_halt_poll_ns', haltPoll],
  ['sched_switch', schedule],
  ['sched_process_exit', threadEnds],
  ['irq_handler_entry', withNumber('irq')],
  ['irq_handler_exit', withNumber('irq', 'ret')],
  ['softirq_entry', withNumber('vec')],
  ['softirq_exit', withNumber('vec')],
  ['softirq_raise', withNumber('vec')],
  ['ipi_send_cpu', withNumber('cpu')],
]);

/** Appends what the record means, with the state that it proves. */
export function observe(record: FtraceRecord, scene: Scene): void {
  const meaning = MEANINGS.get(record.name);
  if (meaning === undefined) other(record, scene, scene.maybeOwnVcpu(record));
  else meaning(record, scene);
}

/** Events were lost before this record, on its CPU; −1: nobody counted how many. */
export function observeLoss(record: FtraceRecord, count: number, scene: Scene): void {
  scene.forgetAll();
  scene.emit(record, -1, 'unknown', { kind: 'lost', ...known('count', count < 0 ? undefined : BigInt(count)) });
}
