/**
 * The shape of the register tables: what the architecture says, as data, apart from all behaviour.
 *
 * A row is one register or one regular array of registers (`<n>` in its name). Bits that no field names are
 * reserved and become fields when a row is expanded, so the fields of a register always cover it exactly once.
 * Regular runs of equal fields (64 enables, 32 priorities) are one `each` row. In descriptions `<x>` is the number
 * of the element, `<ppi>` and `<intid>` the interrupt that the element stands for (index of the register × elements
 * per register + x).
 */

/** Where a register lives: an instruction encoding space, or a memory frame. */
export type Space =
  | 'sysreg'
  | 'insn'
  | 'IRS_CONFIG'
  | 'IRS_SETLPI'
  | 'ITS_CONFIG'
  | 'ITS_TRANSLATE'
  | 'GICD'
  | 'GICR_RD'
  | 'GICR_SGI'
  | 'GITS'
  | 'GICD_V2'
  | 'GICC';

/** Whose register it is: a GIC architecture, or the processor itself (timers, identification). */
export type Model = 'v5' | 'v3' | 'v2' | 'core';

/** RW1S: a written 1 sets, a written 0 does nothing. RW1C: a written 1 clears. */
export type Access = 'RO' | 'WO' | 'RW' | 'RW1S' | 'RW1C';

/**
 * What a field's value means in words: a list of names by value ('' = no word for it), or a rule.
 * - `type`: a GICv5 interrupt type; `v5`: a GICv5 number whose type is in bits 31:29 of the same register
 * - `spi`, `lpi`: a GICv5 number of that type; `intid`: a GICv3 or GICv2 INTID
 * - `bits+1`: a number of bits minus one; `idle255`: a priority, 255 = none
 * - `hex`: an address or identifier that reads better in hexadecimal
 */
export type TextRule = readonly string[] | 'type' | 'v5' | 'spi' | 'lpi' | 'intid' | 'bits+1' | 'idle255' | 'hex';

export type FieldRow =
  | readonly [name: string, msb: number, lsb: number, description: string, text?: TextRule]
  | {
      /** Name of an element, with `<x>` for its number. */
      readonly each: string;
      readonly count: number;
      /** Bits of one element, and distance between elements. */
      readonly width: number;
      readonly step: number;
      readonly is: string;
      readonly text?: TextRule;
    };

/** Encoding of a system register or system instruction: op0, op1, CRn, CRm, op2. */
export type EncodingRow = readonly [op0: number, op1: number, crn: number, crm: number, op2: number];

export interface RegisterRow {
  /** Unique; `<n>` stands for the index of an array. */
  readonly name: string;
  /** Arm's own name where `name` had to differ to stay unique. */
  readonly arm?: string;
  readonly space: Space;
  /** Encoding of element 0, or byte offset of element 0; left out where the public sources do not say. */
  readonly at?: EncodingRow | number;
  /** Elements of an array, and for memory frames the bytes between them. Encodings count through op2 into CRm. */
  readonly count?: number;
  readonly stride?: number;
  readonly width: 32 | 64;
  readonly access: Access;
  /** Accepted access lengths in bytes, where the sources say. */
  readonly sizes?: readonly number[];
  /** Value after reset, where it is one number; by index for arrays whose elements differ. */
  readonly reset?: bigint | readonly (readonly [first: number, last: number, value: bigint])[];
  /** What the reset value depends on, where it is not one number. */
  readonly resetNote?: string;
  /** Bits that a guest's write can affect under KVM, before further rules. */
  readonly writeMask?: bigint;
  readonly fields: readonly FieldRow[];
  /** What unnamed bits are: reserved (the default), ignored, other features' fields, or not publicly known. */
  readonly gaps?: 'RES0' | 'IGNORED' | 'OTHER' | 'UNVERIFIED';
  readonly notes?: string;
}

export interface Table {
  readonly model: Model;
  /** The document that the rows come from, and its sections by the beginning of the name (the first that fits). */
  readonly clause: string;
  readonly sections?: readonly (readonly [prefix: string, section: string])[];
  readonly rows: readonly RegisterRow[];
}
