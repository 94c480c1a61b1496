/** Where an ITS's tables lie in guest memory, by GITS_BASER<n> and the devices' ITT addresses. */
import { type GuestMemory } from '../../guest-memory.ts';
import { decodeLevel1, ENTRY, TABLE_PAGE } from './entries.ts';
import { type DeviceMapping } from './mappings.ts';

const VALID = 1n << 63n;
const INDIRECT = 1n << 62n;
const ENTRIES_PER_PAGE = TABLE_PAGE / ENTRY;
/** DeviceIDs and collection numbers have 16 bits. */
const MOST_ID = 0xffff;

export interface GuestTable {
  readonly valid: boolean;
  /** Two levels: the table holds addresses of pages of entries. */
  readonly indirect: boolean;
  readonly base: bigint;
  readonly bytes: number;
}

/** Bits 47:16 are the address's own, 15:12 its bits 51:48. */
export function tableOf(baser: bigint): GuestTable {
  return {
    valid: (baser & VALID) !== 0n,
    indirect: (baser & INDIRECT) !== 0n,
    base: (baser & 0xffff_ffff_0000n) | (((baser >> 12n) & 0xfn) << 48n),
    bytes: (Number(baser & 0xffn) + 1) * TABLE_PAGE,
  };
}

/** Address of the entry of a device or collection number; undefined: the table has no room for it in memory. */
export function entryAddress(memory: GuestMemory, baser: bigint, id: number): bigint | undefined {
  const { indirect, base, bytes } = tableOf(baser);
  if (id > MOST_ID) return undefined;
  let address: bigint;
  if (indirect) {
    const index = Math.floor(id / ENTRIES_PER_PAGE);
    if (index >= bytes / ENTRY) return undefined;
    const entry = memory.load(base + BigInt(index * ENTRY), ENTRY);
    const page = entry === undefined ? undefined : decodeLevel1(entry);
    if (page === undefined) return undefined;
    address = page + BigInt((id % ENTRIES_PER_PAGE) * ENTRY);
  } else {
    if (id >= bytes / ENTRY) return undefined;
    address = base + BigInt(id * ENTRY);
  }
  return memory.contains(address) ? address : undefined;
}

export function eventAddress(device: DeviceMapping, event: number): bigint {
  return device.itt + BigInt(event * ENTRY);
}

/** Can the device's ITT hold this EventID in memory? */
export function holdsEvent(memory: GuestMemory, device: DeviceMapping, event: number): boolean {
  return event < 2 ** device.idBits && memory.contains(eventAddress(device, event));
}
