import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WatchedSlots } from '../../../core/scenario/watched-slots.ts';
import { type Cell, CellClaim } from '../../../core/state/cell.ts';
import { Journal } from '../../../core/state/journal.ts';
import { Layout } from '../../../core/state/layout.ts';

interface Lab {
  readonly journal: Journal;
  readonly cells: readonly Cell[];
  readonly watched: WatchedSlots;
}

/** Which cells each group watches: one of the first as a field, the others in an array; two are in both. */
const GROUPS = [
  [0, 1, 2],
  [1, 2, 3],
];

function labOf(): Lab {
  const journal = new Journal(new Layout());
  const claim = new CellClaim(journal, '');
  const cells = Array.from({ length: 6 }, (_, n) => claim.cell(`s${n}`));
  const groups = GROUPS.map(([first = 0, ...rest]) => [{ a: cells[first], n: 5 }, { list: rest.map((n) => cells[n]) }]);
  return { journal, cells, watched: new WatchedSlots(journal, groups) };
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ cell: fc.nat(5), value: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.constant('event' as const) },
  { weight: 1, arbitrary: fc.constant('undo' as const) },
);

describe('slots that are watched', () => {
  it('have a new version of each group that they are in when one of them has changed, and the same when none has', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { journal, cells, watched } = labOf();
        watched.look();
        let versions = [...watched.versions];
        const changed = new Set<number>();
        let undone = false;
        for (const each of steps) {
          if (each === 'event') {
            watched.look();
            for (const [group, watches] of GROUPS.entries()) {
              if (watches.some((n) => changed.has(n))) expect(watched.versions[group]).not.toBe(versions[group]);
              else if (!undone) expect(watched.versions[group]).toBe(versions[group]);
            }
            versions = [...watched.versions];
            changed.clear();
            undone = false;
            journal.clear();
          } else if (each === 'undo') {
            undone = true;
            journal.undoTo(0);
          } else {
            const before = journal.count;
            cells[each.cell]?.set(each.value);
            if (journal.count !== before) changed.add(each.cell);
          }
        }
      }),
    );
  });

  it('are seen to change once, however often the same log is looked at', () => {
    const { cells, watched } = labOf();
    watched.look();
    const [version = 0] = watched.versions;
    cells[1]?.set(7);
    watched.look();
    expect(watched.versions[0]).toBe(version + 1);
    cells[5]?.set(7);
    watched.look();
    watched.look();
    expect(watched.versions[0]).toBe(version + 1);
  });
});
