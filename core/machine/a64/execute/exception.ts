/**
 * Exceptions: what happened, as a hypervisor and ESR_EL1 see it. Classes and syndromes are the architecture's
 * (ESR_ELx: EC in 31:26, IL in 25, ISS in 24:0).
 */

const EXCEPTION_KINDS = [
  'undefined',
  'wfx',
  'fp',
  'illegalState',
  'svc',
  'hvc',
  'smc',
  'system',
  'instructionAbort',
  'pcAlignment',
  'dataAbort',
  'spAlignment',
  'brk',
  'hlt',
  'irq',
  'fiq',
  'serror',
] as const;
export type ExceptionKind = (typeof EXCEPTION_KINDS)[number];

/** Exception classes of an exception from AArch64; aborts and BRK name the class for a lower exception level. */
const CLASS = {
  undefined: 0x00,
  wfx: 0x01,
  fp: 0x07,
  illegalState: 0x0e,
  svc: 0x15,
  hvc: 0x16,
  smc: 0x17,
  system: 0x18,
  instructionAbort: 0x20,
  pcAlignment: 0x22,
  dataAbort: 0x24,
  spAlignment: 0x26,
  brk: 0x3c,
  hlt: 0x00,
  irq: 0,
  fiq: 0,
  serror: 0x2f,
} as const satisfies Readonly<Record<ExceptionKind, number>>;

export interface Exception {
  readonly kind: ExceptionKind;
  /** Instruction specific syndrome, 25 bits. An `hvc`, `svc`, `smc`, `brk` or `hlt` has its immediate here. */
  readonly iss: number;
  /** Address of the instruction (of an interrupt: of the next one). */
  readonly pc: bigint;
  /** Faulting address of aborts and alignment faults. */
  readonly address?: bigint;
  /** Of a data abort: the access. Present when the instruction's syndrome is valid for emulating it (ISS.ISV). */
  readonly access?: DataAccess;
}

/** The load or store of a data abort that a hypervisor can carry out for the guest. */
export interface DataAccess {
  readonly isWrite: boolean;
  /** Bytes: 1, 2, 4, 8. */
  readonly size: number;
  /** Register to store or load, 0 … 31 (31 = zero register). */
  readonly register: number;
  /** Loaded values are sign-extended, to 64 bits or to 32. */
  readonly isSigned: boolean;
  readonly is64: boolean;
}

/** ISS of a trapped MRS, MSR, SYS or SYSL: op0 op2 op1 CRn Rt CRm direction. */
export function systemSyndrome(encoding: number, register: number, isRead: boolean): number {
  const op0 = (encoding >> 14) & 3;
  const op1 = (encoding >> 11) & 7;
  const crn = (encoding >> 7) & 15;
  const crm = (encoding >> 3) & 15;
  const op2 = encoding & 7;
  return (op0 << 20) | (op2 << 17) | (op1 << 14) | (crn << 10) | (register << 5) | (crm << 1) | (isRead ? 1 : 0);
}

/** ISV, SAS, SSE, SRT, SF of a data abort's ISS. */
export function accessSyndrome({ size, isSigned, register, is64 }: DataAccess): number {
  const log2 = 31 - Math.clz32(size);
  return (1 << 24) | (log2 << 22) | (isSigned ? 1 << 21 : 0) | (register << 16) | (is64 ? 1 << 15 : 0);
}

/** ESR of an exception. `isFromLower`: taken from a lower exception level than its target. */
export function syndromeRegister({ kind, iss }: Exception, isFromLower: boolean): number {
  let ec: number = CLASS[kind];
  if (!isFromLower && (kind === 'instructionAbort' || kind === 'dataAbort')) ec++;
  return ((ec << 26) | (1 << 25) | iss) >>> 0;
}
