/**
 * The overflow interrupt of a vCPU's PMU as an interrupt source (kvm-vgic-v5 §20). Counting is not modelled: the
 * overflow flags are set from outside.
 */
import { PMUIRQ } from '../gic/v5/ppi.ts';
import { type Cell, type CellClaim } from '../state/cell.ts';
import { give } from './attribute.ts';
import { EBUSY, EFAULT, EINVAL, EIO, ENODEV, ENXIO, type Result } from './errno.ts';
import { type AttributeOp, PMU_ATTRIBUTE, type UserMemory } from './uapi.ts';
import { type Vcpu } from './vcpu.ts';

export class VcpuPmu {
  readonly vcpu: Vcpu;
  /** Overflow flags, one per counter. */
  readonly overflow: Cell;
  /** Counters whose overflow raises the interrupt. */
  readonly interrupts: Cell;
  /** Bit 0: the global enable, E. */
  readonly control: Cell;
  /** PMU_V3_INIT was done. */
  readonly initialised: Cell;
  /** 0 until set. */
  readonly intid: Cell;
  /** The level as last evaluated. */
  readonly level: Cell;

  constructor(vcpu: Vcpu, claim: CellClaim) {
    this.vcpu = vcpu;
    this.overflow = claim.register('PMOVSSET_EL0');
    this.interrupts = claim.register('PMINTENSET_EL1');
    this.control = claim.register('PMCR_EL0');
    this.initialised = claim.flag('pmu.initialised');
    this.intid = claim.cell('pmu.intid', 32);
    this.level = claim.flag('pmu.level');
  }

  /** Sets flags, interrupt enables and the global enable; the level is evaluated at the next entry or exit. */
  set(overflow: number, interrupts: number, enabled: boolean): void {
    this.overflow.set(overflow);
    this.interrupts.set(interrupts);
    this.control.set(enabled ? 1 : 0);
    this.vcpu.emit({ kind: 'pmu.write', overflow, interrupts, enabled });
  }

  get output(): boolean {
    return (this.control.lo & 1) !== 0 && (this.overflow.lo & this.interrupts.lo) !== 0;
  }

  /**
   * Evaluates the level and injects it, changed or not, before every flush and after every exit: the injection itself
   * filters repeats, so a line that was set by other means is corrected here.
   */
  update(): void {
    const { vcpu } = this;
    if (!vcpu.hasPmu) return;
    const level = this.output;
    if (this.level.flag !== level) {
      this.level.flag = level;
      vcpu.emit({ kind: 'pmu.level', intid: this.intid.lo, level });
    }
    const { gic } = vcpu.vm;
    if (gic === undefined) return;
    if (gic.inject(vcpu, this.intid.lo, level, 'pmu') !== 0)
      vcpu.emit({ kind: 'host.warning', warning: 'the PMU interrupt could not be injected' });
  }

  /** First-run step 8. */
  checkEnabled(): Result {
    if (!this.vcpu.hasPmu) return 0;
    if (!this.initialised.flag) return -EINVAL;
    const { gic } = this.vcpu.vm;
    // Without an irqchip user space must not have named an interrupt; with one it must have.
    if (gic === undefined) return this.intid.lo === 0 ? 0 : -EINVAL;
    return gic.acceptsPmuIntid(this.intid.lo) ? 0 : -EINVAL;
  }

  attribute(op: AttributeOp, attr: bigint, memory: UserMemory): Result {
    const known = attr === BigInt(PMU_ATTRIBUTE.IRQ) || attr === BigInt(PMU_ATTRIBUTE.INIT);
    if (this.vcpu.vm.dead.flag) return -EIO;
    if (op === 'has') return known && this.vcpu.hasPmu ? 0 : -ENXIO;
    if (op === 'get') return attr === BigInt(PMU_ATTRIBUTE.IRQ) ? this.#getIntid(memory) : -ENXIO;
    if (!this.vcpu.hasPmu) return -ENODEV;
    if (this.initialised.flag) return -EBUSY;
    if (!known) return -ENXIO;
    return attr === BigInt(PMU_ATTRIBUTE.IRQ) ? this.#setIntid(memory) : this.#initialise();
  }

  #getIntid(memory: UserMemory): Result {
    if (this.vcpu.vm.gic === undefined) return -EINVAL;
    if (!this.vcpu.hasPmu) return -ENODEV;
    if (this.intid.lo === 0) return -ENXIO;
    return give(memory, this.intid.value);
  }

  #setIntid(memory: UserMemory): Result {
    const { gic } = this.vcpu.vm;
    if (gic === undefined) return -EINVAL;
    const value = memory.load(0);
    if (value === undefined) return -EFAULT;
    const intid = Number(value & 0xffff_ffffn);
    if (!gic.acceptsPmuIntid(intid)) return -EINVAL;
    if (!this.#agrees(intid, gic.isPpiIntid(intid))) return -EINVAL;
    if (this.intid.lo !== 0) return -EBUSY;
    this.intid.set(intid);
    return 0;
  }

  /** A PPI must be the same for all vCPUs, an SPI different for each (kvm-vgic-v3 §13.3). */
  #agrees(intid: number, isPpi: boolean): boolean {
    return this.vcpu.vm.vcpus.every(({ pmu, hasPmu }) => {
      const other = pmu.intid.lo;
      return pmu === this || !hasPmu || other === 0 || (other === intid) === isPpi;
    });
  }

  #initialise(): Result {
    const { vm, gic } = this.vcpu;
    if (vm.gic !== undefined && gic !== undefined) {
      if (!vm.initialized.flag) return -ENODEV;
      if (this.intid.lo === 0) {
        if (!vm.gic.hasDefaultPmuIntid) return -ENXIO;
        this.intid.set(vm.gic.ppiIntid(PMUIRQ));
      }
      const result = gic.setOwner(this.intid.lo, 'pmu');
      if (result !== 0) return result;
    }
    this.initialised.flag = true;
    return 0;
  }
}
