import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WatchedSlots } from '../../../core/scenario/watched-slots.ts';
import { type Cell, CellClaim } from '../../../core/state/cell.ts';
import { Journal } from '../../../core/state/journal.ts';
import { Layout } from '../../../core/state/layout.ts';

interface Lab {
  readonly journal: Journal;
  /** The first three are watched: one as a field, two in an array. */
  readonly cells: readonly Cell[];
  readonly watched: WatchedSlots;
}

function labOf(): Lab {
  const journal = new Journal(new Layout());
  const claim = new CellClaim(journal, '');
  const cells = Array.from({ length: 6 }, (_, n) => claim.cell(`s${n}`));
  return { journal, cells, watched: new WatchedSlots(journal, [{ a: cells[0], n: 5 }, { list: cells.slice(1, 3) }]) };
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ cell: fc.nat(5), value: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.constant('event' as const) },
  { weight: 1, arbitrary: fc.constant('undo' as const) },
);

describe('slots that are watched', () => {
  it('have a new version when one of them has changed since the last look, and the same when none has', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { journal, cells, watched } = labOf();
        watched.look();
        let { version } = watched;
        let changed = false;
        let undone = false;
        for (const each of steps) {
          if (each === 'event') {
            watched.look();
            if (changed) expect(watched.version).not.toBe(version);
            else if (!undone) expect(watched.version).toBe(version);
            ({ version } = watched);
            changed = undone = false;
            journal.clear();
          } else if (each === 'undo') {
            undone = true;
            journal.undoTo(0);
          } else {
            const before = journal.count;
            cells[each.cell]?.set(each.value);
            changed ||= each.cell < 3 && journal.count !== before;
          }
        }
      }),
    );
  });

  it('are seen to change once, however often the same log is looked at', () => {
    const { cells, watched } = labOf();
    watched.look();
    const { version } = watched;
    cells[1]?.set(7);
    watched.look();
    expect(watched.version).toBe(version + 1);
    cells[5]?.set(7);
    watched.look();
    watched.look();
    expect(watched.version).toBe(version + 1);
  });
});
