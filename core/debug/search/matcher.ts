/**
 * A bound condition, ready to run over blocks in any order.
 *
 * For each block a node first says, from postings and block bounds alone, whether none, some or all of its events
 * pass; `count` gives the number where that needs no decoding either. Only "some" without a number is decoded and
 * evaluated: whole columns at a time, one byte per event, cheapest terms first, and an `and` stops when nothing is
 * left. So a condition that names something rare touches few blocks, and one that names nothing costs a few
 * nanoseconds an event.
 */
import { type Bound } from './bound.ts';
import { accessNode, detailNode, nameNode, numberNode, typeNode, vcpuNode } from './event-nodes.ts';
import { andInto, invert, isEmpty, makeMask, orInto } from './mask.ts';
import { ALL_EVENTS, NO_EVENT, type Node, notAState, type Share, SOME_EVENTS } from './node.ts';
import { atNode, seqNode, timeNode } from './position-nodes.ts';
import { type SearchableTrace } from './searchable.ts';
import { SlotHistory } from './slot-history.ts';
import { edgeNode, levelNode } from './state-nodes.ts';

/** Builds the nodes for one trace at its present length. */
export function makeMatcher(trace: SearchableTrace, bound: Bound): Node {
  const history = new SlotHistory(trace);
  const make = (part: Bound): Node => {
    switch (part.type) {
      case 'const':
        return constNode(part.value);
      case 'and':
        return andNode(part.terms.map(make));
      case 'or':
        return orNode(part.terms.map(make));
      case 'not':
        return notNode(trace, make(part.term));
      case 'becomes':
        return becomesNode(make(part.term));
      case 'type':
        return typeNode(trace, part);
      case 'vcpu':
        return vcpuNode(trace, part);
      case 'name':
        return nameNode(trace, part);
      case 'access':
        return accessNode(trace, part);
      case 'number':
        return numberNode(trace, part);
      case 'detail':
        return detailNode(part);
      case 'seq':
        return seqNode(trace, part);
      case 'time':
        return timeNode(trace, part);
      case 'latency':
        return atNode(trace, trace.livesEnding(part.to, part.from, part.intervals));
      case 'edge':
        return edgeNode(trace, part);
      case 'level':
        return levelNode(trace, part, history);
    }
  };
  return make(bound);
}

function constNode(value: boolean): Node {
  return {
    cost: 0,
    share: () => (value ? ALL_EVENTS : NO_EVENT),
    count: () => undefined,
    mark: (_view, out) => out.bytes.fill(value ? 1 : 0),
    atStart: () => value,
  };
}

function byCost(nodes: readonly Node[]): Node[] {
  return [...nodes].sort((a, b) => a.cost - b.cost);
}

const totalCost = (nodes: readonly Node[]): number => nodes.reduce((sum, node) => sum + node.cost, 0);

function andNode(terms: readonly Node[]): Node {
  const nodes = byCost(terms);
  const scratch = makeMask();
  const share = (block: number): Share => {
    let least: Share = ALL_EVENTS;
    for (const node of nodes) {
      const part = node.share(block);
      if (part === NO_EVENT) return NO_EVENT;
      if (part < least) least = part;
    }
    return least;
  };
  return {
    cost: totalCost(nodes),
    share,
    count: (block) => onlyOpen(nodes, block, ALL_EVENTS)?.count(block),
    mark: (view, out) => {
      let first = true;
      for (const node of nodes) {
        const part = node.share(view.block);
        if (part === ALL_EVENTS) continue;
        if (part === NO_EVENT) {
          out.bytes.fill(0);
          return;
        }
        node.mark(view, first ? out : scratch);
        if (!first) andInto(out, scratch);
        first = false;
        if (isEmpty(out, view.count)) return;
      }
      if (first) out.bytes.fill(1);
    },
    atStart: (block) => nodes.every((node) => node.atStart(block)),
  };
}

function orNode(terms: readonly Node[]): Node {
  const nodes = byCost(terms);
  const scratch = makeMask();
  const share = (block: number): Share => {
    let most: Share = NO_EVENT;
    for (const node of nodes) {
      const part = node.share(block);
      if (part === ALL_EVENTS) return ALL_EVENTS;
      if (part > most) most = part;
    }
    return most;
  };
  return {
    cost: totalCost(nodes),
    share,
    count: (block) => onlyOpen(nodes, block, NO_EVENT)?.count(block),
    mark: (view, out) => {
      let first = true;
      for (const node of nodes) {
        const part = node.share(view.block);
        if (part === NO_EVENT) continue;
        if (part === ALL_EVENTS) {
          out.bytes.fill(1);
          return;
        }
        node.mark(view, first ? out : scratch);
        if (!first) orInto(out, scratch);
        first = false;
      }
      if (first) out.bytes.fill(0);
    },
    atStart: (block) => nodes.some((node) => node.atStart(block)),
  };
}

/** The one node that is not `neutral` in this block, if there is exactly one. */
function onlyOpen(nodes: readonly Node[], block: number, neutral: Share): Node | undefined {
  let only: Node | undefined;
  for (const node of nodes) {
    if (node.share(block) === neutral) continue;
    if (only !== undefined) return undefined;
    only = node;
  }
  return only;
}

function notNode(trace: SearchableTrace, term: Node): Node {
  return {
    cost: term.cost,
    share: (block) => {
      const part = term.share(block);
      return part === SOME_EVENTS ? SOME_EVENTS : part === NO_EVENT ? ALL_EVENTS : NO_EVENT;
    },
    count: (block) => {
      const count = term.count(block);
      return count === undefined ? undefined : trace.eventsIn(block) - count;
    },
    mark: (view, out) => {
      term.mark(view, out);
      invert(out);
    },
    atStart: (block) => !term.atStart(block),
  };
}

/** In a block in which the state cannot change, nothing becomes true. */
function becomesNode(term: Node): Node {
  return {
    cost: term.cost,
    share: (block) => (term.share(block) === SOME_EVENTS ? SOME_EVENTS : NO_EVENT),
    count: () => undefined,
    mark: (view, out) => {
      term.mark(view, out);
      const { bytes } = out;
      let before = term.atStart(view.block) ? 1 : 0;
      for (let i = 0; i < view.count; i++) {
        const now = bytes[i] ?? 0;
        bytes[i] = now & (before ^ 1);
        before = now;
      }
    },
    atStart: notAState,
  };
}
