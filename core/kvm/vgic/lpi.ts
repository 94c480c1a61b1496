/**
 * The LPIs of a VM: an interrupt exists while an event of an ITS is mapped to it, or an AP list holds it; so one that
 * was unmapped while it waits is still delivered, and is gone when it leaves the list (kvm-vgic-v3 §2.1, `refcount`).
 *
 * An LPI's slots are claimed when it is first mapped. Invariant: the slots of one that does not exist are 0.
 */
import { type Cell, type CellClaim } from '../../state/cell.ts';
import { Irq, NONE } from './irq.ts';

export class Lpi extends Irq {
  /** Events of all ITSs that are mapped to it. */
  readonly mappings: Cell;

  constructor(claim: CellClaim, intid: number) {
    super(claim, `lpi${intid}`, intid);
    this.mappings = claim.cell(`lpi${intid}.mappings`, 32);
  }

  get exists(): boolean {
    return this.mappings.lo !== 0 || this.holder !== NONE;
  }
}

export class LpiPool {
  /** Told of each LPI whose slots were claimed, before anything is stored there. */
  onClaim: ((lpi: Lpi) => void) | undefined;
  readonly #claim: CellClaim;
  readonly #pool = new Map<number, Lpi>();

  constructor(claim: CellClaim) {
    this.#claim = claim;
  }

  /** The LPI with this INTID, if it exists. */
  find(intid: number): Lpi | undefined {
    const lpi = this.#pool.get(intid);
    return lpi?.exists === true ? lpi : undefined;
  }

  /** The object with this INTID, whether or not it exists. */
  pooled(intid: number): Lpi {
    let lpi = this.#pool.get(intid);
    if (lpi === undefined) {
      lpi = new Lpi(this.#claim, intid);
      this.#pool.set(intid, lpi);
      this.onClaim?.(lpi);
    }
    return lpi;
  }

  /** Those that exist, by INTID. */
  get all(): readonly Lpi[] {
    return [...this.#pool.values()].filter(({ exists }) => exists).toSorted((a, b) => a.intid - b.intid);
  }

  /** Those that have slots. */
  get claimed(): Iterable<Lpi> {
    return this.#pool.values();
  }

  /** One reference less: forgets an LPI that nothing refers to any more. */
  settle(lpi: Lpi): void {
    if (lpi.exists) return;
    lpi.state.set(0);
    lpi.place.set(0);
  }
}
