/**
 * Register blocks as data, and the dispatch of an access to them (kvm-vgic-v3 §10.1; gicv3-registers, decode rules).
 * A guest access that matches nothing is RAZ/WI; userspace reaches the same blocks as aligned words.
 */
import { type Frame, nameAt, unnamed } from '../../gic/registers.ts';
import { type Result } from '../errno.ts';
import { type MmioRefusal } from '../events.ts';
import { FIRST_SPI } from './irq.ts';
import { type VgicVcpu } from './vcpu-state.ts';
import { type VgicVm } from './vm-state.ts';

export interface Access {
  readonly vgic: VgicVm;
  /** The vCPU whose registers these are: owner of the frame, else the one that accesses. */
  readonly actor: VgicVcpu;
  /** The vCPU whose thread executes the access; undefined: userspace. */
  readonly requester: VgicVcpu | undefined;
  /** From the start of the block. */
  readonly offset: number;
  /** 1, 4 or 8 bytes. */
  readonly length: number;
  /** First INTID addressed; meaningful in per-INTID blocks. */
  readonly intid: number;
  /**
   * Tells of a write, once; who writes does it before the changes that tell of themselves and behind those that are the
   * write's own. What did not is told of when the write is over.
   */
  readonly tell?: () => void;
}

export type Reader = (access: Access) => bigint;
/** Guest writes return nothing; userspace writes may refuse with an errno. */
export type Writer = (access: Access, value: bigint) => void | Result;

export interface Block {
  readonly name: string;
  readonly start: number;
  readonly length: number;
  /** Accepted access lengths in bytes. */
  readonly sizes: readonly number[];
  /** Bits per interrupt of a block indexed by INTID. */
  readonly bits?: number;
  /** Is the block checked against the number of INTIDs? Redistributor blocks are not. */
  readonly bounded?: boolean;
  readonly read: Reader;
  readonly write: Writer;
  readonly userRead?: Reader;
  readonly userWrite?: Writer;
}

/** The registers of a frame. */
export interface MmioSpace {
  /** As people call the frame: `GICD`. */
  readonly name: string;
  /** The table that names its registers; absent: names would not say which frame. */
  readonly table?: Frame;
  readonly blocks: readonly Block[];
}

/** What traces call the register at this offset. */
export function registerName({ name, table }: MmioSpace, offset: number): string {
  return table === undefined ? unnamed(name, offset) : nameAt(table, offset, name);
}

export const raz: Reader = () => 0n;
export const wi: Writer = () => undefined;

/** The block that accepts this access. */
export function findBlock(vgic: VgicVm, space: MmioSpace, offset: number, length: number): Block | undefined {
  const found = blockOrRefusal(vgic, space, offset, length);
  return typeof found === 'string' ? undefined : found;
}

/** The same, or why there is none (§10.1). */
export function blockOrRefusal(vgic: VgicVm, space: MmioSpace, offset: number, length: number): Block | MmioRefusal {
  const block = space.blocks.find(({ start, length: size }) => offset >= start && offset < start + size);
  if (block === undefined) return 'unmapped';
  if (!block.sizes.includes(length)) return 'badLen';
  if (offset % length !== 0) return 'unaligned';
  if (block.bits === undefined || block.bounded === false) return block;
  return firstIntid(block, offset) < FIRST_SPI + vgic.nrSpis.lo ? block : 'beyondIrqs';
}

function firstIntid(block: Block, offset: number): number {
  return block.bits === undefined ? 0 : Math.floor(((offset - block.start) * 8) / block.bits);
}

export interface Where {
  readonly vgic: VgicVm;
  readonly space: MmioSpace;
  readonly actor: VgicVcpu;
  readonly requester: VgicVcpu | undefined;
  /** From the start of the frame. */
  readonly offset: number;
  readonly length: number;
  readonly tell?: () => void;
}

function locate(where: Where, block: Block): Access {
  return { ...where, offset: where.offset - block.start, intid: firstIntid(block, where.offset) };
}

export function mmioRead(where: Where): bigint {
  const block = findBlock(where.vgic, where.space, where.offset, where.length);
  if (block === undefined) return 0n;
  return BigInt.asUintN(where.length * 8, block.read(locate(where, block)));
}

export function mmioWrite(where: Where, value: bigint): void {
  const block = findBlock(where.vgic, where.space, where.offset, where.length);
  block?.write(locate(where, block), BigInt.asUintN(where.length * 8, value));
}

/** Userspace read of a word; unknown offsets read 0 (§14.4). */
export function userRead(where: Where): bigint {
  const block = findBlock(where.vgic, where.space, where.offset, 4);
  const value = block === undefined ? 0n : BigInt.asUintN(32, (block.userRead ?? block.read)(locate(where, block)));
  tellUser(where, 'get', value);
  return value;
}

export function userWrite(where: Where, value: bigint): Result {
  const block = findBlock(where.vgic, where.space, where.offset, 4);
  let isTold = false;
  const tell = (): void => {
    if (!isTold) tellUser(where, 'set', value);
    isTold = true;
  };
  const result =
    block && (block.userWrite ?? block.write)(locate({ ...where, tell }, block), BigInt.asUintN(32, value));
  tell();
  return typeof result === 'number' ? result : 0;
}

/** A frame that belongs to one vCPU is its, the distributor nobody's. */
function tellUser({ vgic, space, actor, offset }: Where, op: 'get' | 'set', value: bigint): void {
  const { vcpu } = actor;
  const event = { kind: 'uapi.frameRegister', op, register: registerName(space, offset), value } as const;
  (space === vgic.flavour.distributor ? vgic.vm : vcpu).emit(event);
}
