/** What the rest of the product uses of A64. */
export { assemble, type AssembleOptions, DEFAULT_ORIGIN, MAX_SOURCE } from './assemble/assemble.ts';
export {
  addressOfLine,
  type AssemblyError,
  type AssemblyResult,
  labelNames,
  lineAt,
  type LineEntry,
  type Program,
} from './assemble/program.ts';
export { disassemble, disassembleWord } from './disassemble.ts';
export { Core, type CoreOptions } from './execute/core.ts';
export { CORE_REGISTERS } from './execute/core-registers.ts';
export { CLASS, type DataAccess, type Exception, type ExceptionKind, syndromeRegister } from './execute/exception.ts';
export { PSTATE_REGISTERS } from './execute/pstate.ts';
export { type Stop } from './execute/run.ts';
export { LINE, MASKED } from './execute/signals.ts';
export {
  type Answer,
  BARE,
  type Barrier,
  type Bus,
  type BusAnswer,
  DONE,
  FAULT,
  type Hint,
  type HintAnswer,
  NOTHING,
  PROCEED,
  type System,
  TRAP,
  TRAP_EL1,
  UNDEFINED,
  WAIT,
} from './execute/system.ts';
export { enter, finishLoad } from './execute/take.ts';
export { nearest } from './names/nearest.ts';
export {
  type Direction,
  packEncoding,
  systemRegisterEncoding,
  systemRegisterName,
  unpackEncoding,
} from './names/system-names.ts';
export { type View } from './operand/operand.ts';
export { Ram } from './ram.ts';
export { claimCoreSlots, type CoreSlots, loadFrom, saveTo } from './slots.ts';
