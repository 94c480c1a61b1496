/** What the CPU interface makes of an interrupt, in words. Pure. */
import { type InspectedState } from '../../core/session/contract.ts';

type Judged = Pick<InspectedState['candidates'][number], 'verdict' | 'by'>;

/** `masked by 0x0f`, `not pending`; `written` writes a priority as the person wants it. */
export function verdictText({ verdict, by }: Judged, written: (priority: number) => string): string {
  return by === null ? verdict : `${verdict} by ${written(by)}`;
}

type Verdict = Judged['verdict'];
/** Nothing to be said against it: it waits for its turn, or there is nothing to deliver. */
const CALM: ReadonlySet<Verdict> = new Set([
  'at the next entry',
  'disabled',
  'still active',
  'active',
  'not pending',
  'unknown',
]);

/** `bad`: it is pending, and something stops it; `ok`: nothing does. */
export function verdictTone({ verdict }: Pick<Judged, 'verdict'>): 'ok' | 'bad' | 'dim' {
  if (verdict === 'signalled') return 'ok';
  return CALM.has(verdict) ? 'dim' : 'bad';
}
