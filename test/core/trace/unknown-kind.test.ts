import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { KINDS } from '../../../core/trace/kinds.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { buildTrace } from './support.ts';

/** The trace with the kind of its first event type set to `kind`. */
function withKind(kind: number): string {
  const { path } = buildTrace(50);
  const db = new Database(path);
  db.prepare('UPDATE event_type SET kind = ? WHERE id = 0').run(kind);
  db.close();
  return path;
}

it('says of a kind of event that came later to open the trace with a newer gicscope', () => {
  const later = Math.max(...Object.values(KINDS).map(({ id }) => id)) + 1;
  expect(() => new TraceReader(withKind(later))).toThrow(
    expect.objectContaining({ code: 'newer-version', message: expect.stringContaining(`number ${later}`) as string }),
  );
});

it('calls a trace damaged of which an event is of no kind', () => {
  expect(() => new TraceReader(withKind(0))).toThrow(expect.objectContaining({ code: 'damaged' }));
});
