/**
 * Entries of an ITS's tables in guest memory, revision 0 of KVM's layout: 8 bytes each, little-endian.
 *
 *     device       V 63 · next 62:49 · ITT address bits 51:8 in 48:5 · EventID bits − 1 in 4:0; indexed by DeviceID
 *     event        next 63:48 · LPI 47:16 · ICID 15:0; indexed by EventID; LPI 0: no entry
 *     collection   V 63 · target vCPU id 47:16 · ICID 15:0; in no order, the first invalid one ends the table
 *     level 1      V 63 · address bits 51:16 of a page of device entries
 *
 * `next` is the distance to the next valid entry in entries, 0 at the last one, capped at what the field holds.
 */
export const ENTRY = 8;
/** Pages of the ITS's tables, and of the second level. */
export const TABLE_PAGE = 0x1_0000;
/** Target of a collection that is known but not mapped. */
export const NOT_MAPPED = 0xffff_ffff;

const VALID = 1n << 63n;
const MOST_DEVICE_NEXT = 0x3fff;
const MOST_EVENT_NEXT = 0xffff;
const ITT_FIELD = (1n << 44n) - 1n;
const LEVEL2_ADDRESS = 0xf_ffff_ffff_0000n;

export interface DeviceEntry {
  /** Address of the device's interrupt translation table, a multiple of 256. */
  readonly itt: bigint;
  /** Bits of its EventIDs, 1 … 32. */
  readonly idBits: number;
  readonly next: number;
}

export interface EventEntry {
  readonly lpi: number;
  readonly icid: number;
  readonly next: number;
}

export interface CollectionEntry {
  readonly target: number;
  readonly icid: number;
}

export function encodeDevice({ itt, idBits, next }: DeviceEntry): bigint {
  const distance = BigInt(Math.min(next, MOST_DEVICE_NEXT));
  return VALID | (distance << 49n) | (((itt >> 8n) & ITT_FIELD) << 5n) | BigInt(idBits - 1);
}

/** Undefined: the entry is not valid. */
export function decodeDevice(entry: bigint): DeviceEntry | undefined {
  if ((entry & VALID) === 0n) return undefined;
  return {
    itt: ((entry >> 5n) & ITT_FIELD) << 8n,
    idBits: Number(entry & 0x1fn) + 1,
    next: Number((entry >> 49n) & 0x3fffn),
  };
}

export function encodeEvent({ lpi, icid, next }: EventEntry): bigint {
  return (BigInt(Math.min(next, MOST_EVENT_NEXT)) << 48n) | (BigInt(lpi) << 16n) | BigInt(icid);
}

/** Undefined: the entry is not valid. */
export function decodeEvent(entry: bigint): EventEntry | undefined {
  const lpi = Number((entry >> 16n) & 0xffff_ffffn);
  return lpi === 0 ? undefined : { lpi, icid: Number(entry & 0xffffn), next: Number(entry >> 48n) };
}

export function encodeCollection({ target, icid }: CollectionEntry): bigint {
  return VALID | (BigInt(target) << 16n) | BigInt(icid);
}

/** Undefined: the entry is not valid. */
export function decodeCollection(entry: bigint): CollectionEntry | undefined {
  if ((entry & VALID) === 0n) return undefined;
  return { target: Number((entry >> 16n) & 0xffff_ffffn), icid: Number(entry & 0xffffn) };
}

/** Address of the page of device entries; undefined: the entry is not valid. */
export function decodeLevel1(entry: bigint): bigint | undefined {
  return (entry & VALID) === 0n ? undefined : entry & LEVEL2_ADDRESS;
}
