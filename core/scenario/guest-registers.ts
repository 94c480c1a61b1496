/**
 * A vCPU's CPU interface as its guest reads it, in slots that stay the same wherever the vCPU is, beside the PPI state
 * of core/kvm/v5/guest-view.ts: in the guest the truth is in a CPU's registers, outside it in the saved images.
 * Derived: `update` is called before an event is stored.
 */
import { type Vcpu } from '../kvm/vcpu.ts';
import { type VcpuVgicV5 } from '../kvm/v5/vcpu-vgic.ts';
import { type Cell, CellClaim } from '../state/cell.ts';

const EN = 1;
const MASK_SHIFT = 27;

export class GuestRegisters {
  readonly #vcpu: Vcpu;
  readonly #gic: VcpuVgicV5;
  readonly #control: Cell;
  readonly #mask: Cell;
  readonly #priorities: Cell;
  readonly #hppi: Cell;

  constructor(gic: VcpuVgicV5) {
    const { vcpu } = gic;
    const claim = new CellClaim(vcpu.vm.host.journal, vcpu.vm.vcpuPrefix(vcpu.index));
    this.#vcpu = vcpu;
    this.#gic = gic;
    this.#control = claim.register('ICC_CR0_EL1');
    this.#mask = claim.register('ICC_PCR_EL1');
    this.#priorities = claim.register('ICC_APR_EL1');
    this.#hppi = claim.register('ICC_HPPIR_EL1');
  }

  update(): void {
    const hardware = this.#vcpu.inGuest ? this.#vcpu.cpu?.interface : undefined;
    const resident = this.#gic.ppis.resident.flag ? this.#vcpu.cpu?.interface : undefined;
    const vmcr = (hardware?.vmcr ?? this.#gic.ppis.vmcr).lo;
    this.#control.set(vmcr & EN);
    this.#mask.set(vmcr >>> MASK_SHIFT);
    this.#priorities.set((resident?.apr ?? this.#gic.ppis.apr).lo);
    if (hardware !== undefined) this.#hppi.set(hardware.hppir.lo, hardware.hppir.hi);
    else this.#hppi.set(0);
  }
}
