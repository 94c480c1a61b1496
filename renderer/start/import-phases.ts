/** The phases of an import as the card shows them, and how long it will still take. Pure. */
import { type TaskProgress } from '../../core/session/contract.ts';

export interface Phase {
  readonly title: string;
  readonly state: 'done' | 'now' | 'wait';
}

const PHASES: readonly { readonly title: string; readonly words: RegExp }[] = [
  { title: 'Read and decode', words: /read|decod|import|pars/i },
  { title: 'Derive states', words: /deriv|state|block|writ/i },
  { title: 'Index and check', words: /index|check|finish|clos/i },
];

/** The backend names its phase in a word; an unknown word counts as the first. */
export function phaseStates(progress: TaskProgress | undefined): Phase[] {
  const found = PHASES.findIndex(({ words }) => words.test(progress?.phase ?? ''));
  const now = Math.max(0, found);
  return PHASES.map(({ title }, index) => ({ title, state: index < now ? 'done' : index === now ? 'now' : 'wait' }));
}

/** `38 s left`; empty until two seconds have shown a rate. */
export function leftText(share: number | undefined, elapsedMs: number, doneBytes: number): string {
  if (share === undefined || share <= 0.01 || elapsedMs < 2000 || doneBytes === 0) return '';
  const seconds = Math.ceil(((elapsedMs / share) * (1 - share)) / 1000);
  return seconds >= 90 ? `${Math.round(seconds / 60)} min left` : `${seconds} s left`;
}
