/**
 * The shape of the instruction table: one row per encoding, from which decoder, disassembler, assembler and executor
 * all follow. Adding an instruction is adding a row.
 */
import { type Semantics } from './execute/op.ts';
import { type Fields } from './pattern.ts';

/**
 * A written form. `fixed`: fields that this form decides (an alias); `prefer`: a disassembler uses it only then (an
 * assembler always may). A form whose operand never prints is for the assembler alone.
 */
export type Form =
  | string
  | readonly [syntax: string, fixed: Partial<Fields>]
  | readonly [syntax: string, fixed: Partial<Fields>, prefer: (fields: Fields) => boolean];

export interface Row {
  /** As the architecture titles it: `ADD (immediate)`. Unique. */
  readonly name: string;
  /** See pattern.ts. Patterns of two rows never match the same word unless `valid` tells them apart. */
  readonly pattern: string;
  /** In the order in which a disassembler prefers them: aliases first. */
  readonly forms: readonly Form[];
  /** False for reserved values of the fields: then the word is UNDEFINED. */
  readonly valid?: (fields: Fields) => boolean;
  /** What it does. */
  readonly run: Semantics;
}
