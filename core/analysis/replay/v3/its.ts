/**
 * A physical ITS as its commands and accesses show it (gicv3-behaviour §11, kvm-vgic-v3 §10.5): which LPI an event of a
 * device becomes, and at which redistributor. Tables are kept by content, not in memory, which a recording does not show.
 */

/** Registers of the recorded model that nothing determines. */
const IDENTITY: ReadonlyMap<number, bigint> = new Map([
  [0x4, 0x43bn],
  [0x8, 0x1f_0001_efb1n],
  [0xc, 0x1fn],
  [0xffe0, 0x94n],
  [0xffe4, 0xb4n],
  [0xffe8, 0x3bn],
]);
const CTLR = 0x0;
const QUIESCENT = 1n << 31n;
const CBASER = 0x80;
export const CWRITER = 0x88;
export const CREADR = 0x90;
const QUEUE_OFFSET = 0xf_ffe0n;
const BASER = 0x100;
const BASERS_END = 0x140;
/** Type and entry size of the tables that exist: devices, collections. */
const TABLES: readonly bigint[] = [0x0107_0000_0000_0000n, 0x0407_0000_0000_0000n];
const TABLE_FIXED = 0x071f_0000_0000_0000n;

interface Translation {
  readonly lpi: number;
  collection: number;
}

export class Its {
  readonly #written = new Map<number, bigint>();
  readonly #devices = new Map<number, Map<number, Translation>>();
  readonly #collections = new Map<number, number>();

  /** The register at an offset, whole; undefined: no answer. */
  read(offset: number): bigint | undefined {
    const fixed = IDENTITY.get(offset);
    if (fixed !== undefined) return fixed;
    if (offset === CTLR) return QUIESCENT | (this.#stored(CTLR) & 1n);
    // Commands are carried out within the write of CWRITER.
    if (offset === CREADR) return (this.#stored(CTLR) & 1n) === 1n ? this.#stored(CWRITER) : 0n;
    if (offset === CBASER || offset === CWRITER) return this.#stored(offset);
    if (offset >= BASER && offset < BASERS_END) {
      const fixedFields = TABLES[(offset - BASER) / 8];
      return fixedFields === undefined ? 0n : fixedFields | (this.#stored(offset) & ~TABLE_FIXED);
    }
    return undefined;
  }

  write(offset: number, value: bigint): void {
    if (offset === CBASER) this.#written.set(CWRITER, 0n);
    this.#written.set(offset, offset === CWRITER ? value & QUEUE_OFFSET : value);
  }

  mapDevice(device: number, isValid: boolean): void {
    if (isValid) this.#devices.set(device, new Map());
    else this.#devices.delete(device);
  }

  mapCollection(collection: number, redistributor: number, isValid: boolean): void {
    if (isValid) this.#collections.set(collection, redistributor);
    else this.#collections.delete(collection);
  }

  mapEvent(device: number, event: number, lpi: number, collection: number): void {
    this.#devices.get(device)?.set(event, { lpi, collection });
  }

  move(device: number, event: number, collection: number): void {
    const translation = this.#devices.get(device)?.get(event);
    if (translation !== undefined) translation.collection = collection;
  }

  /** All LPIs of collections at one redistributor go to another. */
  moveAll(from: number, to: number): void {
    for (const [collection, at] of this.#collections) if (at === from) this.#collections.set(collection, to);
  }

  discard(device: number, event: number): void {
    this.#devices.get(device)?.delete(event);
  }

  /** The LPI of an event and the number of its redistributor; undefined: the message is dropped. */
  translate(device: number, event: number): { readonly lpi: number; readonly redistributor: number } | undefined {
    const translation = this.#devices.get(device)?.get(event);
    const redistributor = translation === undefined ? undefined : this.#collections.get(translation.collection);
    return translation === undefined || redistributor === undefined
      ? undefined
      : { lpi: translation.lpi, redistributor };
  }

  #stored(offset: number): bigint {
    return this.#written.get(offset) ?? 0n;
  }
}
