/** The GICv2 that a scenario's VM gets by itself: where its frames are, how many interrupts it has. */
import { GROUP } from '../kvm/uapi.ts';
import { type MachineConfig } from '../machine/config.ts';

const GICD_BASE = 0x800_0000n;
const GICC_BASE = 0x801_0000n;

/** The frames as programs name them. */
export const V2_SYMBOLS: ReadonlyMap<string, bigint> = new Map([
  ['GICD', GICD_BASE],
  ['GICC', GICC_BASE],
]);

/** KVM_VGIC_V2_ADDR_TYPE_DIST and …_CPU (kvm-vgic-v3 §14.1). */
const ADDR_DIST = 0n;
const ADDR_CPU = 1n;

/** What user space sets before CTRL_INIT; `interrupts` counts SGIs, PPIs and SPIs. */
export function v2Attributes(interrupts: number): NonNullable<MachineConfig['attributes']> {
  return [
    { group: GROUP.ADDR, attr: ADDR_DIST, value: GICD_BASE },
    { group: GROUP.ADDR, attr: ADDR_CPU, value: GICC_BASE },
    { group: GROUP.NR_IRQS, attr: 0n, value: BigInt(interrupts) },
  ];
}
