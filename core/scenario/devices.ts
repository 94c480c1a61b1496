/** The interrupt controllers that a scenario's VM may have: what follows from the word in `vm.device`, a row each. */
import { DEVICE_VGIC_V2, DEVICE_VGIC_V3, DEVICE_VGIC_V5, GROUP } from '../kvm/uapi.ts';
import { type Profile } from '../kvm/profiles.ts';
import { ADDR_IRS } from '../kvm/v5/irs/attributes.ts';
import { type MachineConfig } from '../machine/config.ts';
import { type ScenarioData } from './schema.ts';
import { V2_SYMBOLS, v2Attributes } from './v2-frames.ts';
import { V3_SYMBOLS, v3Attributes } from './v3-frames.ts';

type VmData = ScenarioData['vm'];
type Attributes = NonNullable<MachineConfig['attributes']>;

export interface Device {
  /** For KVM_CREATE_DEVICE; 0: none is created. */
  readonly type: number;
  /** The model that the guest sees; absent: that of the host. */
  readonly gic?: 'v2' | 'v3' | 'v5';
  /** Whose names programs use. */
  readonly registers: 'v3' | 'v5';
  /** Further names that programs may use. */
  readonly symbols: ReadonlyMap<string, bigint>;
  /** What user space sets before CTRL_INIT; absent: nothing. */
  readonly attributes?: (vm: VmData, profile: Profile) => Attributes | undefined;
}

const NO_SYMBOLS: ReadonlyMap<string, bigint> = new Map();

export const DEVICES: Readonly<Record<VmData['device'], Device>> = {
  vgicv5: {
    type: DEVICE_VGIC_V5,
    gic: 'v5',
    registers: 'v5',
    symbols: NO_SYMBOLS,
    attributes: ({ irs }, profile) => (profile.irs === undefined ? undefined : irsAttributes(irs)),
  },
  vgicv3: {
    type: DEVICE_VGIC_V3,
    gic: 'v3',
    registers: 'v3',
    symbols: V3_SYMBOLS,
    attributes: ({ interrupts }) => v3Attributes(interrupts),
  },
  // The host has a GICv3, whose compatible interface the guest uses.
  vgicv2: {
    type: DEVICE_VGIC_V2,
    gic: 'v2',
    registers: 'v3',
    symbols: V2_SYMBOLS,
    attributes: ({ interrupts }) => v2Attributes(interrupts),
  },
  none: { type: 0, registers: 'v5', symbols: NO_SYMBOLS },
};

function irsAttributes({ base, spis }: VmData['irs']): Attributes {
  return [
    { group: GROUP.ADDR, attr: ADDR_IRS, value: base },
    { group: GROUP.NR_IRQS, attr: 0n, value: BigInt(spis) },
  ];
}
