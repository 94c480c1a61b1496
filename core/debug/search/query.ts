/**
 * A condition bound to a trace. While the trace grows it is bound anew when asked next (names and blocks are more),
 * so one query serves a session from its first event to its end.
 */
import { BLOCK_EVENTS } from '../../trace/block.ts';
import { type Expr } from '../condition/ast.ts';
import { parse } from '../condition/parse.ts';
import { bind } from './bind.ts';
import { BlockView } from './block-view.ts';
import { allOf, atEdges, type Bound } from './bound.ts';
import { countOnes, makeMask, type Mask } from './mask.ts';
import { makeMatcher } from './matcher.ts';
import { ALL_EVENTS, NO_EVENT, type Node, SOME_EVENTS } from './node.ts';
import { type SearchableTrace } from './searchable.ts';

export interface QueryOptions {
  /**
   * `level`: every event after which the condition holds. `becomesTrue`: tests of state only where they become true
   * (what a breakpoint wants); conditions that name an event are the same in both.
   */
  readonly mode?: 'level' | 'becomesTrue';
  /** Only events from this position on. */
  readonly from?: number;
  /** Only events up to this position. */
  readonly to?: number;
}

const NOT_COUNTED = -1;

export class Query {
  readonly trace: SearchableTrace;
  readonly expr: Expr;
  readonly #options: QueryOptions;
  #boundAt = -1;
  #matcher: Node | undefined;
  #mask: Mask | undefined;
  #maskBlock = -1;
  /** Hits by full block, once counted: a full block does not change any more. */
  #hits = new Int32Array(0);

  /** @throws ConditionError for a text that cannot be read, or a comparison that makes no sense. */
  constructor(trace: SearchableTrace, condition: string | Expr, options: QueryOptions = {}) {
    this.trace = trace;
    this.expr = typeof condition === 'string' ? parse(condition) : condition;
    this.#options = options;
    this.refresh();
  }

  /** Takes in that the trace has grown. */
  refresh(): void {
    if (this.#boundAt === this.trace.count) return;
    const { mode, from, to } = this.#options;
    let bound: Bound = bind(this.trace.names(), this.expr);
    if (mode === 'becomesTrue') bound = atEdges(bound);
    if (from !== undefined || to !== undefined)
      bound = allOf([{ type: 'seq', intervals: [[from ?? 0, to ?? Number.MAX_SAFE_INTEGER]] }, bound]);
    this.#matcher = makeMatcher(this.trace, bound);
    this.#maskBlock = -1;
    this.#boundAt = this.trace.count;
  }

  get matcher(): Node {
    if (this.#matcher === undefined) throw new Error('the query is not bound');
    return this.#matcher;
  }

  /** How many of a block's events hit. Remembered, so that ranks and repeated searches decode a block once. */
  hitsIn(block: number): number {
    const known = this.knownHitsIn(block);
    if (known !== undefined) return known;
    const size = this.trace.eventsIn(block);
    const hits = countOnes(this.mask(block), 0, size);
    if (size === BLOCK_EVENTS) this.#remember(block, hits);
    return hits;
  }

  /** The same, if it is known without evaluating the block. */
  knownHitsIn(block: number): number | undefined {
    const remembered = this.#hits[block] ?? NOT_COUNTED;
    if (remembered !== NOT_COUNTED) return remembered;
    const share = this.matcher.share(block);
    if (share === NO_EVENT) return 0;
    return share === ALL_EVENTS ? this.trace.eventsIn(block) : this.matcher.count(block);
  }

  #remember(block: number, hits: number): void {
    if (block >= this.#hits.length) {
      const bigger = new Int32Array(Math.max(this.trace.blockCount, this.#hits.length * 2)).fill(NOT_COUNTED);
      bigger.set(this.#hits);
      this.#hits = bigger;
    }
    this.#hits[block] = hits;
  }

  /** Hits of a block, one byte per event. Valid until another block is asked for. */
  mask(block: number): Mask {
    this.#mask ??= makeMask();
    if (this.#maskBlock === block) return this.#mask;
    const share = this.matcher.share(block);
    if (share === SOME_EVENTS) this.matcher.mark(new BlockView(this.trace, block), this.#mask);
    else this.#mask.bytes.fill(share === ALL_EVENTS ? 1 : 0);
    this.#maskBlock = block;
    return this.#mask;
  }
}
