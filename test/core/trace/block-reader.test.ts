import { copyFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StateVector } from '../../../core/state/state-vector.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { seq } from '../../../core/state/brand.ts';
import { buildTrace, tracePath } from './support.ts';

/** A block in the middle; it has a keyframe, since more was changed before than a state weighs. */
const BLOCK = 1;
const { path: whole } = buildTrace(2 * 4096 + 100, { seed: 5, stride: 100_000 });

/** The trace without a row. */
function without(table: string): string {
  const path = tracePath();
  copyFileSync(whole, path);
  const db = new Database(path);
  db.exec(`DELETE FROM ${table} WHERE id = ${BLOCK}`);
  db.close();
  return path;
}

describe('entering a block', () => {
  it('gives the state at its start, and the changes that go on from there', () => {
    const [entered, apart] = [new TraceReader(whole), new TraceReader(whole)];
    const [a, b] = [StateVector.initial(entered.layout), StateVector.initial(apart.layout)];
    expect(entered.blocks.hasKeyframe(BLOCK)).toBe(true);
    // A second time, now that the changes are there.
    for (let again = 0; again < 2; again++) {
      entered.enter(BLOCK, a);
      apart.keyframe(BLOCK, b);
      expect(a.equals(b)).toBe(true);
    }
    entered.changes(BLOCK).apply(a, 0, 4096);
    const { touched } = apart.changes(BLOCK);
    for (let i = 0; i < touched.count; i++) {
      const slot = touched.slot[i] ?? 0;
      expect([a.lo[slot], a.hi[slot], a.known[slot]]).toEqual([
        touched.afterLo[i],
        touched.afterHi[i],
        (touched.known[i] ?? 0) >> 1,
      ]);
    }
    entered.close();
    apart.close();
  });

  it('makes few changes and many alike', () => {
    const reader = new TraceReader(whole);
    const [stepped, jumped] = [StateVector.initial(reader.layout), StateVector.initial(reader.layout)];
    reader.enter(BLOCK, stepped);
    reader.enter(BLOCK, jumped);
    const changes = reader.changes(BLOCK);
    for (let i = 0; i < 4096; i++) changes.apply(stepped, i, i + 1);
    changes.apply(jumped, 0, 4096);
    expect(stepped.equals(jumped)).toBe(true);
    reader.close();
  });

  it('gives the changes of some slots as all of them are', () => {
    const reader = new TraceReader(whole);
    const all = reader.changes(BLOCK);
    const event = Array.from({ length: 4096 }, (_, i) =>
      Array<number>((all.start[i + 1] ?? 0) - (all.start[i] ?? 0)).fill(i),
    );
    const owner = event.flat();
    fc.assert(
      fc.property(fc.array(fc.nat(all.touched.count - 1), { maxLength: 5 }), (slots) => {
        const wanted = new Uint8Array(all.touched.count);
        for (const slot of slots) wanted[slot] = 1;
        // Another reader: of this one the columns are unpacked.
        const fresh = new TraceReader(whole);
        const some = fresh.changes(BLOCK).ofTouched(wanted);
        fresh.close();
        const rows = [...all.local.keys()].filter((i) => wanted[all.local[i] ?? 0] === 1);
        expect(some.count).toBe(rows.length);
        expect([...some.event]).toEqual(rows.map((i) => owner[i]));
        for (const column of ['local', 'beforeLo', 'beforeHi', 'afterLo', 'afterHi', 'known'] as const)
          expect([...some[column]]).toEqual(rows.map((i) => all[column][i]));
      }),
      { numRuns: 20 },
    );
    reader.close();
  });

  it.each([
    ['keyframe', 'its keyframe is missing'],
    ['block_touched', 'its touched slots are missing'],
    ['block_changes', 'its changes are missing'],
  ])('says that a row of %s is missing', (table, problem) => {
    const reader = new TraceReader(without(table));
    expect(() => reader.enter(BLOCK, StateVector.initial(reader.layout))).toThrow(`block ${BLOCK}: ${problem}`);
    expect(reader.event(seq(0)).seq).toBe(0);
    reader.close();
  });
});
