import { type Candidate, NOBODY, precedes } from '../../core/gic/v5/irs/candidates.ts';
import { type Ist } from '../../core/gic/v5/irs/ist.ts';
import { iaffidOf, intidOf, isCandidate, type IstType, ONE_OF_N } from '../../core/gic/v5/irs/iste.ts';

/** The best candidate of a PE by a plain look at every entry: what the index must agree with. */
export function bestByScan(tables: readonly (readonly [IstType, Ist | undefined])[], iaffid: number): Candidate {
  let best = NOBODY;
  for (const [type, ist] of tables)
    ist?.forEach((number, word) => {
      const candidate = { intid: intidOf(type, number), priority: (word >>> 11) & 0x1f };
      if (isCandidate(word) && (word & ONE_OF_N) === 0 && iaffidOf(word) === iaffid && precedes(candidate, best))
        best = candidate;
    });
  return best;
}
