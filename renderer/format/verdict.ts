/** What the CPU interface makes of an interrupt, in words. Pure. */
import { type InspectedState } from '../../core/session/contract.ts';

type Judged = Pick<InspectedState['candidates'][number], 'verdict' | 'mask'>;

/** `masked by 0x0f`, `not pending`; `written` writes a priority as the person wants it. */
export function verdictText({ verdict, mask }: Judged, written: (priority: number) => string): string {
  return mask === null ? verdict : `${verdict} by ${written(mask)}`;
}

/** `bad`: it is pending, and something stops it; `ok`: nothing does. */
export function verdictTone({ verdict }: Judged): 'ok' | 'bad' | 'dim' {
  if (verdict === 'signalled') return 'ok';
  return verdict === 'masked' || verdict === 'held back' ? 'bad' : 'dim';
}
