/** One block during evaluation: its columns and changes are fetched only if a test needs them. */
import { type BlockChanges, type BlockEvents } from '../../trace/block.ts';
import { type SearchableTrace } from './searchable.ts';

export class BlockView {
  readonly trace: SearchableTrace;
  readonly block: number;
  readonly count: number;
  #events: BlockEvents | undefined;
  #changes: BlockChanges | undefined;

  constructor(trace: SearchableTrace, block: number) {
    this.trace = trace;
    this.block = block;
    this.count = trace.eventsIn(block);
  }

  get events(): BlockEvents {
    return (this.#events ??= this.trace.events(this.block));
  }

  get changes(): BlockChanges {
    return (this.#changes ??= this.trace.changes(this.block));
  }
}
