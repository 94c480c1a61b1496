import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slotId } from '../../../core/state/brand.ts';
import { digest } from '../../../core/state/digest.ts';
import { Journal } from '../../../core/state/journal.ts';
import { Layout } from '../../../core/state/layout.ts';
import { StateVector } from '../../../core/state/state-vector.ts';
import { foldBackward, foldForward } from '../../support/fold.ts';

const SLOTS = 8;

function journalOf(slots = SLOTS): Journal {
  const layout = new Layout();
  for (let i = 0; i < slots; i++)
    layout.claim(i % 2 === 0 ? { path: `s${i}`, width: 64, initial: BigInt(i) } : { path: `s${i}`, width: 64 });
  return new Journal(layout);
}

/** A step: a write, a forget, or a claim of a new slot (with or without an initial value). */
type Step =
  | { readonly do: 'write'; readonly slot: number; readonly value: bigint }
  | { readonly do: 'forget'; readonly slot: number }
  | { readonly do: 'claim'; readonly initial: bigint | undefined };

// Small values make repeated writes of the same value likely; the rest covers all 64 bits.
const value = fc.oneof(fc.bigInt({ min: 0n, max: 3n }), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
const change = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), slot: fc.nat(), value }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('forget' as const), slot: fc.nat() }) },
);
const claim = fc.record({ do: fc.constant('claim' as const), initial: fc.option(value, { nil: undefined }) });
const changes: fc.Arbitrary<Step[]> = fc.array(change, { maxLength: 60 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof({ weight: 8, arbitrary: change }, { weight: 1, arbitrary: claim }),
  {
    maxLength: 80,
  },
);

function run(journal: Journal, step: Step): void {
  const { layout } = journal;
  if (step.do === 'claim') {
    const path = `s${layout.size}`;
    layout.claim(step.initial === undefined ? { path, width: 64 } : { path, width: 64, initial: step.initial });
  } else if (step.do === 'write') journal.write(slotId(step.slot % layout.size), step.value);
  else journal.forget(slotId(step.slot % layout.size));
}

describe('Journal', () => {
  it('reads what was written, as a bigint or as two halves', () => {
    const journal = journalOf();
    journal.write(slotId(3), 0xfedc_ba98_7654_3210n);
    expect(journal.read(slotId(3))).toBe(0xfedc_ba98_7654_3210n);
    expect([journal.readLo(slotId(3)), journal.readHi(slotId(3))]).toEqual([0x7654_3210, 0xfedc_ba98]);
    journal.writeWords(slotId(3), 0xffff_ffff, 0x8000_0000);
    expect(journal.read(slotId(3))).toBe(0x8000_0000_ffff_ffffn);
    journal.writeWords(slotId(3), -1, -1);
    expect(journal.read(slotId(3))).toBe((1n << 64n) - 1n);
  });

  it('behaves as a list of values with undefined for unknown', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const journal = journalOf();
        const model: (bigint | undefined)[] = journal.layout.slots.map((slot) => slot.initial);
        for (const step of list) {
          run(journal, step);
          if (step.do === 'claim') model.push(step.initial);
          else model[step.slot % model.length] = step.do === 'write' ? step.value : undefined;
          expect(model.map((_, i) => journal.state.value(slotId(i)))).toEqual(model);
          expect(model.map((_, i) => journal.read(slotId(i)))).toEqual(model.map((v) => v ?? 0n));
        }
      }),
    );
  });

  it('logs a change with the values before and after, and nothing for a write of the present value', () => {
    const journal = journalOf();
    journal.write(slotId(0), 0n);
    journal.forget(slotId(1));
    expect(journal.count).toBe(0);
    journal.write(slotId(0), 5n);
    journal.write(slotId(1), 0n);
    journal.forget(slotId(0));
    expect(journal.changes()).toEqual([
      { slot: 0, before: 0n, after: 5n },
      { slot: 1, before: undefined, after: 0n },
      { slot: 0, before: 5n, after: undefined },
    ]);
    expect(journal.changes(1, 2)).toEqual([{ slot: 1, before: undefined, after: 0n }]);
  });

  it('leaves a forgotten slot without a trace of its value', () => {
    const journal = journalOf();
    const before = journal.state.clone();
    journal.write(slotId(1), 123n);
    journal.forget(slotId(1));
    expect(journal.state.equals(before)).toBe(true);
    expect(journal.read(slotId(1))).toBe(0n);
  });

  it('undoes to any mark and redoes to where it was: undo of redo is the identity', () => {
    fc.assert(
      fc.property(steps, fc.nat(), fc.nat(), (list, pickA, pickB) => {
        const journal = journalOf();
        const past: StateVector[] = [journal.state.clone()];
        const marks = [journal.mark()];
        for (const step of list) {
          run(journal, step);
          past.push(journal.state.clone());
          marks.push(journal.mark());
        }
        const same = (index: number): void => {
          const then = past[index] ?? journal.state;
          then.growTo(journal.layout);
          expect(journal.state.equals(then)).toBe(true);
          expect(digest(journal.state)).toBe(digest(then));
        };
        const [a, b] = [pickA % marks.length, pickB % marks.length].sort((x, y) => x - y);
        journal.undoTo(marks[a ?? 0] ?? 0);
        same(a ?? 0);
        journal.redoTo(marks[b ?? 0] ?? 0);
        same(b ?? 0);
        journal.undoTo(0);
        same(0);
        journal.redoTo(marks[marks.length - 1] ?? 0);
        same(marks.length - 1);
      }),
    );
  });

  it('reaches any position from a keyframe as from the start, forwards and backwards', () => {
    fc.assert(
      fc.property(changes, fc.nat(), fc.nat(), (list, pickFrame, pickTarget) => {
        const journal = journalOf();
        const frames = [journal.state.clone()];
        for (const step of list) {
          run(journal, step);
          while (frames.length <= journal.count) frames.push(journal.state.clone());
        }
        const frame = pickFrame % frames.length;
        const target = pickTarget % frames.length;
        const fromStart = StateVector.initial(journal.layout);
        foldForward(fromStart, journal, 0, target);
        const fromFrame = (frames[frame] ?? fromStart).clone();
        if (frame <= target) foldForward(fromFrame, journal, frame, target);
        else foldBackward(fromFrame, journal, target, frame);
        expect(fromFrame.equals(fromStart)).toBe(true);
        expect(fromStart.equals(frames[target] ?? fromFrame)).toBe(true);
        expect(digest(fromFrame)).toBe(digest(fromStart));
      }),
    );
  });

  it('carries an older keyframe over a layout that has grown since', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (list, pick) => {
        const journal = journalOf();
        const cut = pick % (list.length + 1);
        for (const step of list.slice(0, cut)) run(journal, step);
        const frame = journal.state.clone();
        const mark = journal.mark();
        for (const step of list.slice(cut)) run(journal, step);
        frame.growTo(journal.layout);
        foldForward(frame, journal, mark);
        expect(frame.equals(journal.state)).toBe(true);
      }),
    );
  });

  it('knows the initial value of a slot that was claimed after the start, without a write', () => {
    const journal = journalOf(1);
    const late = journal.layout.claim({ path: 'late', width: 64, initial: 7n });
    expect([journal.read(late), journal.readLo(late), journal.isKnown(late)]).toEqual([7n, 7, true]);
    journal.write(late, 7n);
    expect(journal.count).toBe(0);
  });

  it('keeps its log while it grows past its first capacity', () => {
    const journal = journalOf(2);
    for (let i = 1; i <= 5000; i++) journal.write(slotId(0), BigInt(i));
    expect(journal.count).toBe(5000);
    expect(journal.changes(4998)).toEqual([
      { slot: 0, before: 4998n, after: 4999n },
      { slot: 0, before: 4999n, after: 5000n },
    ]);
    journal.undoTo(1024);
    expect(journal.read(slotId(0))).toBe(1024n);
    journal.undoTo(0);
    expect(journal.read(slotId(0))).toBe(0n);
  });

  it('refuses to redo what a later write has replaced', () => {
    const journal = journalOf();
    journal.write(slotId(0), 1n);
    journal.write(slotId(0), 2n);
    journal.undoTo(0);
    journal.write(slotId(2), 9n);
    expect(() => journal.redoTo(2)).toThrow('no position 2 in the log; wanted 1 … 1');
    expect(journal.read(slotId(0))).toBe(0n);
  });

  it('refuses positions that the log does not have, and changes nothing', () => {
    const journal = journalOf();
    journal.write(slotId(0), 1n);
    const before = digest(journal.state);
    expect(() => journal.undoTo(-1)).toThrow(RangeError);
    expect(() => journal.undoTo(2)).toThrow(RangeError);
    expect(() => journal.redoTo(2)).toThrow(RangeError);
    expect(() => journal.undoTo(0.5)).toThrow(RangeError);
    expect(() => journal.changes(0, 2)).toThrow('no position 2 in the log; wanted 0 … 1');
    expect(() => journal.changes(1, 0)).toThrow(RangeError);
    expect(digest(journal.state)).toBe(before);
    expect(journal.count).toBe(1);
    journal.clear();
    expect(() => journal.redoTo(1)).toThrow(RangeError);
    expect(journal.read(slotId(0))).toBe(1n);
  });

  it('makes one change of many of a slot, from the first value to the last', () => {
    fc.assert(
      fc.property(changes, changes, (list, more) => {
        const journal = journalOf();
        const start = journal.state.clone();
        for (const step of list) run(journal, step);
        const end = journal.state.clone();
        const touched = [...new Set(journal.changes().map(({ slot }) => slot))];
        journal.compact();
        expect(journal.changes().map(({ slot }) => slot)).toEqual(touched);
        for (const { slot, before, after } of journal.changes())
          expect([before, after]).toEqual([start.value(slot), end.value(slot)]);
        const mark = journal.mark();
        for (const step of more) run(journal, step);
        journal.undoTo(mark);
        expect(journal.state.equals(end)).toBe(true);
        journal.undoTo(0);
        expect(journal.state.equals(start)).toBe(true);
      }),
    );
  });

  it('keeps one change of a slot that goes on, until something else changes or somebody marks', () => {
    const journal = journalOf();
    const [time, random, other] = [slotId(0), slotId(2), slotId(4)];
    const start = journal.state.clone();
    for (let n = 1; n <= 100; n++) {
      journal.moveOn(random, 0x9000_0000 + n, 0);
      journal.moveOn(time, n, n);
    }
    expect(journal.changes()).toEqual([
      { slot: random, before: 2n, after: 0x9000_0064n },
      { slot: time, before: 0n, after: 0x64_0000_0064n },
    ]);
    journal.write(other, 5n);
    journal.moveOn(time, 7, 0);
    journal.moveOn(time, 8, 0);
    const mark = journal.mark();
    journal.moveOn(time, 9, 0);
    expect(journal.changes(2).map(({ slot, after }) => [slot, after])).toEqual([
      [other, 5n],
      [time, 8n],
      [time, 9n],
    ]);
    journal.undoTo(mark);
    expect(journal.read(time)).toBe(8n);
    journal.redoTo(mark + 1);
    journal.moveOn(time, 10, 0);
    journal.undoTo(mark + 1);
    expect(journal.read(time)).toBe(9n);
    journal.undoTo(0);
    expect(journal.state.equals(start)).toBe(true);
  });

  it('begins a new change of a slot that goes on when the log was handed over or compacted', () => {
    const journal = journalOf();
    const time = slotId(0);
    journal.moveOn(time, 1, 0);
    journal.clear();
    journal.moveOn(time, 2, 0);
    expect(journal.changes()).toEqual([{ slot: time, before: 1n, after: 2n }]);
    journal.compact();
    journal.moveOn(time, 3, 0);
    expect(journal.changes().map(({ before, after }) => [before, after])).toEqual([
      [1n, 2n],
      [2n, 3n],
    ]);
    expect(() => journal.moveOn(slotId(SLOTS), 1, 0)).toThrow(`no slot ${SLOTS}`);
  });

  it('refuses a slot that nobody claimed', () => {
    const journal = journalOf();
    expect(() => journal.write(slotId(SLOTS), 1n)).toThrow(`no slot ${SLOTS}; the layout has ${SLOTS}`);
    expect(() => journal.write(slotId(-1), 1n)).toThrow('no slot -1');
    expect(() => journal.forget(slotId(Number.NaN))).toThrow('no slot NaN');
    expect(journal.count).toBe(0);
  });
});

describe('folding', () => {
  it('refuses stretches that the log does not have', () => {
    const journal = journalOf();
    journal.write(slotId(0), 1n);
    const state = StateVector.initial(journal.layout);
    expect(() => foldForward(state, journal, 0, 2)).toThrow('no changes 0 … 2 in a log of 1');
    expect(() => foldBackward(state, journal, -1)).toThrow(RangeError);
    expect(state.equals(StateVector.initial(journal.layout))).toBe(true);
  });

  it('refuses a change of a slot that the state has not grown to', () => {
    const journal = journalOf(1);
    const old = journal.state.clone();
    const late = journal.layout.claim({ path: 'late', width: 1 });
    journal.write(late, 1n);
    expect(() => foldForward(old, journal)).toThrow('change 0 is of slot 1; the state has 1');
  });
});
