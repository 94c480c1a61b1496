/**
 * One entry of an interrupt state table as a 32-bit word, and the sizes that follow from a table's configuration
 * (gicv5-spi-lpi-behaviour §3). Pure: an entry's word is all the state that an SPI or LPI has.
 */
export const PENDING = 1 << 0;
export const ACTIVE = 1 << 1;
/** Handling mode: 1 level. */
export const LEVEL = 1 << 2;
export const ENABLED = 1 << 3;
/** Routing mode: 1 one-of-N. */
export const ONE_OF_N = 1 << 4;
/** Private to the IRS; must not survive a migration. */
export const HWU = 3 << 9;
const PRIORITY_SHIFT = 11;
const PRIORITY_BITS = 0x1f << PRIORITY_SHIFT;

/** TYPE of an identifier, bits 31:29. */
export const LPI = 2;
export const SPI = 3;
export type IstType = typeof LPI | typeof SPI;

export const NUMBER_MASK = 0x00ff_ffff;
export const LPI_BASE = 0x4000_0000;
export const SPI_BASE = 0x6000_0000;

/** The type of an identifier that has a table entry. */
export function istTypeOf(intid: number): IstType | undefined {
  const type = intid >>> 29;
  return type === LPI || type === SPI ? type : undefined;
}

export const intidOf = (type: IstType, number: number): number => type * 0x2000_0000 + number;

/** Pending, enabled and not active: may be signalled (§6 rules 4 and 5, §7.1). */
export const isCandidate = (word: number): boolean => (word & (PENDING | ENABLED | ACTIVE)) === (PENDING | ENABLED);
export const priorityOf = (word: number): number => (word >>> PRIORITY_SHIFT) & 0x1f;
export const iaffidOf = (word: number): number => word >>> 16;

export const withPriority = (word: number, priority: number): number =>
  ((word & ~PRIORITY_BITS) | ((priority & 0x1f) << PRIORITY_SHIFT)) >>> 0;
export const withIaffid = (word: number, iaffid: number): number => ((word & 0xffff) | (iaffid << 16)) >>> 0;
export const withBit = (word: number, bit: number, on: boolean): number => (on ? word | bit : word & ~bit) >>> 0;

// --- what happens to an entry, but for instructions (operations.ts) -------------------------------------------------

/** Acknowledged: Active becomes 1, Pending 0 if the handling mode is edge (§6 rule 1). */
export const activated = (word: number): number =>
  (word & LEVEL) !== 0 ? (word | ACTIVE) >>> 0 : withBit(word | ACTIVE, PENDING, false);

/** A physical SPI's wire is sampled: SET_EDGE, SET_LEVEL or CLEAR (§5). */
export function sampled(word: number, high: boolean, isLevelTriggered: boolean): number {
  if (high) return withBit(word | PENDING, LEVEL, isLevelTriggered);
  return isLevelTriggered ? withBit(word, PENDING, false) : word;
}

/** The trigger mode of a physical SPI changed to this one (gicv5-irs-registers §5). */
export function retriggered(word: number, high: boolean, isLevelTriggered: boolean): number {
  if (isLevelTriggered) return sampled(word, high, true);
  return high ? withBit(word, PENDING, false) : word;
}

/** Low half of ICC_ICSR_EL1 for an entry: Enabled, Pending, IRM, Active, HM, Priority (§4); the high half is IAFFID. */
export function icsrLow(word: number): number {
  return (
    (word & ENABLED ? 2 : 0) |
    (word & PENDING ? 4 : 0) |
    (word & ONE_OF_N ? 8 : 0) |
    (word & ACTIVE ? 0x10 : 0) |
    (word & LEVEL ? 0x20 : 0) |
    (word & PRIORITY_BITS)
  );
}

/** ICC_ICSR_EL1 after a configuration read; F alone where there was no entry. */
export const icsrOf = (word: number | undefined): bigint =>
  word === undefined ? BigInt(ICSR_FAILED) : (BigInt(iaffidOf(word)) << 32n) | BigInt(icsrLow(word));
const ICSR_FAILED = 1;

/** Priority bits that an implementation with `bits` of them (1 … 5) keeps (§2). */
export const priorityMask = (bits: number): number => (0x1f << (5 - bits)) & 0x1f;

// --- tables ---------------------------------------------------------------------------------------------------------

/** Entry size in bytes by ISTSZ; the reserved value behaves as the minimum (gicv5-irs-registers §5). */
export const entryBytes = (istsz: number): number => 4 << (istsz > 2 ? 0 : istsz);

/** ISTSZ that an IRS requires, by its IDR2 fields (§3.1). */
export function requiredIstsz(idr2: { readonly istmd: boolean; readonly istmdSize: number }, idBits: number): number {
  if (!idr2.istmd) return 0;
  return idBits >= idr2.istmdSize ? 2 : 1;
}

/** Numbers covered by one level-2 table, as a power of two (§3.3). */
export const level2Bits = (istsz: number, l2sz: number): number => 10 - istsz + 2 * l2sz;

/** Bytes of a linear table, and the multiple that its address should be (§3.2). */
const linearBytes = (idBits: number, istsz: number): number => 2 ** (Math.max(5, idBits + 1 + istsz) + 1);

/** Bytes of the level-1 table. */
export const level1Bytes = (idBits: number, istsz: number, l2sz: number): number =>
  2 ** (Math.max(5, idBits - level2Bits(istsz, l2sz) + 2) + 1);

/** Bytes of a level-2 table: 4, 16 or 64 KB. */
export const level2Bytes = (l2sz: number): number => 2 ** (12 + 2 * l2sz);

/** Bytes of the table whose address IRS_IST_BASER holds, by IRS_IST_CFGR: of all of it, or of its first level. */
export function istBytes(cfgr: number): number {
  const istsz = (cfgr >>> 7) & 3;
  const size = istsz > 2 ? 0 : istsz;
  const idBits = cfgr & 0x1f;
  return (cfgr & 0x1_0000) === 0 ? linearBytes(idBits, size) : level1Bytes(idBits, size, (cfgr >>> 5) & 3);
}
