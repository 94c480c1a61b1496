/**
 * A VM's VPE table and the VPEs' descriptors in host memory (gicv5-spi-lpi-behaviour §8.1, §8.2): `vpet0.vpe1`,
 * `vped0.vpe1`. A descriptor is the IRS's own; it holds the request for a doorbell.
 */
import { type Region, type SlotMemory } from '../../../gic/v5/irs/memory.ts';
import { MAX_VCPU_IDS } from '../../uapi.ts';

const VALID = 1;
/** Of a descriptor: a doorbell is requested, and down to which priority. */
const ARMED = 1;
const DBPM_SHIFT = 1;
const WORD = 8;
/** Ids may be larger than the number of VPEs: a slot for every vCPU id. */
const BYTES = MAX_VCPU_IDS * WORD;

export class VpeTable {
  readonly #entries: Region;
  readonly #descriptors: Region;

  constructor(memory: SlotMemory, vmId: number, entries: number, descriptors: number) {
    const region = (base: number, name: string): Region =>
      memory.add({ base, bytes: BYTES, word: WORD, path: (n) => `host.${name}${vmId}.vpe${n}` });
    this.#entries = region(entries, 'vpet');
    this.#descriptors = region(descriptors, 'vped');
  }

  get address(): number {
    return this.#entries.spec.base;
  }

  /** The slot of a VPE: where its descriptor is. Valid after IRS_VMAP_VPER. */
  describe(vpe: number): void {
    const descriptor = this.#descriptors.spec.base + vpe * WORD;
    this.#entries.set(vpe, descriptor % 0x1_0000_0000, Math.floor(descriptor / 0x1_0000_0000));
  }

  setValid(vpe: number): void {
    this.#entries.set(vpe, this.#entries.lo(vpe) | VALID, this.#entries.hi(vpe));
  }

  isValid(vpe: number): boolean {
    return vpe < MAX_VCPU_IDS && (this.#entries.lo(vpe) & VALID) !== 0;
  }

  /** Everything zero. */
  clear(): void {
    this.#entries.clear();
    this.#descriptors.clear();
  }

  // --- doorbells --------------------------------------------------------------------------------------------------

  arm(vpe: number, dbpm: number): void {
    this.#descriptors.set(vpe, ARMED | (dbpm << DBPM_SHIFT));
  }

  disarm(vpe: number): void {
    this.#descriptors.set(vpe, 0);
  }

  /** The mask of a doorbell that is requested. */
  armed(vpe: number): number | undefined {
    const word = this.#descriptors.lo(vpe);
    return (word & ARMED) === 0 ? undefined : word >>> DBPM_SHIFT;
  }
}
