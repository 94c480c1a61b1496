/** The ITSs of a VM in the order of their creation. Their slots are claimed when the device is first created. */
import { offsetIn } from '../../frame.ts';
import { type Cell, CellClaim } from '../../../state/cell.ts';
import { type MmioSpace } from '../../vgic/mmio.ts';
import { type VgicVm } from '../../vgic/vm-state.ts';
import { Its, ITS_FRAME } from './its.ts';
import { itsSpace } from './registers.ts';

/** GICR_PROPBASER once an ITS exists (gicv3-registers): inner write-back, inner shareable. */
const INITIAL_PROPBASER = 0x580n;

class ItsSet {
  readonly #vgic: VgicVm;
  readonly #pool: Its[] = [];
  /** Their frames as the bus sees them. */
  readonly #spaces = new Map<Its, MmioSpace>();
  #count: Cell | undefined;

  constructor(vgic: VgicVm) {
    this.#vgic = vgic;
  }

  get count(): number {
    return this.#count?.lo ?? 0;
  }

  at(index: number): Its | undefined {
    return index < this.count ? this.#pool[index] : undefined;
  }

  get all(): readonly Its[] {
    return this.#pool.slice(0, this.count);
  }

  /** KVM_CREATE_DEVICE. */
  create(): Its {
    const { journal } = this.#vgic.vm.host;
    this.#count ??= new CellClaim(journal, `${this.#vgic.vm.prefix}its.`).cell('count', 16);
    const index = this.count;
    const its = (this.#pool[index] ??= new Its(this.#vgic, index));
    this.#count.set(index + 1);
    its.create();
    this.#vgic.propbaser.value = INITIAL_PROPBASER;
    return its;
  }

  /** The ITS whose frame holds these bytes. */
  answeringAt(address: bigint, length: number): Its | undefined {
    return this.all.find(({ base }) => offsetIn(base.value, ITS_FRAME, address, length) !== undefined);
  }

  spaceOf(its: Its): MmioSpace {
    let space = this.#spaces.get(its);
    if (space === undefined) this.#spaces.set(its, (space = itsSpace(its)));
    return space;
  }

  dropCaches(): void {
    for (const its of this.all) its.dropCache();
  }
}

const SETS = new WeakMap<VgicVm, ItsSet>();

export function itsesOf(vgic: VgicVm): ItsSet {
  let set = SETS.get(vgic);
  if (set === undefined) SETS.set(vgic, (set = new ItsSet(vgic)));
  return set;
}

/** LPIs exist in a VM with an ITS. */
export function hasIts(vgic: VgicVm): boolean {
  return itsesOf(vgic).count > 0;
}
