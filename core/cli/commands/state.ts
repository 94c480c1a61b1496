import { type Result } from '../../session/contract.ts';
import { secondsText } from '../../state/units.ts';
import { defineCommand } from '../command.ts';
import { type Context } from '../context.ts';
import { EXIT } from '../failure.ts';
import { JSON_FLAG, position, text, TRACE } from '../options.ts';
import { resolvePosition } from '../position.ts';
import { type Shape } from '../shapes.ts';
import { tableText } from '../table.ts';

const MOST_SLOTS = 1_000_000;
type Slot = Result<'state.slots'>['slots'][number];

export const stateCommand = defineCommand({
  name: 'state',
  summary: 'state at a position',
  description:
    'Prints slots with their decoded fields as they are after the event at --at. A value that the recording does not ' +
    'prove is unknown, never 0. With --diff, prints the slots that differ at the second position.',
  arguments: { trace: TRACE },
  options: {
    at: { ...position('--at', 'position'), required: true },
    path: text('--path', 'GLOB', 'only slots whose path matches: * within a part, ** across parts'),
    diff: position('--diff', 'second position: only slots that differ there'),
    json: JSON_FLAG,
  },
  json: 'state',
  examples: [
    { command: "gicscope state boot.gscope --at '#1234'", says: 'everything after event 1234' },
    { command: "gicscope state boot.gscope --at 50% --path 'vcpu1.ICC_*' --json", says: 'CPU interface of vCPU 1' },
    { command: 'gicscope state boot.gscope --at 1000 --diff end', says: 'what changed from event 1000 to the end' },
  ],
  async run(context, { trace }, options) {
    return context.withTrace(trace, async (open) => {
      const seq = await resolvePosition(open, options.at, 'at');
      const diff = options.diff === undefined ? null : await resolvePosition(open, options.diff, 'at');
      const found = await open.call('state.slots', { seq, glob: options.path ?? '**', diff, limit: MOST_SLOTS });
      const slots = diff === null ? found.slots : found.slots.filter((slot) => slot.value !== slot.other);
      if (options.json) await context.out.json(document(found, slots, diff));
      else await writeTable(context, found, slots, diff);
      if (found.truncated) context.say(`only the first ${MOST_SLOTS} slots are shown; narrow them with --path`);
      if (slots.length === 0) context.say(diff === null ? 'no slot matches' : 'no slot differs');
      return EXIT.done;
    });
  },
});

function document({ seq, time }: Result<'state.slots'>, slots: readonly Slot[], diff: number | null): Shape<'state'> {
  return {
    seq,
    timeNs: time,
    ...(diff === null ? {} : { otherSeq: diff }),
    slots: Object.fromEntries(
      slots.map(({ path, value, text: word, fields, other }) => [
        path,
        {
          value,
          known: value !== null,
          text: word,
          fields: Object.fromEntries(fields.map((field) => [field.name, field.value])),
          ...(diff === null ? {} : { other: other ?? null }),
        },
      ]),
    ),
  };
}

async function writeTable(
  context: Context,
  { seq, time }: Result<'state.slots'>,
  slots: readonly Slot[],
  diff: number | null,
): Promise<void> {
  const { dim, notice } = context.style;
  await context.out.line(dim(`after #${seq} at ${secondsText(time)} s${diff === null ? '' : `, and after #${diff}`}`));
  const value = { title: diff === null ? 'value' : `#${seq}`, align: 'right' } as const;
  const columns =
    diff === null
      ? [{ title: 'slot' }, value, { title: 'meaning' }]
      : [{ title: 'slot' }, value, { title: `#${diff}`, align: 'right', style: notice } as const, { title: 'meaning' }];
  const rows = slots.map((slot) => [
    slot.path,
    slot.value ?? 'unknown',
    ...(diff === null ? [] : [slot.other ?? 'unknown']),
    slot.text === '' ? slot.summary : slot.text,
  ]);
  if (rows.length > 0) await context.out.write(tableText(columns, rows, dim));
}
