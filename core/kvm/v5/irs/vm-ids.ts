/** VM ids on a host, and who has them (kvm-vgic-v5-spi §3.2): one slot each, index of the VM + 1, 0 while it is free. */
import { type Cell, type CellClaim } from '../../../state/cell.ts';
import { ENOSPC, type Result } from '../../errno.ts';

export class VmIds {
  readonly #first: number;
  readonly #owners: readonly Cell[];

  /** Ids `first` … `end` − 1. */
  constructor(claim: CellClaim, first: number, end: number) {
    this.#first = first;
    this.#owners = Array.from({ length: end - first }, (_, n) => claim.cell(`vm${first + n}.owner`, 16));
  }

  /** The lowest free id, or -ENOSPC. */
  take(vmIndex: number): Result {
    const free = this.#owners.findIndex((owner) => owner.lo === 0);
    if (free < 0) return -ENOSPC;
    this.#owners[free]?.set(vmIndex + 1);
    return this.#first + free;
  }

  free(id: number): void {
    this.#owners[id - this.#first]?.set(0);
  }

  /** Index of the VM that has the id, or -1. */
  ownerOf(id: number): number {
    return (this.#owners[id - this.#first]?.lo ?? 0) - 1;
  }
}
