/**
 * Registers with a field per interrupt, the same in a distributor and in a redistributor's SGI page: where they are,
 * how wide the field is, what it reads and what a write does (gicv3-registers §3; gicv3-behaviour §16).
 */
import { type Bank } from './bank.ts';

export interface Block {
  readonly base: number;
  readonly end: number;
  /** Bits per interrupt. */
  readonly bits: 1 | 2 | 8;
  readonly read: (bank: Bank, id: number) => number;
  readonly write: (bank: Bank, id: number, value: number) => void;
}

/** Offsets of ISENABLER … ICACTIVER; a register that clears stands behind the one that sets. */
const [FIRST_PAIR, PAIRS_END, CLEARS] = [0x100, 0x400, 0x80];

const nothing = (): void => {};
const zero = (): number => 0;
const bit = (base: number, read: Block['read'], write: Block['write']): Block => ({
  base,
  end: base + 0x80,
  bits: 1,
  read,
  write,
});

/** A pair of registers that set and clear. */
function pair(base: number, read: Block['read'], field: 'enabled' | 'latch' | 'active'): Block[] {
  const to =
    (value: 0 | 1): Block['write'] =>
    (bank, id, written) => {
      if (written === 1) bank[field][id] = value;
    };
  return [bit(base, read, to(1)), bit(base + 0x80, read, to(0))];
}

const BLOCKS: readonly Block[] = [
  bit(
    0x80,
    (bank, id) => bank.group[id] ?? 0,
    (bank, id, value) => {
      bank.group[id] = value;
    },
  ),
  ...pair(0x100, (bank, id) => bank.enabled[id] ?? 0, 'enabled'),
  ...pair(0x200, (bank, id) => (bank.isPending(id) ? 1 : 0), 'latch'),
  ...pair(0x300, (bank, id) => bank.active[id] ?? 0, 'active'),
  {
    base: 0x400,
    end: 0x800,
    bits: 8,
    read: (bank, id) => bank.priority[id] ?? 0,
    write: (bank, id, value) => {
      bank.priority[id] = value;
    },
  },
  {
    base: 0xc00,
    end: 0xd00,
    bits: 2,
    read: (bank, id) => (bank.edge[id] ?? 0) << 1,
    write: (bank, id, value) => {
      // SGIs are always edge-triggered.
      if (id >= 16) bank.edge[id] = value >> 1;
    },
  },
  // IGRPMODR and NSACR, with one security state.
  bit(0xd00, zero, nothing),
  { base: 0xe00, end: 0xf00, bits: 2, read: zero, write: nothing },
];

export function blockAt(offset: number): Block | undefined {
  return BLOCKS.find(({ base, end }) => offset >= base && offset < end);
}

/** What a read returned is what the register holds: a pair of registers that set and clear takes it as a whole. */
export function adoptBlock(block: Block, bank: Bank, offset: number, size: number, value: bigint): void {
  const isPair = block.base >= FIRST_PAIR && block.base < PAIRS_END;
  const setting = isPair ? offset & ~CLEARS : offset;
  const write = (at: number, written: bigint): void => {
    const target = blockAt(at);
    if (target !== undefined) writeBlock(target, bank, at, size, written);
  };
  write(setting, value);
  if (isPair) write(setting + CLEARS, BigInt.asUintN(8 * size, ~value));
}

/** The interrupts that an access of `size` bytes covers, from `first` on. */
function covered({ base, bits }: Block, offset: number, size: number): { first: number; count: number } {
  return { first: ((offset - base) * 8) / bits, count: (size * 8) / bits };
}

/** The first interrupt of which the byte at this offset holds something. */
export const firstOf = (block: Block, offset: number): number => covered(block, offset, 1).first;

export function readBlock(block: Block, bank: Bank, offset: number, size: number): bigint {
  const { first, count } = covered(block, offset, size);
  let value = 0n;
  for (let i = count - 1; i >= 0; i--) {
    const id = first + i;
    const field = id >= bank.first && id < bank.end ? block.read(bank, id) : 0;
    value = (value << BigInt(block.bits)) | BigInt(field);
  }
  return value;
}

export function writeBlock(block: Block, bank: Bank, offset: number, size: number, value: bigint): void {
  const { first, count } = covered(block, offset, size);
  const mask = (1n << BigInt(block.bits)) - 1n;
  for (let i = 0; i < count; i++) {
    const id = first + i;
    if (id < bank.first || id >= bank.end) continue;
    block.write(bank, id, Number((value >> BigInt(i * block.bits)) & mask));
    bank.changed(id);
  }
}
