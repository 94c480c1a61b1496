/** Recording a scenario for a command, and telling what came of it. */
import { type Result } from '../session/contract.ts';
import { countOf, durationText, printable } from '../state/units.ts';
import { type Context } from './context.ts';
import { follow } from './follow.ts';

export type RecordResult = Result<'record.result'>;

export interface RecordRequest {
  readonly scenario: string;
  readonly output: string;
  readonly overwrite: boolean;
  readonly profile?: string;
  readonly seed?: number;
}

/** Records; undefined when a stop left nothing. @throws CliFailure when it failed */
export async function record(
  context: Context,
  request: RecordRequest,
): Promise<{ readonly stopped: boolean; readonly result: RecordResult } | undefined> {
  const untilEnd = new AbortController().signal;
  let number = 0;
  const last = await follow(context, async () => {
    const { task } = await context.call('record.start', request, untilEnd);
    number = task;
    return task;
  });
  if (last.output === null) return undefined;
  const result = await context.call('record.result', { task: number }, untilEnd);
  return { stopped: last.state === 'cancelled', result };
}

/** `t.gscope: 287 events, 51 ns of virtual time, ended poweredOff; 15 of 15 expectations met`. */
export function summaryOf(shown: string, { events, timeNs, halted, checks, failed }: RecordResult): string {
  const met = checks.length - failed;
  return (
    `${shown}: ${countOf(events, 'event')}, ${durationText(timeNs)} of virtual time, ended ${halted}; ` +
    `${met} of ${checks.length} expectations met`
  );
}

/** The expectations that were not met, each with its place in the scenario. */
export function failuresOf(shown: string, { checks }: RecordResult): string[] {
  return checks
    .filter(({ ok }) => !ok)
    .map(
      ({ what, expected, found, line, column, timeNs }) =>
        `${shown}:${line}:${column}: ${printable(what)}: expected ${printable(expected)}, found ${printable(found)}` +
        (timeNs > 0 ? ` at ${durationText(timeNs)}` : ''),
    );
}
