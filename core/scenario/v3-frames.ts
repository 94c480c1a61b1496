/** The GICv3 that a scenario's VM gets by itself: where its frames are, how many interrupts it has, its ITS. */
import { DEVICE_VGIC_ITS, GROUP } from '../kvm/uapi.ts';
import { type MachineConfig } from '../machine/config.ts';

const GICD_BASE = 0x800_0000n;
const GICR_BASE = 0x80a_0000n;
const GITS_BASE = 0x808_0000n;
/** GITS_TRANSLATER: the address of a device's messages. */
export const DOORBELL = GITS_BASE + 0x1_0040n;

/** The frames as programs name them. */
export const V3_SYMBOLS: ReadonlyMap<string, bigint> = new Map([
  ['GICD', GICD_BASE],
  ['GICR', GICR_BASE],
  /** Bytes from one vCPU's redistributor to the next, and to the page of its interrupts. */
  ['GICR_STRIDE', 0x2_0000n],
  ['SGI_PAGE', 0x1_0000n],
  /** There if the VM has an ITS. */
  ['GITS', GITS_BASE],
  ['DOORBELL', DOORBELL],
]);

/** KVM_VGIC_V3_ADDR_TYPE_DIST and …_REDIST (kvm-vgic-v3 §14.1). */
const ADDR_DIST = 2n;
const ADDR_REDIST = 3n;
/** KVM_VGIC_ITS_ADDR_TYPE */
const ADDR_ITS = 4n;

/** What user space sets before CTRL_INIT; `interrupts` counts SGIs, PPIs and SPIs. */
export function v3Attributes(interrupts: number): NonNullable<MachineConfig['attributes']> {
  return [
    { group: GROUP.ADDR, attr: ADDR_DIST, value: GICD_BASE },
    { group: GROUP.ADDR, attr: ADDR_REDIST, value: GICR_BASE },
    { group: GROUP.NR_IRQS, attr: 0n, value: BigInt(interrupts) },
  ];
}

/** An ITS, created and put in place after CTRL_INIT. */
export const ITS_COMPANION: NonNullable<MachineConfig['companions']>[number] = {
  type: DEVICE_VGIC_ITS,
  attributes: [{ group: GROUP.ADDR, attr: ADDR_ITS, value: GITS_BASE }],
};
