/**
 * Breakpoints: conditions that stop, mark or write a message, wherever they hold in the trace, before or behind the
 * position at hand.
 *
 * A trace is complete, so what a live debugger counts as it goes is a fact here: `ignoreCount` skips the first hits
 * of the trace, `oneShot` leaves the first hit that remains. Both directions therefore meet the same hits. Tests of
 * state stop where they become true (search/bound.ts `atEdges`).
 */
import { z } from 'zod';
import { type Expr } from './condition/ast.ts';
import { parse } from './condition/parse.ts';
import { parseTemplate } from './message.ts';
import {
  countHits,
  type Direction,
  findNearest,
  type Hit,
  type HitCount,
  hitOfRank,
  Query,
  type SearchableTrace,
  type SearchControl,
} from './search.ts';

export const breakpointSchema = z.object({
  /** 0: not stored yet. */
  id: z.int().min(0),
  condition: z.string().min(1).max(4096),
  enabled: z.boolean().default(true),
  /** `break` stops; `log` only marks its hits; `message` also writes a line for each. */
  action: z.enum(['break', 'log', 'message']).default('break'),
  /** Template of the message: `{time} PPI 27 with mask {vcpu1.ICC_PCR_EL1}`. */
  message: z.string().max(4096).default(''),
  /** Hits of the trace that do not count, from its start. */
  ignoreCount: z.int().min(0).default(0),
  /** Only the first hit that counts. */
  oneShot: z.boolean().default(false),
  /** Only on this vCPU; null: on all. */
  vcpu: z.int().min(0).max(511).nullable().default(null),
  /** Where a machine that runs stops: behind what hit, or before it (live-breakpoints.ts). */
  stop: z.enum(['after', 'before']).default('after'),
  /** `#rrggbb`, or empty for the next free colour. */
  colour: z
    .string()
    .regex(/^(#[0-9a-fA-F]{6})?$/)
    .default(''),
  note: z.string().max(4096).default(''),
});
export type Breakpoint = z.infer<typeof breakpointSchema>;

/** The breakpoint's condition with its vCPU. @throws ConditionError */
export function conditionOf({ condition, vcpu }: Pick<Breakpoint, 'condition' | 'vcpu'>): Expr {
  const term = parse(condition);
  return vcpu === null ? term : { type: 'on', vcpu, term, span: term.span };
}

export interface BreakpointHit {
  readonly hit: Hit;
  /** All breakpoints that hit there. */
  readonly breakpoints: readonly Breakpoint[];
}

interface Prepared {
  readonly breakpoint: Breakpoint;
  /** All hits of the condition. */
  readonly all: Query;
  /** Those that count; undefined: none, as long as the trace has `at` events. */
  counted: { readonly query: Query | undefined; readonly at: number } | undefined;
}

/** The breakpoints of a trace, ready to be asked. */
export class Breakpoints {
  readonly #trace: SearchableTrace;
  #prepared: readonly Prepared[] = [];
  #byKey: ReadonlyMap<string, Prepared> = new Map();

  constructor(trace: SearchableTrace) {
    this.#trace = trace;
  }

  get list(): readonly Breakpoint[] {
    return this.#prepared.map(({ breakpoint }) => breakpoint);
  }

  /**
   * Replaces the list; breakpoints that are as they were keep what was found for them.
   * @throws ConditionError or Error for the first condition or message that cannot be read; the list stays as it was.
   */
  set(list: readonly Breakpoint[]): void {
    for (const { action, message } of list) if (action === 'message') parseTemplate(message);
    const prepared = list.map((breakpoint) => this.#prepare(breakpoint));
    this.#byKey = new Map(prepared.map((entry) => [keyOf(entry.breakpoint), entry]));
    this.#prepared = prepared;
  }

  /** What was found for this breakpoint, else a new start. @throws ConditionError */
  #prepare(breakpoint: Breakpoint): Prepared {
    const known = this.#byKey.get(keyOf(breakpoint));
    if (known !== undefined) return { ...known, breakpoint };
    return { breakpoint, all: new Query(this.#trace, conditionOf(breakpoint), STOPPING), counted: undefined };
  }

  /**
   * The nearest hit behind `from` (before it, backward) of any enabled breakpoint that passes, in one pass.
   * @param passes default: those that stop.
   */
  async nearest(
    from: number,
    direction: Direction,
    control: SearchControl = {},
    passes: (breakpoint: Breakpoint) => boolean = ({ action }) => action === 'break',
  ): Promise<BreakpointHit | undefined> {
    const used: Breakpoint[] = [];
    const queries: Query[] = [];
    for (const entry of this.#prepared) {
      if (!entry.breakpoint.enabled || !passes(entry.breakpoint)) continue;
      const query = await this.#counted(entry, control);
      if (query === undefined) continue;
      used.push(entry.breakpoint);
      queries.push(query);
    }
    const found = await findNearest(queries, from, direction, control);
    if (found === undefined) return undefined;
    return {
      hit: found.hit,
      breakpoints: found.queries.map((index) => used[index]).filter((breakpoint) => breakpoint !== undefined),
    };
  }

  /** Hits that count, of each breakpoint by id, enabled or not, in one pass: for the list's figures and sparklines. */
  async counts(at: number, buckets: number, control: SearchControl = {}): Promise<Map<number, HitCount>> {
    const ids: number[] = [];
    const queries: Query[] = [];
    const out = new Map<number, HitCount>();
    for (const entry of this.#prepared) {
      const query = await this.#counted(entry, control);
      out.set(entry.breakpoint.id, { count: 0, before: 0, histogram: new Uint32Array(buckets) });
      if (query === undefined) continue;
      ids.push(entry.breakpoint.id);
      queries.push(query);
    }
    for (const [index, count] of (await countHits(queries, at, buckets, control)).entries())
      out.set(ids[index] ?? 0, count);
    return out;
  }

  /**
   * The query for a breakpoint's hits that count, to walk along them; undefined: it has none (yet). The breakpoint need
   * not be in the list: an editor asks before there is one.
   * @throws ConditionError
   */
  query(breakpoint: Breakpoint, control: SearchControl = {}): Promise<Query | undefined> {
    return this.#counted(this.#prepare(breakpoint), control);
  }

  async #counted(entry: Prepared, control: SearchControl): Promise<Query | undefined> {
    const { ignoreCount, oneShot } = entry.breakpoint;
    if (ignoreCount === 0 && !oneShot) return entry.all;
    const { counted } = entry;
    if (counted !== undefined && (counted.query !== undefined || counted.at === this.#trace.count))
      return counted.query;
    const at = this.#trace.count;
    const first = await hitOfRank(entry.all, ignoreCount, control);
    const range = first === undefined ? undefined : { from: first.seq, ...(oneShot ? { to: first.seq } : {}) };
    const query =
      range === undefined
        ? undefined
        : new Query(this.#trace, conditionOf(entry.breakpoint), { ...STOPPING, ...range });
    entry.counted = { query, at };
    return query;
  }
}

const STOPPING = { mode: 'becomesTrue' } as const;

/** What decides a breakpoint's hits. */
function keyOf({ id, condition, vcpu, ignoreCount, oneShot }: Breakpoint): string {
  return JSON.stringify([id, condition, vcpu, ignoreCount, oneShot]);
}

const FILE_LIMIT = 10_000;
const fileSchema = z.object({
  gicscopeBreakpoints: z.literal(1),
  breakpoints: z.array(breakpointSchema.omit({ id: true })).max(FILE_LIMIT),
});

/** Breakpoints as a JSON document, to be taken to another trace. */
export function exportBreakpoints(list: readonly Breakpoint[]): string {
  const breakpoints = list.map(({ id: _id, ...rest }) => rest);
  return `${JSON.stringify({ gicscopeBreakpoints: 1, breakpoints }, undefined, 2)}\n`;
}

/**
 * Reads what `exportBreakpoints` wrote, with id 0 each.
 * @throws Error that names the entry and what is wrong with it.
 */
export function importBreakpoints(text: string): Breakpoint[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const file = fileSchema.safeParse(json);
  if (!file.success) {
    const [issue] = file.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? 'the document' : issue.path.join('.');
    throw new Error(`Not a file of breakpoints: ${where}: ${issue?.message ?? 'malformed'}`);
  }
  return file.data.breakpoints.map((entry, index) => {
    try {
      parse(entry.condition);
      parseTemplate(entry.message);
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new Error(`Breakpoint ${index + 1} (${entry.condition}): ${what}`, { cause: error });
    }
    return { ...entry, id: 0 };
  });
}
