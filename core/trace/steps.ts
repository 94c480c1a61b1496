/** What a writer asks of the assembler of its trace (assembler.ts), as plain data that can cross to another thread. */
import { type ClaimedSlots, copyOfClaimed } from './claimed-slots.ts';
import { type MessageMemory } from './message-memory.ts';
import { type Stretch, copyOfStretch } from './stretch.ts';

export type Step =
  /** The trace begins with these slots. Once, first. */
  | { readonly do: 'begin'; readonly slots: ClaimedSlots }
  /** More events; together with those since `next` at most a block. */
  | { readonly do: 'take'; readonly stretch: Stretch }
  /** Writes the block as far as it goes; `final`: it will not grow. */
  | { readonly do: 'write'; readonly final: boolean }
  /** Writes what belongs to a commit beside blocks. */
  | { readonly do: 'save' }
  /** The block was full, and is written; its chunk, if it was the last one there, is saved. */
  | { readonly do: 'next' }
  /** No event comes any more: ends the lives. */
  | { readonly do: 'end' }
  /** Everything is saved: makes the last tiles. */
  | { readonly do: 'finish' };

/** The step in memory that another thread sees. */
export function copyOfStep(step: Step, memory: MessageMemory): Step {
  if (step.do === 'take') return { ...step, stretch: copyOfStretch(step.stretch, memory) };
  return step.do === 'begin' ? { ...step, slots: copyOfClaimed(step.slots, memory) } : step;
}
