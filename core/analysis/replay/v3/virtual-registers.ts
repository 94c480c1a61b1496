/** ICH_* and ICV_* registers of a virtual CPU interface, one row per register (gicv3-behaviour §5, §6, §12). */
import { type CpuInterfaceV3 } from '../../../gic/v3/cpu-interface.ts';
import { type InterfaceSize } from '../../../gic/v3/interface-size.ts';

/** The recorded machine: 4 list registers, 5 priority and preemption bits, 24-bit INTIDs, affinity 3. */
export const RECORDED_INTERFACE: InterfaceSize = {
  listRegisters: 4,
  priorityBits: 5,
  preemptionBits: 5,
  idBits: 1,
  aff3: true,
};
const VTR = 0x90b8_0003n;
/** ICH_HCR_EL2 without vSGIEOICount, which the recorded machine does not have. */
const HCR_BITS = 0xf800_c6ff;

export interface VirtualRow {
  readonly read?: (c: CpuInterfaceV3) => bigint;
  readonly write?: (c: CpuInterfaceV3, value: bigint) => void;
}

const low = (value: bigint): number => Number(BigInt.asUintN(32, value));
export const word = (value: number): bigint => BigInt(value >>> 0);

function activePriority(group: 0 | 1, prefix: string): readonly [string, VirtualRow] {
  return [
    `${prefix}${group}R0`,
    {
      read: (c) => word(c.activePriority(group, 0)),
      write: (c, value) => c.setActivePriority(group, 0, low(value)),
    },
  ];
}

function listRegister(n: number): readonly [string, VirtualRow] {
  return [
    `ICH_LR${n}_EL2`,
    {
      read: (c) => c.lr[n]?.value ?? 0n,
      write: (c, value) => c.lr[n]?.set(low(value), low(value >> 32n)),
    },
  ];
}

export const VIRTUAL_ROWS: ReadonlyMap<string, VirtualRow> = new Map<string, VirtualRow>([
  ['ICH_VTR_EL2', { read: () => VTR }],
  ['ICH_HCR_EL2', { read: (c) => word(c.hcr.lo), write: (c, value) => c.hcr.set((low(value) & HCR_BITS) >>> 0) }],
  ['ICH_VMCR_EL2', { read: (c) => word(c.vmcr.lo), write: (c, value) => c.writeVmcr(low(value)) }],
  ['ICH_MISR_EL2', { read: (c) => word(c.misr) }],
  ['ICH_EISR_EL2', { read: (c) => word(c.eisr) }],
  ['ICH_ELRSR_EL2', { read: (c) => word(c.elrsr) }],
  ...Array.from({ length: RECORDED_INTERFACE.listRegisters }, (_, n) => listRegister(n)),
  ...([0, 1] as const).map((group): readonly [string, VirtualRow] => {
    const [name, row] = activePriority(group, 'ICH_AP');
    return [`${name}_EL2`, row];
  }),
  ...([0, 1] as const).map((group): readonly [string, VirtualRow] => {
    const [name, row] = activePriority(group, 'ICV_AP');
    return [`${name}_EL1`, row];
  }),
  [
    'ICV_PMR_EL1',
    {
      read: (c) => word(c.pmr),
      write: (c, value) => {
        c.pmr = low(value) & 0xff;
      },
    },
  ],
  [
    'ICV_CTLR_EL1',
    {
      read: (c) => word(c.control),
      write: (c, value) => {
        c.control = low(value);
      },
    },
  ],
  [
    'ICV_BPR0_EL1',
    {
      read: (c) => word(c.bpr0),
      write: (c, value) => {
        c.bpr0 = low(value) & 7;
      },
    },
  ],
  [
    'ICV_BPR1_EL1',
    {
      read: (c) => word(c.bpr1),
      write: (c, value) => {
        c.bpr1 = low(value) & 7;
      },
    },
  ],
  ...([0, 1] as const).map((group): readonly [string, VirtualRow] => [
    `ICV_IGRPEN${group}_EL1`,
    {
      read: (c) => (c.groupEnabled(group) ? 1n : 0n),
      write: (c, value) => c.enableGroup(group, (value & 1n) === 1n),
    },
  ]),
  ['ICV_RPR_EL1', { read: (c) => word(c.runningPriority) }],
  ...([0, 1] as const).map((group): readonly [string, VirtualRow] => [
    `ICV_HPPIR${group}_EL1`,
    { read: (c) => word(c.highestPending(group)) },
  ]),
  ...([0, 1] as const).map((group): readonly [string, VirtualRow] => [
    `ICV_EOIR${group}_EL1`,
    { write: (c, value) => c.endOfInterrupt(group, low(value)) },
  ]),
  ['ICV_DIR_EL1', { write: (c, value) => c.deactivateInterrupt(low(value)) }],
]);
