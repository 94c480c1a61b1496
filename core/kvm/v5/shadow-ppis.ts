/**
 * KVM's own picture of a vCPU's 64 PPIs and the register images that it writes to hardware (kvm-vgic-v5 §1.3, §1.4).
 *
 * Kept: one 64-bit slot per field, bit n for PPI n; priorities and mapped host PPIs as one byte per PPI, eight slots
 * each. `enabled` (shadow) and `enabler` (image) are different things, as are `active` and `activer`, `priority` and
 * `priorityr` (§24). Invariant: a PPI has at most one owner, and at most one of the operation tables.
 */
import { levelPpis } from '../../gic/v5/ppi.ts';
import { type Cell, CellClaim } from '../../state/cell.ts';
import { type Operations, type Owner, OWNERS } from '../gic-model.ts';
import { type Vcpu } from '../vcpu.ts';

const ALL = 0xffff_ffff_ffff_ffffn;
const NO_OWNER = 'none';

export class ShadowPpis {
  readonly allocated: Cell;
  readonly enabled: Cell;
  readonly pendingLatch: Cell;
  readonly lineLevel: Cell;
  readonly active: Cell;
  /** Configuration: 1 level, 0 edge. */
  readonly level: Cell;
  /** Mapped to a physical interrupt. */
  readonly hw: Cell;
  /** On the generic pending list, which GICv5 never drains (§28.1). */
  readonly listed: Cell;
  readonly priority: readonly Cell[];
  readonly #hostPpi: readonly Cell[];
  readonly #owners: ReadonlyMap<Owner, Cell>;
  readonly #operations: { readonly default: Cell; readonly timer: Cell };

  // Images of hardware registers.
  readonly vmcr: Cell;
  readonly apr: Cell;
  readonly icsr: Cell;
  readonly dvir: Cell;
  readonly activer: Cell;
  readonly enabler: Cell;
  readonly priorityr: readonly Cell[];
  /** VMCR and APR are in the hardware. */
  readonly resident: Cell;
  readonly priorityBits: Cell;
  /** Encoding of the number of identifier bits; 0 stands for 16. */
  readonly idBits: Cell;

  constructor(vcpu: Vcpu) {
    const claim = new CellClaim(vcpu.vm.host.journal, vcpu.vm.vcpuPrefix(vcpu.index));
    this.vmcr = claim.register('ICH_VMCR_EL2');
    this.apr = claim.register('ICH_APR_EL2');
    this.icsr = claim.register('ICC_ICSR_EL1');
    this.dvir = claim.register('ICH_PPI_DVIR0_EL2');
    this.activer = claim.register('ICH_PPI_ACTIVER0_EL2');
    this.enabler = claim.register('ICH_PPI_ENABLER0_EL2');
    this.priorityr = eight((n) => claim.register(`ICH_PPI_PRIORITYR${n}_EL2`));
    this.resident = claim.flag('resident');
    this.priorityBits = claim.cell('numPriBits', 8);
    this.idBits = claim.cell('numIdBits', 8);
    this.allocated = claim.flag('ppi.allocated');
    this.enabled = claim.cell('ppi.enabled');
    this.pendingLatch = claim.cell('ppi.pendingLatch');
    this.lineLevel = claim.cell('ppi.lineLevel');
    this.active = claim.cell('ppi.active');
    this.level = claim.cell('ppi.level');
    this.hw = claim.cell('ppi.hw');
    this.listed = claim.cell('ppi.listed');
    this.#owners = new Map(
      OWNERS.filter((owner) => owner !== NO_OWNER).map((owner) => [owner, claim.cell(`ppi.owner.${owner}`)]),
    );
    this.#operations = { default: claim.cell('ppi.ops.default'), timer: claim.cell('ppi.ops.timer') };
    this.priority = eight((n) => claim.cell(`ppi.priority${n}`));
    this.#hostPpi = eight((n) => claim.cell(`ppi.hostPpi${n}`));
  }

  /** The state of freshly created PPIs. */
  allocate(): void {
    this.allocated.flag = true;
    this.level.value = levelPpis(ALL);
    this.#operations.default.value = ALL;
  }

  /** Pending as KVM sees it: an edge by its latch, a level by latch or line. */
  isPending(ppi: number): boolean {
    return this.pendingLatch.has(ppi) || (this.level.has(ppi) && this.lineLevel.has(ppi));
  }

  ownerOf(ppi: number): Owner {
    for (const [owner, cell] of this.#owners) if (cell.has(ppi)) return owner;
    return NO_OWNER;
  }

  setOwner(ppi: number, owner: Owner): void {
    for (const [each, cell] of this.#owners) cell.put(ppi, each === owner);
  }

  /** PPIs that have an owner. */
  get owned(): bigint {
    let owned = 0n;
    for (const cell of this.#owners.values()) owned |= cell.value;
    return owned;
  }

  operationsOf(ppi: number): Operations {
    if (this.#operations.timer.has(ppi)) return 'timer';
    return this.#operations.default.has(ppi) ? 'default' : 'none';
  }

  setOperations(ppi: number, operations: Operations): void {
    this.#operations.default.put(ppi, operations === 'default');
    this.#operations.timer.put(ppi, operations === 'timer');
  }

  /** PPIs with this operation table. */
  withOperations(operations: 'default' | 'timer'): bigint {
    return this.#operations[operations].value;
  }

  /** The physical PPI behind a mapped one; 0 when none. */
  hostPpiOf(ppi: number): number {
    return byteOf(this.#hostPpi, ppi);
  }

  setHostPpi(ppi: number, hostPpi: number): void {
    setByte(this.#hostPpi, ppi, hostPpi);
  }

  priorityOf(ppi: number): number {
    return byteOf(this.priority, ppi);
  }

  setPriority(ppi: number, priority: number): void {
    setByte(this.priority, ppi, priority);
  }

  /** Priority of a PPI in the saved image. */
  imagePriorityOf(ppi: number): number {
    return byteOf(this.priorityr, ppi) & 0x1f;
  }
}

function eight(make: (n: number) => Cell): readonly Cell[] {
  return Array.from({ length: 8 }, (_, n) => make(n));
}

function byteOf(cells: readonly Cell[], ppi: number): number {
  const cell = cells[ppi >>> 3];
  return cell === undefined ? 0 : ((ppi & 4 ? cell.hi : cell.lo) >>> (8 * (ppi & 3))) & 0xff;
}

function setByte(cells: readonly Cell[], ppi: number, value: number): void {
  const cell = cells[ppi >>> 3];
  if (cell === undefined) throw new RangeError(`PPI ${ppi} is outside 0 … 63`);
  const shift = 8 * (ppi & 3);
  const change = (word: number): number => (word & ~(0xff << shift)) | (value << shift);
  if (ppi & 4) cell.set(cell.lo, change(cell.hi));
  else cell.set(change(cell.lo), cell.hi);
}
