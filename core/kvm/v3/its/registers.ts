/** The control page of an ITS as KVM decodes it (gicv3-registers, GITS; kvm-vgic-v3 §14.10). */
import { extract, type Part, update } from '../../../gic/wide.ts';
import { EBUSY, EINVAL, type Result } from '../../errno.ts';
import { type Access, type Block, type MmioSpace } from '../../vgic/mmio.ts';
import { IIDR_BASE } from '../../vgic/revision.ts';
import { sanitiseAttributes } from '../lpi-bases.ts';
import { BASER_TYPE, type Its } from './its.ts';
import { OFFSET_MASK, processCommands, queueBytes } from './queue.ts';

/** The part, and what tells of a write before its consequences. */
type Write = Part & Pick<Access, 'tell'>;

/** A register or an array of them: what an access of `length` bytes at `offset` in it reads and writes. */
interface Row {
  readonly name: string;
  readonly start: number;
  readonly length: number;
  readonly sizes: readonly number[];
  read(its: Its, at: Part): bigint;
  write?(its: Its, at: Write, value: bigint): void;
  /** Userspace's write where it differs. */
  userWrite?(its: Its, value: bigint): Result;
}

const ENABLED = 1n;
const QUIESCENT = 1n << 31n;
/** Physical LPIs, ITT entries of 8 bytes, 16 bits of EventID and DeviceID. */
const TYPER = 0x1_ef71n;
const VALID = 1n << 63n;
const INDIRECT = 1n << 62n;
const BASER_READ_ONLY = 0x071f_0000_0000_0000n;
const ENTRY_SIZE = 7n << 48n;
const PAGE_SIZE_MASK = 3n << 8n;
const PAGE_64K = 2n << 8n;
const CBASER_LOW_ADDRESS = 0xf000n;
const REVISION = 0xf000n;
const REVISIONS = 1n;
const CACHE = { outer: 53n, inner: 59n } as const;

function writeControl(its: Its, at: Write, value: bigint): void {
  const on = (value & ENABLED) !== 0n;
  if (!its.enabled.flag && on && !its.hasTables) return;
  its.enabled.flag = on;
  at.tell?.();
  if (!on) its.dropCache();
  processCommands(its);
}

function writeCbaser(its: Its, at: Part, value: bigint): void {
  if (its.enabled.flag) return;
  its.cbaser.value = sanitiseAttributes(update(its.cbaser.value, at, value), CACHE) & ~CBASER_LOW_ADDRESS;
  its.creadr.value = 0n;
  its.cwriter.value = 0n;
}

function writeCwriter(its: Its, at: Write, value: bigint): void {
  const offset = update(its.cwriter.value, at, value) & OFFSET_MASK;
  if (Number(offset) >= queueBytes(its.cbaser.value)) return;
  its.cwriter.value = offset;
  at.tell?.();
  processCommands(its);
}

/** Only userspace may move it, between the other registers and GITS_CTLR of a restore. */
function restoreCreadr(its: Its, value: bigint): Result {
  if (its.enabled.flag) return -EBUSY;
  const offset = value & OFFSET_MASK;
  if (Number(offset) >= queueBytes(its.cbaser.value)) return -EINVAL;
  its.creadr.value = offset;
  return 0;
}

function readBaser(its: Its, at: Part): bigint {
  const index = at.offset >>> 3;
  const cell = index === 0 ? its.deviceBaser : index === 1 ? its.collectionBaser : undefined;
  return cell === undefined ? 0n : extract(cell.value, at);
}

/** A table that is no longer valid takes with it what was mapped through it. */
function writeBaser(its: Its, at: Part, value: bigint): void {
  const index = at.offset >>> 3;
  if (its.enabled.flag || index > 1) return;
  const devices = index === 0;
  const cell = devices ? its.deviceBaser : its.collectionBaser;
  let word = update(cell.value, at, value) & ~BASER_READ_ONLY;
  if (!devices) word &= ~INDIRECT;
  word |= ENTRY_SIZE | (devices ? BASER_TYPE.DEVICES : BASER_TYPE.COLLECTIONS);
  word = (sanitiseAttributes(word, CACHE) & ~PAGE_SIZE_MASK) | PAGE_64K;
  cell.value = word;
  if ((word & VALID) !== 0n) return;
  if (devices) its.freeDevices();
  else its.freeCollections();
}

/** Identification words by offset from 0xFFD0: PIDR4, PIDR0 to PIDR2, CIDR0 to CIDR3. */
const IDS: ReadonlyMap<number, bigint> = new Map([
  [0x00, 0x40n],
  [0x10, 0x92n],
  [0x14, 0xb4n],
  [0x18, 0x3bn],
  [0x20, 0x0dn],
  [0x24, 0xf0n],
  [0x28, 0x05n],
  [0x2c, 0xb1n],
]);

const WORD = [4];
const BOTH = [4, 8];

export const ITS_REGISTERS: readonly Row[] = [
  {
    name: 'CTLR',
    start: 0,
    length: 4,
    sizes: WORD,
    read: (its) => (its.creadr.lo === its.cwriter.lo ? QUIESCENT : 0n) | (its.enabled.flag ? ENABLED : 0n),
    write: writeControl,
  },
  {
    name: 'IIDR',
    start: 4,
    length: 4,
    sizes: WORD,
    read: () => IIDR_BASE,
    // The revision is that of the tables' layout in memory: there is one.
    userWrite: (_its, value) => ((value & REVISION) >> 12n >= REVISIONS ? -EINVAL : 0),
  },
  { name: 'TYPER', start: 8, length: 8, sizes: BOTH, read: (_its, at) => extract(TYPER, at) },
  {
    name: 'CBASER',
    start: 0x80,
    length: 8,
    sizes: BOTH,
    read: (its, at) => extract(its.cbaser.value, at),
    write: writeCbaser,
  },
  {
    name: 'CWRITER',
    start: 0x88,
    length: 8,
    sizes: BOTH,
    read: (its, at) => extract(its.cwriter.value, at),
    write: writeCwriter,
  },
  {
    name: 'CREADR',
    start: 0x90,
    length: 8,
    sizes: BOTH,
    read: (its, at) => extract(its.creadr.value, at),
    userWrite: restoreCreadr,
  },
  { name: 'BASER', start: 0x100, length: 0x40, sizes: BOTH, read: readBaser, write: writeBaser },
  { name: 'IDREGS', start: 0xffd0, length: 0x30, sizes: WORD, read: (_its, at) => IDS.get(at.offset) ?? 0n },
];

/** The frame as the bus sees it. Names are those of the first ITS: a VM hardly has a second one. */
export function itsSpace(its: Its): MmioSpace {
  const named = its.index === 0 ? ({ table: 'GITS' } as const) : {};
  return { name: `GITS${its.index}`, ...named, blocks: ITS_REGISTERS.map((row) => blockOf(its, row)) };
}

function blockOf(its: Its, { name, start, length, sizes, read, write }: Row): Block {
  return {
    name,
    start,
    length,
    sizes,
    read: (access) => read(its, access),
    write: (access, value) => write?.(its, access, value),
  };
}
