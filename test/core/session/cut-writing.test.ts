import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ImportError } from '../../../core/import/errors.ts';
import { afterFailure, isGivenUp } from '../../../core/session/cut-writing.ts';
import { nanoseconds } from '../../../core/state/brand.ts';
import { TraceError } from '../../../core/trace/errors.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { tracePath } from '../trace/support.ts';

const full = new TraceError('limit', 'The disk is full: t.gscope could not be written further.');

function written(events: number): { path: string; writer: TraceWriter } {
  const path = tracePath();
  const writer = new TraceWriter(path);
  for (let i = 0; i < events; i++) writer.append({ kind: 'vcpu.wake', time: nanoseconds(i), origin: 'guest' });
  if (events > 0) writer.flush();
  writer.append({ kind: 'vcpu.wake', time: nanoseconds(events), origin: 'guest' });
  return { path, writer };
}

describe('a trace that cannot be written further', () => {
  it('stays with what was committed, and the message says how much and what to do', () => {
    const { path, writer } = written(5000);
    const failure = afterFailure(full, writer);
    expect(failure).toMatchObject({
      message: `${full.message} What was written before, 5,000 events, is kept in ${path}. Make room, then import again with --resume.`,
    });
    const reader = new TraceReader(path);
    expect([reader.count, reader.complete]).toEqual([5000, false]);
    reader.close();
  });

  it('goes when it holds nothing, and when its source is to blame', () => {
    const empty = written(0);
    expect(afterFailure(full, empty.writer)).toBe(full);
    expect(existsSync(empty.path)).toBe(false);
    const torn = new ImportError({ code: 'truncated', file: 'a.log', problem: 'it ends too early.' });
    const { path, writer } = written(10);
    expect(afterFailure(torn, writer)).toBe(torn);
    expect(existsSync(path)).toBe(false);
    expect(afterFailure(torn, undefined)).toBe(torn);
  });

  it('is told of also when it was stopped, unless it is not wanted', () => {
    const never = new AbortController().signal;
    const now = AbortSignal.abort();
    expect(isGivenUp(full, never, now)).toBe(false);
    expect(isGivenUp(full, now, never)).toBe(true);
    expect(isGivenUp(new Error('stopped'), never, now)).toBe(true);
    expect(isGivenUp(new Error('broken'), never, never)).toBe(false);
  });
});
