/** Tells front ends how far a search is, when it takes so long that a person wonders. */
import { type SearchControl } from '../debug/search.ts';
import { type SessionContext } from './handlers.ts';

const QUIET_MS = 150;
const EVERY_MS = 100;

/** For one search of a trace. */
export function searchProgress({ push }: Pick<SessionContext, 'push'>, id: number): Omit<SearchControl, 'signal'> {
  let next = performance.now() + QUIET_MS;
  return {
    onProgress(done, total) {
      const now = performance.now();
      if (now < next) return;
      next = now + EVERY_MS;
      push('search', { id, done, total });
    },
  };
}
