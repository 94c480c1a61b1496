/**
 * The slots of one vCPU's part of a GICv3 or GICv2 VM (kvm-vgic-v3 §2.3): private interrupts, the AP list's ends, the
 * image of the CPU interface, and its redistributor.
 *
 * Invariant (§2.4): irq.holder is this vCPU exactly when irq is on the list, once.
 */
import { type Cell, CellClaim } from '../../state/cell.ts';
import { type Vcpu } from '../vcpu.ts';
import { Irq, NONE } from './irq.ts';
import { type VgicVm } from './vm-state.ts';

/** Requests beside the interrupt request of core/kvm. */
export const REQUEST = { UPDATE: 2, HALT: 4 } as const;

export class VgicVcpu {
  readonly vcpu: Vcpu;
  readonly vgic: VgicVm;
  /** Private interrupts exist. */
  readonly allocated: Cell;
  readonly requests: Cell;
  readonly privates: readonly Irq[];
  readonly #head: Cell;
  readonly #tail: Cell;
  /** INTID + 1 of the interrupt that got the final list register of the latest flush. */
  readonly lastLr: Cell;
  readonly hcr: Cell;
  readonly vmcr: Cell;
  /** ICC_SRE_EL1 that this guest is given; not 0 for GICv3. */
  readonly sre: Cell;
  readonly lr: readonly Cell[];
  readonly usedLrs: Cell;
  readonly ap0r: readonly Cell[];
  readonly ap1r: readonly Cell[];
  readonly priorityBits: Cell;
  readonly idBits: Cell;
  /** Base of the redistributor frame; all ones: none. */
  readonly redistBase: Cell;
  /** The frame answers on the bus. */
  readonly redistMapped: Cell;
  /** Region + 1 in 15:0, slot in it 31:16. */
  readonly redistPlace: Cell;
  readonly gicrCtlr: Cell;
  readonly pendbaser: Cell;

  constructor(vgic: VgicVm, vcpu: Vcpu) {
    const { journal, facts } = vcpu.vm.host;
    const claim = new CellClaim(journal, `${vcpu.vm.vcpuPrefix(vcpu.index)}vgic.`);
    const prefix = vcpu.vm.vcpuPrefix(vcpu.index);
    const irqs = new CellClaim(journal, `${prefix}vgic.irq.`);
    this.vcpu = vcpu;
    this.vgic = vgic;
    this.allocated = claim.flag('allocated');
    this.requests = claim.cell('requests', 8);
    this.privates = Array.from(
      { length: 32 },
      (_, intid) => new Irq(irqs, intid < 16 ? `sgi${intid}` : `ppi${intid}`, intid),
    );
    this.#head = claim.cell('apList.head', 32);
    this.#tail = claim.cell('apList.tail', 32);
    this.lastLr = claim.cell('lastLr', 32);
    this.hcr = claim.cell('ICH_HCR_EL2', 64, { register: 'ICH_HCR_EL2' });
    this.vmcr = claim.cell('ICH_VMCR_EL2', 64, { register: 'ICH_VMCR_V3_EL2' });
    this.sre = claim.cell('ICC_SRE_EL1', 64, { register: 'ICC_SRE_EL1' });
    const { listRegisters } = vgic.interfaceSize(facts);
    this.lr = Array.from({ length: listRegisters }, (_, n) => claim.register(`ICH_LR${n}_EL2`));
    this.usedLrs = claim.cell('usedLrs', 8);
    this.ap0r = Array.from({ length: 4 }, (_, n) => claim.register(`ICH_AP0R${n}_EL2`));
    this.ap1r = Array.from({ length: 4 }, (_, n) => claim.register(`ICH_AP1R${n}_EL2`));
    this.priorityBits = claim.cell('priorityBits', 8);
    this.idBits = claim.cell('idBits', 8);
    this.redistBase = claim.cell('redistributor.base', 64, { initial: (1n << 64n) - 1n });
    this.redistMapped = claim.flag('redistributor.mapped');
    this.redistPlace = claim.cell('redistributor.place', 32);
    this.gicrCtlr = claim.cell('GICR_CTLR', 32);
    this.pendbaser = claim.cell('GICR_PENDBASER');
  }

  get index(): number {
    return this.vcpu.index;
  }

  /** Mpidr's affinity fields, Aff3 in bits 39:32. */
  get affinity(): bigint {
    return this.vcpu.slots.affinity;
  }

  /** Aff2 to Aff0 in bits 23:0, and Aff3. */
  hasAffinity(low: number, aff3: number): boolean {
    const { lo, hi } = this.vcpu.slots.mpidr;
    return (lo & 0xff_ffff) === low && (hi & 0xff) === aff3;
  }

  // --- AP list --------------------------------------------------------------------------------------------------

  /** The interrupt on this list with this INTID. */
  listed(intid: number): Irq | undefined {
    return intid < 0 ? undefined : intid < 32 ? this.privates[intid] : this.vgic.shared(intid);
  }

  get first(): Irq | undefined {
    return this.listed(this.#head.lo - 1);
  }

  after(irq: Irq): Irq | undefined {
    return this.listed(irq.next);
  }

  /** The list as it is now; changing it does not disturb the iteration. */
  get apList(): readonly Irq[] {
    const list: Irq[] = [];
    for (let irq = this.first; irq !== undefined; irq = this.after(irq)) list.push(irq);
    return list;
  }

  append(irq: Irq): void {
    const tail = this.listed(this.#tail.lo - 1);
    if (tail === undefined) this.#head.set(irq.intid + 1);
    else tail.next = irq.intid;
    this.#tail.set(irq.intid + 1);
    irq.next = NONE;
    irq.holder = this.index;
  }

  /** Takes `irq` out; `before` is the one in front of it, if any. */
  remove(irq: Irq, before: Irq | undefined): void {
    const { next } = irq;
    if (before === undefined) this.#head.set(next + 1);
    else before.next = next;
    if (next === NONE) this.#tail.set(before === undefined ? 0 : before.intid + 1);
    irq.next = NONE;
    irq.holder = NONE;
  }

  /** Chains the list in this order; `order` holds exactly its members. */
  reorder(order: readonly Irq[]): void {
    this.#head.set((order[0]?.intid ?? NONE) + 1);
    this.#tail.set((order.at(-1)?.intid ?? NONE) + 1);
    for (let i = 0; i < order.length; i++) {
      const irq = order[i];
      if (irq !== undefined) irq.next = order[i + 1]?.intid ?? NONE;
    }
  }
}
