/** What a guest did that KVM carries out for it: aborts, system registers, memory-mapped accesses, hypercalls (§2). */
import { type Access } from '../../../trace/kinds.ts';
import { abort, abortDetail, classOf, className, systemRegister, trappedRegister } from '../esr.ts';
import { type FtraceRecord } from '../record.ts';
import { type Meaning, type MeaningRows, other, pcOf, withPc, withValue } from './meaning.ts';

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

const fault: Meaning = (record, scene) => {
  const vcpu = scene.ownVcpu(record);
  const hsr = record.int('hsr') ?? record.int('esr');
  const trapped = hsr === undefined ? { what: 'abort', op: 'read' as const } : abort(hsr);
  scene.emit(
    record,
    vcpu,
    'hypervisor',
    { kind: 'kvm.trap', ...trapped, ...withValue(record.u64('ipa')), ...pcOf(record) },
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
    ...withPc(record.u64('pc')),
  });
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
    ...withValue(r0),
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
  scene.emit(record, vcpu, 'guest', access, redistributor === undefined ? undefined : { redistributor });
};

export const TRAPS: MeaningRows = [
  ['kvm_guest_fault', fault],
  ['kvm_mmio_nisv', fault],
  ['kvm_handle_sys_reg', handleSysReg],
  ['kvm_sys_access', sysAccess],
  ['kvm_forward_sysreg_trap', forwarded],
  ['kvm_hvc_arm64', hypercall],
  ['kvm_mmio', mmio],
];
