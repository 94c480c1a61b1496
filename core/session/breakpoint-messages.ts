/**
 * What trace-points write: their template with the facts of each hit and the state after it. Nothing is stored; the
 * lines follow from the trace, so they are there for any breakpoint as soon as it is. Cost per line: one search to the
 * next hit, one step of the cursor.
 */
import { type Breakpoint } from '../debug/breakpoints.ts';
import { parseTemplate, renderMessage } from '../debug/message.ts';
import { seq as position } from '../state/brand.ts';
import { type Result } from './contract.ts';
import { type OpenTrace } from './open-trace.ts';
import { findRange, rangeOf } from './slots.ts';

/** The message of a breakpoint at an event. */
export function messageAt(trace: OpenTrace, { message }: Pick<Breakpoint, 'message'>, seq: number): string {
  const { reader } = trace;
  const event = reader.event(position(seq));
  return renderMessage(parseTemplate(message), event, (path) => {
    const range = findRange(reader.layout, path);
    return range === undefined ? null : rangeOf(trace.stateAt(seq).value(range.slot), range);
  });
}

/** Lines of all enabled breakpoints with messages at or behind `from`, in the order of their events. */
export async function messagesFrom(
  trace: OpenTrace,
  from: number,
  limit: number,
  signal: AbortSignal,
): Promise<Result<'breakpoint.messages'>> {
  const stops = trace.stops();
  const lines: Result<'breakpoint.messages'>['lines'] = [];
  for (let at = from - 1; ;) {
    const found = await stops.nearest(at, 'forward', { signal }, ({ action }) => action === 'message');
    if (found === undefined) return { lines, truncated: false };
    const { seq, time, vcpu = null } = found.hit;
    for (const breakpoint of found.breakpoints) {
      if (lines.length === limit) return { lines, truncated: true };
      lines.push({ seq, time, vcpu, breakpoint: breakpoint.id, text: messageAt(trace, breakpoint, seq) });
    }
    at = seq;
  }
}
