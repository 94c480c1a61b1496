/**
 * Kernel behaviours that changed over time. A profile is a named record of choices; each choice is made in one place
 * (named at its type), so that the same scenario under two profiles shows what a change did.
 */

/** When the exposed PPIs are computed; made in v5/finalise.ts (kvm-vgic-v5 §11). */
export type PpiFinalisation =
  /** Once per VM from vCPU 0's PPIs; no vCPU's state is touched. */
  | 'perVm'
  /** The mask once per VM from the vCPU that runs first; hidden state of every vCPU cleared at its own first run. */
  | 'perVcpu';

/** Whether user space may reach the EL1 registers (device group 6); made in v5/userspace-registers.ts (§21). */
export type UserspaceRegisters = 'absent' | 'untilFirstRun' | 'anyTime';

/** What KVM does about SPIs, LPIs and the virtual IRS; the choices that changed during review (kvm-vgic-v5-spi §0). */
export interface IrsBehaviour {
  /** How injected SPIs are tracked until the guest has consumed them; made in v5/irs/ap-list.ts (§9, §10). */
  readonly spiList: 'h1' | 'h3' | 'none';
  /** What a change of IRS_CR0.IRSEN does to the vCPUs; made in v5/irs/irs-writes.ts and residency.ts (§4.1). */
  readonly enable: 'halt' | 'reload';
  /** Registers of 64 bits also take their halves; the same version locks and refuses more; v5/irs/virtual-irs.ts. */
  readonly halfAccesses: boolean;
  /** Whose number of VPE id bits IRS_IDR1 shows. */
  readonly iaffidBits: 'vm' | 'host';
  /** Is VALID shown as 0 when the host's table could not be released? */
  readonly disablesBeforeRelease: boolean;
  /** User space may restore IRS_IST_BASER only together with an image of the tables (§11.3 … §11.5). */
  readonly restoresImages: boolean;
  /** Is there an ITS, which no posting has? Made in v5/irs/virtual-its.ts (§12). */
  readonly its?: true;
  /** DBPM of a doorbell that nobody asks for yet, when its VPE becomes valid (§3.4). */
  readonly firstDoorbellMask: number;
  /** Pins that a route may name: those of the VM's SPIs up to 988, or 1024 (§7.2). */
  readonly pins: 'ofSpis' | 'all';
  /** When a doorbell is asked for at the start of a wait; made in v5/irs/residency.ts (§5.2). */
  readonly doorbell: 'ifNotMostUrgent' | 'always' | 'ifEnabled';
}

/** What KVM's GICv3 can do; the choices that its first version, of 2014, had made otherwise (kvm-vgic-v3 §1). */
export interface V3Behaviour {
  /** vCPUs of a VM with a GICv3; made in v3/model.ts. */
  readonly maxVcpus: number;
  /** Do interrupts have priorities, or is every list register loaded with 0? Made in vgic/vm-state.ts. */
  readonly priorities: boolean;
  /** A 64-bit access: one access to a register of 64 bits, or always two of 32, the high one first; vgic/bus.ts. */
  readonly wideAccesses: 'whole' | 'halves';
  /** Attributes to save and restore registers, and redistributor regions; made in v3/attributes.ts. */
  readonly savesRegisters: boolean;
  /** Can a VM have an ITS, and with it LPIs? Made in v3/model.ts. */
  readonly its: boolean;
  /** GICD_IIDR.Revision of a new GIC; GICR_CTLR shows IR and CES from 3 on. Made in vgic/vm-part.ts. */
  readonly revision: number;
}

export interface Profile {
  readonly name: string;
  readonly title: string;
  /** Which kernel behaves like this. */
  readonly since: string;
  /** What differs from `mainline`, one sentence each. */
  readonly changes: readonly string[];
  readonly ppiFinalisation: PpiFinalisation;
  readonly userspaceRegisters: UserspaceRegisters;
  /** Does a user-space read of ICC_CR0_EL1 show LINK and LINK_IDLE? */
  readonly userspaceCr0ShowsLink: boolean;
  readonly vgicV3: V3Behaviour;
  /** Absent: PPIs only. */
  readonly irs?: IrsBehaviour;
}

export const MAINLINE: Profile = {
  name: 'mainline',
  title: 'Linux 7.2: PPIs only, exposed set computed once per VM',
  since: 'Linux 7.1 and 7.2 (compared with the code of 7.2.13)',
  changes: [],
  ppiFinalisation: 'perVm',
  userspaceRegisters: 'absent',
  userspaceCr0ShowsLink: true,
  vgicV3: { maxVcpus: 512, priorities: true, wideAccesses: 'whole', savesRegisters: true, its: true, revision: 3 },
};

const FIRST_IRS: IrsBehaviour = {
  spiList: 'h3',
  enable: 'halt',
  halfAccesses: false,
  iaffidBits: 'host',
  disablesBeforeRelease: false,
  restoresImages: false,
  firstDoorbellMask: 0,
  pins: 'all',
  doorbell: 'always',
};

