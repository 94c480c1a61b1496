/** Events that are findings by themselves: the emulator marks where the specification says that something is lost. */
import { interruptLabel } from '../../trace/interrupts.ts';
import { positionOf, type Rule, type Severity } from './finding.ts';

interface Mark {
  /** Name of an event of the kind `other`, or of a set-up step. */
  readonly name: string;
  readonly id: string;
  readonly title: string;
  readonly explanation: string;
  readonly clause: string;
  /** Absent: `error`. */
  readonly severity?: Severity;
}

const MARKS: readonly Mark[] = [
  {
    name: 'spi.latch.stuck',
    id: 'stuck-latch',
    title: 'A lowered line leaves its SPI pending',
    explanation:
      'The SPI was injected as an edge before the guest made it level-triggered. The latch of that edge is still set, so lowering the line makes the SPI pending again.',
    clause: 'kvm-vgic-v5-spi §10',
  },
  {
    name: 'notifier.unsupported',
    id: 'deaf-resampler',
    title: 'A resampling irqfd that is never signalled',
    explanation:
      'This kernel does not find out when an SPI was deactivated, so it lowers no line and signals no resample eventfd.',
    clause: 'kvm-vgic-v5-spi §10',
  },
  {
    name: 'LPI state table refused',
    id: 'refused-table',
    title: 'The IRS refuses the guest’s table of LPIs',
    explanation:
      'IRS_IST_CFGR describes a table that the IRS does not offer. The guest is told nothing: IRS_IST_BASER reads back with VALID 0, and LPIs do not exist.',
    clause: 'gicv5-irs-registers §4',
  },
  {
    name: 'its.stale',
    id: 'stale-translation',
    title: 'An ITS uses a translation that memory no longer says',
    explanation:
      'The guest changed a valid entry and did not invalidate it: which of the two LPIs an event becomes is not defined.',
    clause: 'gicv5-spi-lpi-behaviour §11.3',
  },
  {
    name: 'irq.unqueued',
    id: 'unqueued-interrupt',
    title: 'An interrupt is pending and enabled, and on no AP list',
    explanation:
      'It became pending while the distributor was off or its route led to no vCPU. Enabling the distributor or repairing the route does not queue it: it stands still until it is raised again, or until ISENABLER, ISPENDR, ISACTIVER or IGROUPR is written.',
    clause: 'kvm-vgic-v3 §6.3, §6.4',
    severity: 'warning',
  },
  {
    name: 'irq.endedElsewhere',
    id: 'lost-attribution',
    title: 'A vCPU ends an interrupt that is active on another',
    explanation:
      'No list register of this vCPU has it, so the end is only counted in EOIcount, and KVM looks for it on this vCPU’s AP list. The interrupt stays active where it is held, as after a restore of an active interrupt whose route had moved since its acknowledge.',
    clause: 'kvm-vgic-v3 §8.3, §16',
  },
];

export const MARKED: readonly Rule[] = MARKS.map(({ name, id, title, explanation, clause, severity = 'error' }) => ({
  id,
  severity,
  about: title,
  clause,
  names: [name],
  start: (report) => (event) => {
    const positions = [positionOf(event, name)];
    const intid = 'intid' in event ? event.intid : undefined;
    if (intid === undefined) report({ key: id, title, explanation, positions });
    else report({ key: `${id} ${intid}`, intid, title: titleOf(intid, title), explanation, positions });
  },
}));

/** `SPI 32: an interrupt …` */
const titleOf = (intid: number, title: string): string =>
  `${interruptLabel(intid)}: ${title.charAt(0).toLowerCase()}${title.slice(1)}`;
