/**
 * The host's VM table (gicv5-spi-lpi-behaviour §8.1, kvm-vgic-v5-spi §3.1): where the entry of a VM is. Linear, or two
 * levels where the host offers them: level-2 tables of 128 entries, made when the first VM of theirs gets its id. The
 * IRS itself sets VALID in a level-1 entry, in answer to IRS_VMAP_L2_VMTR.
 */
import { type Region, type SlotMemory } from '../../../gic/v5/irs/memory.ts';

const BASE = 0x10_0000_0000;
const LEVEL2_TABLES = BASE + 0x100_0000;
const LEVEL2_BYTES = 4096;
export const VMT_ENTRY = 32;
const PER_LEVEL2 = LEVEL2_BYTES / VMT_ENTRY;
const VALID = 1;
/** STRUCTURE of IRS_VMT_CFGR. */
const TWO_LEVEL = 1 << 16;

export class VmTable {
  readonly twoLevel: boolean;
  /** What KVM writes to IRS_VMT_CFGR and IRS_VMT_BASER when it probes the host. */
  readonly cfgr: number;
  readonly baser: bigint;
  readonly #level1: Region | undefined;

  constructor(memory: SlotMemory, vms: number, twoLevel: boolean) {
    this.twoLevel = twoLevel;
    this.cfgr = (twoLevel ? TWO_LEVEL : 0) | Math.max(1, 32 - Math.clz32(vms - 1));
    this.baser = BigInt(BASE) | BigInt(VALID);
    this.#level1 = twoLevel
      ? memory.add({
          base: BASE,
          bytes: Math.ceil(vms / PER_LEVEL2) * 8,
          word: 8,
          path: (n) => `host.vmt.level1.${n}`,
        })
      : undefined;
  }

  /** Address of a VM's entry. */
  addressOf(vmId: number): number {
    if (!this.twoLevel) return BASE + vmId * VMT_ENTRY;
    return tableOf(vmId) + (vmId % PER_LEVEL2) * VMT_ENTRY;
  }

  /** Can the IRS reach the entry? */
  covers(vmId: number): boolean {
    return this.#level1 === undefined || (this.#level1.lo(Math.floor(vmId / PER_LEVEL2)) & VALID) !== 0;
  }

  /** KVM writes the address of a level-2 table; the IRS sets VALID later. */
  describe(vmId: number): void {
    const table = tableOf(vmId);
    this.#level1?.set(Math.floor(vmId / PER_LEVEL2), table % 0x1_0000_0000, Math.floor(table / 0x1_0000_0000));
  }

  /** IRS_VMAP_L2_VMTR. */
  setValid(vmId: number): void {
    const index = Math.floor(vmId / PER_LEVEL2);
    this.#level1?.set(index, this.#level1.lo(index) | VALID, this.#level1.hi(index));
  }
}

const tableOf = (vmId: number): number => LEVEL2_TABLES + Math.floor(vmId / PER_LEVEL2) * LEVEL2_BYTES;
