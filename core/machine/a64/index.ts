/** What the rest of the product uses of A64. */
export { assemble, type AssembleOptions, DEFAULT_ORIGIN } from './assemble/assemble.ts';
export { type Program } from './assemble/program.ts';
export { disassemble, disassembleWord } from './disassemble.ts';
export { Core, type CoreOptions } from './execute/core.ts';
export { CORE_REGISTERS } from './execute/core-registers.ts';
export { type Exception } from './execute/exception.ts';
export { type Stop } from './execute/run.ts';
export { LINE } from './execute/signals.ts';
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
  PROCEED,
  type System,
  TRAP,
  TRAP_EL1,
  UNDEFINED,
  WAIT,
} from './execute/system.ts';
export { enter } from './execute/take.ts';
export { nearest } from './names/nearest.ts';
export { packEncoding, systemRegisterEncoding, systemRegisterName, unpackEncoding } from './names/system-names.ts';
export { Ram } from './ram.ts';
export { claimCoreSlots, type CoreSlots, loadFrom, saveTo } from './slots.ts';
