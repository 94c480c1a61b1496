/** What the host is: facts that are fixed when it boots (kvm-vgic-v5 §1.1, §3; fixtures of gicv5-scenarios). */
import { type InterfaceSize } from '../gic/v3/interface-size.ts';
import { CNTHP, CNTHV, CNTP, CNTV, PMUIRQ, SW_PPI } from '../gic/v5/ppi.ts';

/** The host's IRS (kvm-vgic-v5-spi §3.1; the values of gicv5-spi-scenarios §0 where a fact is absent). */
export interface IrsFacts {
  /** LPI identifier bits; 16. */
  readonly idBits?: number;
  /** Fewest identifier bits of a table; 5. */
  readonly minIdBits?: number;
  /** Implemented priority bits, 1 … 5; 5. */
  readonly priorityBits?: number;
  /** Number of VM ids; 16. */
  readonly vms?: number;
  /** The first id that this hypervisor may give; those below belong to others; 0. */
  readonly firstVm?: number;
  /** VPEs of one VM; 512. */
  readonly vpes?: number;
  /** vCPUs of one VM, where it is not the number of VPEs. */
  readonly vcpuLimit?: number;
  /** Somebody else’s VM table is valid already: KVM’s probe of the GIC fails (EBUSY). */
  readonly vmTableInUse?: boolean;
  /**
   * The trigger mode that a guest gives an SPI also becomes the handling mode of its table entry; false. What hardware
   * does was not observed (gicv5-spi-lpi-behaviour §8.3).
   */
  readonly vspiHmFollowsTm?: boolean;
  /** The VM table has two levels; false. */
  readonly vmTableLevels?: boolean;
  /** Identifier bits from which entries with metadata have 16 bytes; absent: entries have no metadata. */
  readonly metadataSize?: number;
  /** Size of level-2 tables (0 4 KB, 1 16 KB, 2 64 KB); absent: linear tables only. */
  readonly level2Size?: number;
}

export interface HostFacts {
  /** Interrupt controller of the host. */
  readonly gic: 'v5' | 'v3';
  /** GICv5 host that also offers the GICv3 compatibility interface (GCIE_LEGACY). */
  readonly v3Compat: boolean;
  readonly pkvm: boolean;
  /** KVM runs at EL2 itself; otherwise part of it crosses to EL2 around every guest entry. */
  readonly vhe: boolean;
  /** The host has PMUv3. */
  readonly pmu: boolean;
  /** Booted so that guests may have EL2. */
  readonly nestedVirt: boolean;
  /** Physical CPUs. */
  readonly cpus: number;
  /** PPIs that the hardware has beyond those that KVM assumes: bitmaps of PPIs 0 … 63 and 64 … 127. */
  readonly extraPpis?: readonly [bigint, bigint];
  /** The GICv3 virtual interface: list registers, priority and preemption bits; absent: 4, 5, 5. */
  readonly v3Interface?: InterfaceSize;
  /** ICH_HCR_EL2.TDIR exists; absent: it does. */
  readonly v3TrapsDir?: boolean;
  /** Guests cannot deactivate physical interrupts; devices with a level callback are asked instead. */
  readonly v3SoftwareResample?: boolean;
  /** Bits of guest physical addresses; absent: 40. */
  readonly paBits?: number;
  /** Absent: the default IRS, on hosts that have one. */
  readonly irs?: IrsFacts;
  /** Boot parameter for trapping WFI; `default` decides at each load. */
  readonly wfiTraps?: 'default' | 'always' | 'never';
}

/** A GICv5 host with VHE and a PMU, without GICv3 compatibility: the fixture H5 of the scenarios. */
export const REFERENCE_HOST: HostFacts = {
  gic: 'v5',
  v3Compat: false,
  pkvm: false,
  vhe: true,
  pmu: true,
  nestedVirt: false,
  cpus: 2,
};

/** PPIs that KVM takes as implemented; not probed from hardware (§1.1). */
export function implementedPpis(facts: HostFacts): bigint {
  const ppis = [SW_PPI, CNTHP, CNTV, CNTHV, CNTP, ...(facts.pmu ? [PMUIRQ] : [])];
  return ppis.reduce((bitmap, ppi) => bitmap | (1n << BigInt(ppi)), 0n);
}