const QUEUED: Profile = {
  ...MAINLINE,
  name: 'Q',
  title: 'IRS series as queued: no SPI list, no notifier',
  since: 'queued in September 2026 for Linux 7.4',
  changes: [
    'SPIs are not tracked after injection; nobody is told of deactivations.',
    'A change of IRS_CR0 makes every vCPU leave and re-enter residency before its next entry.',
    'User space saves and restores the interrupt state tables as images, before any vCPU has run.',
  ],
  ppiFinalisation: 'perVcpu',
  userspaceRegisters: 'untilFirstRun',
};
const QUEUED_IRS: IrsBehaviour = {
  spiList: 'none',
  enable: 'reload',
  halfAccesses: true,
  iaffidBits: 'vm',
  disablesBeforeRelease: true,
  restoresImages: true,
  firstDoorbellMask: 0,
  pins: 'all',
  doorbell: 'ifEnabled',
};

export const PROFILES: readonly Profile[] = [
  MAINLINE,
  {
    ...MAINLINE,
    name: 'masked',
    title: 'Linux 7.2 with PPIs finalised per vCPU',
    since: 'Linux 7.2.13 with one later change applied',
    changes: [
      'The exposed set is taken from the vCPU that runs first, not from vCPU 0.',
      'Enable, active, latch and line of hidden PPIs are cleared at every vCPU’s first run.',
    ],
    ppiFinalisation: 'perVcpu',
  },
  {
    ...MAINLINE,
    name: 'restore-unmasked',
    title: 'Register restore without the masking of hidden PPIs: the bug',
    since: 'no released kernel: user-space register access on top of the 7.2 finalisation',
    changes: ['User space may write the EL1 registers before the first run; hidden PPIs keep what it wrote.'],
    userspaceRegisters: 'untilFirstRun',
  },
  {
    ...MAINLINE,
    name: 'series-first',
    title: 'IRS series, first postings',
    since: 'postings of April 2026 on top of 7.2',
    changes: [
      'PPIs are finalised per vCPU, as in the profile masked.',
      'User space may write the EL1 registers at any time, unmasked even after a run.',
      'A user-space read of ICC_CR0_EL1 shows EN alone.',
    ],
    ppiFinalisation: 'perVcpu',
    userspaceRegisters: 'anyTime',
    userspaceCr0ShowsLink: false,
  },
  {
    ...MAINLINE,
    name: 'series-queued',
    title: 'IRS series as queued, PPI part',
    since: 'queued in September 2026 for Linux 7.4',
    changes: [
      'PPIs are finalised per vCPU, as in the profile masked.',
      'User space may write the EL1 registers until any vCPU has run; afterwards EBUSY.',
    ],
    ppiFinalisation: 'perVcpu',
    userspaceRegisters: 'untilFirstRun',
  },
  {
    ...MAINLINE,
    name: 'H1',
    title: 'IRS series, first posting: SPI list, notifier called under its locks',
    since: 'posting of April 2026 on top of 7.2',
    changes: [
      'SPIs, LPIs and a virtual IRS exist; IRS_CR0 halts all vCPUs when it changes.',
      'Injected SPIs are on a list of the VM until a scan at an exit finds them consumed.',
      'The deactivation notifier is called while the scan holds its locks: a listener that injects deadlocks.',
    ],
    ppiFinalisation: 'perVcpu',
    userspaceRegisters: 'anyTime',
    userspaceCr0ShowsLink: false,
    irs: { ...FIRST_IRS, spiList: 'h1', firstDoorbellMask: 31, pins: 'ofSpis', doorbell: 'ifNotMostUrgent' },
  },
  {
    ...MAINLINE,
    name: 'H3',
    title: 'IRS series, third posting: SPI list, notifier called without locks',
    since: 'posting of July 2026 on top of 7.2',
    changes: [
      'As H1, but a scan looks at Pending in hardware too, removes before it notifies, and starts again.',
      'The deactivation notifier is called with no lock held.',
    ],
    ppiFinalisation: 'perVcpu',
    userspaceRegisters: 'anyTime',
    irs: { ...FIRST_IRS, spiList: 'h3' },
  },
  { ...QUEUED, irs: QUEUED_IRS },
  {
    ...QUEUED,
    name: 'its-preview',
    title: 'As Q, with the ITS of an out-of-tree prototype: not what any posting does',
    since: 'no kernel: a prototype beside the series, known in outline alone',
    changes: [
      'As Q. Besides, address type 7 of the device places a virtual ITS; messages become LPIs by its tables in guest memory.',
    ],
    irs: { ...QUEUED_IRS, its: true },
  },
  {
    ...MAINLINE,
    name: 'vgicv3-2014',
    title: 'The first vGICv3: 255 vCPUs, no priorities, no save and restore',
    since: 'series of August 2014 on top of 3.17-rc1',
    changes: [
      'A VM with a GICv3 has at most 255 vCPUs.',
      'Every list register is loaded with priority 0: nothing preempts, and the first to arrive comes first.',
      'A 64-bit access to any register of the frames is carried out as two of 32 bits, the high word first.',
      'Of the device attributes there are the two addresses, the number of interrupts and CTRL_INIT.',
      'There is no ITS and there are no LPIs. GICD_IIDR shows revision 0, so GICR_CTLR reads 0.',
    ],
    vgicV3: {
      maxVcpus: 255,
      priorities: false,
      wideAccesses: 'halves',
      savesRegisters: false,
      its: false,
      revision: 0,
    },
  },
];

/**
 * The profile of this name.
 * @throws RangeError that lists the names.
 */
export function profileByName(name: string): Profile {
  const profile = PROFILES.find((candidate) => candidate.name === name);
  if (profile === undefined)
    throw new RangeError(`no profile "${name}"; there are ${PROFILES.map((each) => each.name).join(', ')}`);
  return profile;
}
