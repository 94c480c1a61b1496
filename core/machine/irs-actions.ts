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

/** Words of entries by number, as in a table of the VM's size; the others are 0. */
export function tablesOf(
  machine: Machine,
  words: { readonly spis: Readonly<Record<string, number>>; readonly lpis: Readonly<Record<string, number>> },
): SavedTables {
  const { nrSpis, registers } = irsOf(machine);
  const spis = new Uint32Array(nrSpis.lo);
  const lpis = new Uint32Array(registers.istValid ? 2 ** registers.lpiIdBits : 0);
  for (const [number, word] of Object.entries(words.spis)) spis[Number(number)] = word;
  for (const [number, word] of Object.entries(words.lpis)) lpis[Number(number)] = word;
  return { spis, lpis };
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
  const saved = tablesOf(machine, { spis: {}, lpis: {} });
  irsOf(machine).guestMemory = guestMemoryOf(machine);
  return { result: machine.vm.deviceAttr('get', GROUP.IST, 0n, new Buffers(saved)), saved };
}

export function restoreTables(machine: Machine, saved: SavedTables): Result {
  irsOf(machine).guestMemory = guestMemoryOf(machine);
  return machine.vm.deviceAttr('set', GROUP.IST, 0n, new Buffers(saved));
}
