/** The guest is entered and left, waits and wakes: where a vCPU is (trace-import-formats §2). */
import { className } from '../esr.ts';
import { type Meaning, type MeaningRows, pcOf, withValue } from './meaning.ts';

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
  'UNKNOWN EXCEPTION IO HYPERCALL DEBUG HLT MMIO IRQ_WINDOW_OPEN SHUTDOWN FAIL_ENTRY INTR SET_TPR TPR_ACCESS S390_SIEIC S390_RESET DCR NMI INTERNAL_ERROR OSI PAPR_HCALL S390_UCONTROL WATCHDOG S390_TSCH EPR SYSTEM_EVENT S390_STSI IOAPIC_EOI HYPERV ARM_NISV X86_RDMSR X86_WRMSR DIRTY_RING_FULL AP_RESET_HOLD X86_BUS_LOCK XEN RISCV_SBI RISCV_CSR NOTIFY LOONGARCH_IOCSR MEMORY_FAULT'.split(
    ' ',
  );

const entry: Meaning = (record, scene) => {
  const vcpu = scene.ownVcpu(record);
  scene.setRunState(vcpu, 'guest');
  scene.threads.runs(vcpu, true);
  scene.emit(record, vcpu, 'hypervisor', {
    kind: 'vcpu.entry',
    ...pcOf(record),
    ...(record.cpu < 0 ? {} : { pcpu: record.cpu }),
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
    why === undefined ? undefined : { exit: why },
  );
};

const haltPoll: Meaning = (record, scene) => {
  const vcpu = scene.namedVcpu(record, record.int('vcpu_id'), true);
  scene.emit(record, vcpu, 'hypervisor', { kind: 'kvm.step', step: 'halt poll', ...withValue(record.u64('new')) });
};

export const VCPU_RUNS: MeaningRows = [
  ['kvm_entry', entry],
  ['kvm_exit', exit],
  ['kvm_wfx_arm64', wfx],
  ['kvm_vcpu_wakeup', wakeup],
  ['kvm_userspace_exit', userspaceExit],
  ['kvm_halt_poll_ns', haltPoll],
];
