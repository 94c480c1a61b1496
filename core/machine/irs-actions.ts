/**
 * What user space does about the tables of a machine's vGICv5: images of the interrupt state tables. Results are those of
 * the ioctls. And the GIC instructions that a hypervisor can execute.
 */
import { type Result } from '../kvm/errno.ts';
import { GROUP, UserWords } from '../kvm/uapi.ts';
import { executeAtEl2 } from '../kvm/v5/irs/hypervisor-instructions.ts';
import { type UserImages } from '../kvm/v5/irs/images.ts';
import { type GuestMemory, type VmIrs } from '../kvm/v5/irs/vm-irs.ts';
import { vgicV5Of } from '../kvm/v5/vm-vgic.ts';
import { type Machine } from './machine.ts';

/** The tables of a VM as user space holds them. */
export interface SavedTables {
  readonly spis: Uint32Array;
  /** Empty without a table of LPIs. */
  readonly lpis: Uint32Array;
}

/** @throws RangeError when the kernel of this profile has no SPIs. */
function irsOf(machine: Machine): VmIrs {
  const irs = vgicV5Of(machine.vm)?.irs;
  if (irs !== undefined) return irs;
  throw new RangeError('the kernel of this profile has no SPIs: the profiles H1, H3 and Q have');
}

/** A GIC instruction at EL2 of physical CPU `cpu`; gives what ICC_ICSR_EL1 would hold after VDRCFG. */
export function hypervisor(machine: Machine, cpu: number, instruction: string, operand: bigint): bigint {
  return executeAtEl2(irsOf(machine).host, machine.host.cpu(cpu), instruction, operand);
}

/** Where the buffers are in user space; any address that is not 0 does. */
const SPI_BUFFER = 0x1000n;
const LPI_BUFFER = 0x2000n;

class Buffers extends UserWords implements UserImages {
  readonly #tables: SavedTables;

  constructor(tables: SavedTables) {
    const { spis, lpis } = tables;
    super(SPI_BUFFER, BigInt(spis.byteLength), lpis.length === 0 ? 0n : LPI_BUFFER, BigInt(lpis.byteLength));
    this.#tables = tables;
  }

  /** Address 0 is that of the attribute itself, where earlier postings had the SPIs. */
  buffer(address: bigint): Uint32Array | undefined {
    const { spis, lpis } = this.#tables;
    return address === LPI_BUFFER ? lpis : address === SPI_BUFFER || address === 0n ? spis : undefined;
  }
}

/**
 * Words of entries by number, as in tables of the VM's sizes; the others are 0. LPIs of a VM without a table of them are
 * in a buffer that holds them, for the kernel to refuse.
 * @throws RangeError when a number is beyond its table.
 */
export function tablesOf(
  machine: Machine,
  words: { readonly spis: Readonly<Record<string, number>>; readonly lpis: Readonly<Record<string, number>> },
): SavedTables {
  const { nrSpis, registers } = irsOf(machine);
  const numbers = Object.keys(words.lpis).map(Number);
  const lpis = registers.istValid ? 2 ** registers.lpiIdBits : Math.max(-1, ...numbers) + 1;
  return { spis: image('SPI', words.spis, nrSpis.lo), lpis: image('LPI', words.lpis, lpis) };
}

function image(type: string, words: Readonly<Record<string, number>>, size: number): Uint32Array {
  const table = new Uint32Array(size);
  for (const [number, word] of Object.entries(words)) {
    if (Number(number) >= size) throw new RangeError(`${type} ${number}: the VM's table has ${size} entries`);
    table[Number(number)] = word;
  }
  return table;
}

/** Where the earlier postings kept images of LPIs: the guest's RAM, at IRS_IST_BASER. */
function guestMemoryOf({ ram }: Machine): GuestMemory {
  const inside = (address: number): boolean => {
    const offset = address - Number(ram.base);
    return offset >= 0 && offset + 4 <= ram.size;
  };
  return {
    load32: (address) =>
      inside(address) ? new DataView(ram.read(BigInt(address), 4).buffer).getUint32(0, true) : undefined,
    store32: (address, value) => {
      if (!inside(address)) return false;
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, value, true);
      ram.write(BigInt(address), bytes);
      return true;
    },
  };
}

export function saveTables(machine: Machine): { readonly result: Result; readonly saved: SavedTables } {
  const irs = irsOf(machine);
  const saved = tablesOf(machine, { spis: {}, lpis: {} });
  const memory = (irs.guestMemory = guestMemoryOf(machine));
  const result = machine.vm.deviceAttr('get', GROUP.IST, 0n, new Buffers(saved));
  if (!irs.behaviour.restoresImages)
    saved.lpis.forEach((_word, n) => (saved.lpis[n] = memory.load32(addressOfLpi(irs, n)) ?? 0));
  return { result, saved };
}

export function restoreTables(machine: Machine, saved: SavedTables): Result {
  const irs = irsOf(machine);
  const memory = (irs.guestMemory = guestMemoryOf(machine));
  // User space has restored the guest's RAM before. Outside it nothing is stored, and the kernel faults.
  if (!irs.behaviour.restoresImages && irs.registers.istValid)
    saved.lpis.forEach((word, n) => memory.store32(addressOfLpi(irs, n), word));
  return machine.vm.deviceAttr('set', GROUP.IST, 0n, new Buffers(saved));
}

/** Where the earlier postings have the image of an LPI's entry. */
const addressOfLpi = ({ registers }: VmIrs, lpi: number): number => Number(registers.istAddress) + 4 * lpi;
