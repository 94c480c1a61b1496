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
}

export const MAINLINE: Profile = {
  name: 'mainline',
  title: 'Linux 7.2: PPIs only, exposed set computed once per VM',
  since: 'Linux 7.1 and 7.2 (compared with the code of 7.2.13)',
  changes: [],
  ppiFinalisation: 'perVm',
  userspaceRegisters: 'absent',
  userspaceCr0ShowsLink: true,
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
