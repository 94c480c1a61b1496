import { type Result } from '../../session/contract.ts';
import { interruptLabel } from '../../session/vocabulary.ts';
import { countText, durationText } from '../../state/units.ts';
import { defineCommand } from '../command.ts';
import { type Context } from '../context.ts';
import { EXIT } from '../failure.ts';
import { JSON_FLAG, TRACE } from '../options.ts';
import { type Shape } from '../shapes.ts';

type Findings = Result<'analysis.findings'>;

export const checkCommand = defineCommand({
  name: 'check',
  summary: 'what the rules of the architecture find wrong in a trace',
  description:
    'Looks for locks taken in the wrong order, state that a guest reads before its GIC instruction is known to be ' +
    'complete, an SPI that is configured through another vCPU’s selection, interrupts of a GICv3 that are ended out of ' +
    'order or wait where nobody queues them, and events in which something is lost. Each ' +
    'finding names the events it rests on and the clause of the specification. The same thing found again is counted. ' +
    'A rule that a recording cannot serve (barriers are in gicscope’s own recordings alone) is not applied. Exit code ' +
    '1: something was found.',
  arguments: { trace: TRACE },
  options: { json: JSON_FLAG },
  json: 'check',
  examples: [
    { command: 'gicscope check boot.gscope', says: 'each finding with its events' },
    { command: 'gicscope check boot.gscope --json', says: 'for a script' },
  ],
  async run(context, { trace }, { json }) {
    return context.withTrace(trace, async (open) => {
      const found = await open.call('analysis.findings', {});
      if (json) await context.out.json(document(found));
      else await print(context, found);
      return found.findings.length === 0 ? EXIT.done : EXIT.found;
    });
  },
});

/** As cli.md has it: a finding's place is where it shows, its last event. */
function document({ findings, rules }: Findings): Shape<'check'> {
  return {
    findings: findings.map(({ title, intid, positions, ...finding }) => ({
      ...finding,
      seq: positions.at(-1)?.seq ?? 0,
      intid: intid === null ? null : interruptLabel(intid),
      message: title,
      positions,
    })),
    rules,
  };
}

async function print(context: Context, { findings, rules }: Findings): Promise<void> {
  const looked = rules.filter((rule) => rule.looked).map(({ id }) => id);
  if (findings.length === 0)
    await context.out.line(
      looked.length === 0 ? 'no rule has events to look at here' : `nothing was found by ${looked.join(', ')}`,
    );
  const { dim } = context.style;
  for (const { rule, severity, title, explanation, clause, count, positions } of findings) {
    await context.out.line(`${severity}: ${title}${count === 1 ? '' : dim(` (${countText(count)} times)`)}`);
    await context.out.line(`  ${explanation}`);
    for (const { seq, timeNs, what } of positions)
      await context.out.line(`  #${seq} ${dim(`at ${durationText(timeNs)}`)}  ${what}`);
    await context.out.line(dim(`  ${rule}: ${clause}`));
  }
}
