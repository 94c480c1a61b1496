/** The slots of one vCPU that no GIC model owns. */
import { type Cell, type CellClaim } from '../state/cell.ts';

/** Features of KVM_ARM_VCPU_INIT that matter here, as bits of the `features` slot. */
export const FEATURE = { PMU: 1, NESTED: 2, SVE: 4 } as const;

/** Fields of MPIDR_EL1: Aff3 in bits 39:32, Aff2 to Aff0 in 23:0. */
const AFFINITY = 0xff_00ff_ffffn;

export class VcpuSlots {
  readonly id: Cell;
  /** MPIDR_EL1, assigned at the first reset. */
  readonly mpidr: Cell;
  /** KVM_ARM_VCPU_INIT was done. */
  readonly initialised: Cell;
  readonly features: Cell;
  /** KVM_ARM_VCPU_FINALIZE was done (needed by SVE). */
  readonly finalized: Cell;
  /** The first-run steps succeeded. */
  readonly hasRun: Cell;
  /** An ioctl of this vCPU is running. */
  readonly locked: Cell;
  /** 0 not loaded, else physical CPU + 1. */
  readonly physicalCpu: Cell;
  readonly inGuest: Cell;
  readonly inWfi: Cell;
  /** The thread sleeps until the vCPU is runnable. */
  readonly blocking: Cell;
  /** Virtual IRQ (bit 0) and FIQ (bit 1) held up by the CPU-type interrupt-line ioctl. */
  readonly cpuLines: Cell;
  readonly irqPendingRequest: Cell;
  /** PSCI or user space has switched the vCPU off. */
  readonly poweredOff: Cell;
  /** HCR_EL2.TWI: WFI traps. */
  readonly trapWfi: Cell;
  /** CSSELR_EL1 of the guest. */
  readonly cacheSelection: Cell;

  constructor(claim: CellClaim) {
    this.id = claim.cell('id', 16);
    this.mpidr = claim.cell('MPIDR_EL1');
    this.initialised = claim.flag('initialised');
    this.features = claim.cell('features', 8);
    this.finalized = claim.flag('finalized');
    this.hasRun = claim.flag('hasRun');
    this.locked = claim.flag('ioctlRunning');
    this.physicalCpu = claim.cell('physicalCpu', 16);
    this.inGuest = claim.flag('inGuest');
    this.inWfi = claim.flag('inWfi');
    this.blocking = claim.flag('blocking');
    this.cpuLines = claim.cell('cpuLines', 2);
    this.irqPendingRequest = claim.flag('request.irqPending');
    this.poweredOff = claim.flag('poweredOff');
    this.trapWfi = claim.flag('HCR_EL2.TWI');
    this.cacheSelection = claim.cell('CSSELR_EL1', 4);
  }

  /** By which a guest names the vCPU. */
  get affinity(): bigint {
    return this.mpidr.value & AFFINITY;
  }
}
