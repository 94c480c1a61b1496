/** Names of the general registers. */

export type Width = 'x' | 'w';

export interface GeneralRegister {
  readonly width: Width;
  readonly number: number;
  /** 31 as the stack pointer rather than zero. */
  readonly isStackPointer: boolean;
}

const OTHER_NAMES: ReadonlyMap<string, GeneralRegister> = new Map<string, GeneralRegister>([
  ['xzr', { width: 'x', number: 31, isStackPointer: false }],
  ['wzr', { width: 'w', number: 31, isStackPointer: false }],
  ['sp', { width: 'x', number: 31, isStackPointer: true }],
  ['wsp', { width: 'w', number: 31, isStackPointer: true }],
  ['lr', { width: 'x', number: 30, isStackPointer: false }],
  ['fp', { width: 'x', number: 29, isStackPointer: false }],
  ['ip0', { width: 'x', number: 16, isStackPointer: false }],
  ['ip1', { width: 'x', number: 17, isStackPointer: false }],
]);

/** The general register of this name, in any case. */
export function generalRegister(name: string): GeneralRegister | undefined {
  const lower = name.toLowerCase();
  const match = /^([xw])(30|[12]?[0-9])$/.exec(lower);
  if (match === null) return OTHER_NAMES.get(lower);
  return { width: match[1] === 'x' ? 'x' : 'w', number: Number(match[2]), isStackPointer: false };
}
