/** ESR_EL2 of a trap, which KVM's print forms call HSR (trace-import-formats §4). */
import { formatEncoding, registerByEncoding } from '../../gic/registers.ts';
import { type Access } from '../../trace/kinds.ts';

/** Exception classes in the words of the kernel's own table; others print as numbers. */
const CLASSES: ReadonlyMap<number, string> = new Map([
  [0x00, 'UNKNOWN'],
  [0x01, 'WFx'],
  [0x03, 'CP15_32'],
  [0x04, 'CP15_64'],
  [0x05, 'CP14_MR'],
  [0x06, 'CP14_LS'],
  [0x07, 'FP_ASIMD'],
  [0x08, 'CP10_ID'],
  [0x09, 'PAC'],
  [0x0c, 'CP14_64'],
  [0x15, 'SVC64'],
  [0x16, 'HVC64'],
  [0x17, 'SMC64'],
  [0x18, 'SYS64'],
  [0x19, 'SVE'],
  [0x1a, 'ERET'],
  [0x1f, 'IMP_DEF'],
  [0x20, 'IABT_LOW'],
  [0x21, 'IABT_CUR'],
  [0x22, 'PC_ALIGN'],
  [0x24, 'DABT_LOW'],
  [0x25, 'DABT_CUR'],
  [0x26, 'SP_ALIGN'],
  [0x28, 'FP_EXC32'],
  [0x2c, 'FP_EXC64'],
  [0x2f, 'SERROR'],
  [0x30, 'BREAKPT_LOW'],
  [0x31, 'BREAKPT_CUR'],
  [0x32, 'SOFTSTP_LOW'],
  [0x33, 'SOFTSTP_CUR'],
  [0x34, 'WATCHPT_LOW'],
  [0x35, 'WATCHPT_CUR'],
  [0x38, 'BKPT32'],
  [0x3a, 'VECTOR32'],
  [0x3c, 'BRK64'],
]);

const EC_DABT_LOW = 0x24;
const EC_IABT_LOW = 0x20;
const EC_SYS64 = 0x18;

export function className(ec: number): string {
  return CLASSES.get(ec) ?? `EC 0x${ec.toString(16)}`;
}

export function classOf(esr: number): number {
  return (esr >>> 26) & 0x3f;
}

/** The name of a system register, or its generic name (`S3_0_C12_C11_5`). */
export function systemRegister(op0: number, op1: number, crn: number, crm: number, op2: number): string {
  const known = registerByEncoding(op0, op1, crn, crm, op2, 'v3') ?? registerByEncoding(op0, op1, crn, crm, op2);
  return known?.arm ?? formatEncoding([op0, op1, crn, crm, op2]);
}

export interface Trapped {
  readonly what: string;
  readonly op: Access;
}

/** What a trapped system register access was (EC 0x18, §4.1); undefined for another class. */
export function trappedRegister(esr: number): Trapped | undefined {
  if (classOf(esr) !== EC_SYS64) return undefined;
  const bits = (lsb: number, width: number): number => (esr >>> lsb) & (2 ** width - 1);
  const what = systemRegister(bits(20, 2), bits(14, 3), bits(10, 4), bits(1, 4), bits(17, 3));
  return { what, op: (esr & 1) === 1 ? 'read' : 'write' };
}

const FAULTS: readonly (readonly [first: number, last: number, name: string])[] = [
  [0x04, 0x07, 'translation fault'],
  [0x08, 0x0b, 'access flag fault'],
  [0x0c, 0x0f, 'permission fault'],
  [0x10, 0x10, 'synchronous external abort'],
  [0x14, 0x17, 'external abort on a table walk'],
  [0x21, 0x21, 'alignment fault'],
  [0x35, 0x35, 'unsupported exclusive or atomic access'],
];

/** What a stage 2 abort was (§4.2). */
export function abort(esr: number): Trapped {
  const status = esr & 0x3f;
  const fault = FAULTS.find(([first, last]) => status >= first && status <= last);
  const name = fault === undefined ? `fault status 0x${status.toString(16)}` : fault[2];
  const level = status >= 0x04 && status <= 0x17 && status !== 0x10 ? `, level ${status & 3}` : '';
  const ec = classOf(esr);
  const isData = ec === EC_DABT_LOW || ec === EC_DABT_LOW + 1;
  const isCode = ec === EC_IABT_LOW || ec === EC_IABT_LOW + 1;
  const side = isData ? 'data' : isCode ? 'instruction' : className(ec);
  return { what: `${side} abort: ${name}${level}`, op: isCode ? 'execute' : (esr & 0x40) !== 0 ? 'write' : 'read' };
}

/** Facts of a syndrome beside what `abort` says, for the event's details. */
export function abortDetail(esr: number): Record<string, string | number | boolean> {
  if (classOf(esr) !== EC_DABT_LOW || (esr & 0x0100_0000) === 0) return {};
  return { 'access bytes': 1 << ((esr >>> 22) & 3), 'access register': (esr >>> 16) & 31 };
}
