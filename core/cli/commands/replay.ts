import { type Result } from '../../session/contract.ts';
import { countText, durationText } from '../../state/units.ts';
import { defineCommand } from '../command.ts';
import { type Context } from '../context.ts';
import { EXIT } from '../failure.ts';
import { JSON_FLAG, TRACE } from '../options.ts';
import { type Shape } from '../shapes.ts';
import { tableText } from '../table.ts';

type Replay = Result<'analysis.replay'>;

/** Differences that are printed. */
const SHOWN = 10;

export const replayCommand = defineCommand({
  name: 'replay',
  summary: 'compare a recording with what the emulator answers',
  description:
    'Drives the emulator with the stimuli of a recording (register writes, instructions, interrupt lines, resets) and ' +
    'compares every value of the interrupt controller that the guest read, and every candidate, signal and state that ' +
    'the recorder saw. Values that cannot be compared are counted with the reason. After a difference the emulator ' +
    'goes on with what was recorded, so each one counts once. Exit code 1: something differs.',
  arguments: { trace: TRACE },
  options: { json: JSON_FLAG },
  json: 'replay',
  examples: [
    { command: 'gicscope replay boot.gscope', says: 'by register, and the first differences' },
    { command: 'gicscope replay boot.gscope --json', says: 'for a script' },
  ],
  async run(context, { trace }, { json }) {
    return context.withTrace(trace, async (open) => {
      const result = await open.call('analysis.replay', {});
      if (json) await context.out.json(document(result));
      else await print(context, result);
      return result.mismatched === 0 ? EXIT.done : EXIT.found;
    });
  },
});

function document({ divergences, ...counts }: Replay): Shape<'replay'> {
  return { ...counts, firstDivergence: divergences[0] ?? null, divergences };
}

async function print(context: Context, result: Replay): Promise<void> {
  const right = { align: 'right' } as const;
  const columns = [{ title: 'register' }, { title: 'matched', ...right }, { title: 'mismatched', ...right }];
  const rows = Object.entries(result.byRegister).map(([register, { matched, mismatched }]) => [
    register,
    countText(matched),
    countText(mismatched),
  ]);
  rows.push(['all', countText(result.matched), countText(result.mismatched)]);
  const lines = [
    ...Object.entries(result.reasons).map(([reason, count]) => `not compared: ${countText(count)}, ${reason}`),
    ...Object.entries(result.inferred).map(([what, count]) => `inferred: ${countText(count)}, ${what}`),
    ...result.divergences.slice(0, SHOWN).map(divergenceText),
  ];
  await context.out.write(tableText(columns, rows, context.style.dim));
  for (const line of lines) await context.out.line(line);
}

function divergenceText({ seq, timeNs, vcpu, register, recorded, emulated, context }: Replay['divergences'][number]) {
  const where = `#${seq} at ${durationText(timeNs)}${vcpu === null ? '' : `, vCPU ${vcpu}`}`;
  return `differs: ${where}: ${register} was ${recorded}, the emulator says ${emulated}${context === '' ? '' : ` (${context})`}`;
}
