import { type Result } from '../../session/contract.ts';
import { countText, durationText } from '../../state/units.ts';
import { defineCommand } from '../command.ts';
import { EXIT } from '../failure.ts';
import { choice, JSON_FLAG, TRACE } from '../options.ts';
import { type Shape } from '../shapes.ts';
import { tableText } from '../table.ts';

type Group = Result<'analysis.latency'>['groups'][number];

/** Legs in the order of an interrupt's life, as lists name them. */
const LEG_TITLES: Readonly<Record<string, string>> = {
  pendingToAck: 'pending → acknowledge',
  injectToAck: 'inject → acknowledge',
  ackToDrop: 'acknowledge → drop',
  ackToDeactivate: 'acknowledge → deactivate',
  injectToDeactivate: 'inject → deactivate',
  injectToLower: 'inject → lowered',
};

export const latencyCommand = defineCommand({
  name: 'latency',
  summary: 'how long interrupts wait',
  description:
    'Durations between the moments of each interrupt life: inject, pending, acknowledge, priority drop, deactivate; ' +
    'and from inject until the line is lowered, which is often all that a host can see of its guest. ' +
    'The last column is the event where the longest one began. Percentiles are by nearest rank; from 100,000 samples ' +
    'on they come from logarithmic buckets (within 0.8 %) and are marked ≈.',
  arguments: { trace: TRACE },
  options: {
    by: {
      ...choice('--by', 'KEYS', 'one group for each interrupt, or each interrupt and vCPU', ['intid', 'intid,vcpu']),
      default: 'intid',
    },
    json: JSON_FLAG,
  },
  json: 'latency',
  examples: [
    { command: 'gicscope latency boot.gscope', says: 'each interrupt over all vCPUs' },
    { command: 'gicscope latency boot.gscope --by intid,vcpu --json', says: 'each interrupt and vCPU, for a script' },
  ],
  async run(context, { trace }, { by, json }) {
    return context.withTrace(trace, async (open) => {
      const { groups } = await open.call('analysis.latency', { by });
      if (json) await context.out.json(document(groups));
      else if (groups.length === 0) context.say('no interrupt was seen from one moment of its life to another');
      else await context.out.write(table(groups, context.style.dim));
      return EXIT.done;
    });
  },
});

function document(groups: readonly Group[]): Shape<'latency'> {
  return { groups: groups.map(({ label, vcpu, legs }) => ({ intid: label, vcpu, legs })) };
}

function table(groups: readonly Group[], dim: (text: string) => string): string {
  const right = { align: 'right' } as const;
  const columns = [
    { title: 'interrupt' },
    { title: 'vCPU', ...right },
    { title: 'from → to' },
    ...['count', 'min', 'p50', 'p90', 'p99', 'max', 'longest'].map((title) => ({ title, ...right })),
  ];
  const rows = groups.flatMap(({ label, vcpu, legs }) =>
    Object.entries(legs).map(([leg, d]) => {
      const about = d.approximate ? '≈' : '';
      return [
        label,
        vcpu === null ? '–' : String(vcpu),
        LEG_TITLES[leg] ?? leg,
        countText(d.count),
        durationText(d.minNs),
        ...[d.p50Ns, d.p90Ns, d.p99Ns].map((ns) => about + durationText(ns)),
        durationText(d.maxNs),
        `#${d.maxSeq}`,
      ];
    }),
  );
  return tableText(columns, rows, dim);
}
