/**
 * What the GIC instructions do to an entry's word, one row each (gicv5-spi-lpi-behaviour §4). The operand's low half
 * names the interrupt (and holds IRM), the high half the argument. Deactivation, acknowledge and reads are elsewhere.
 */
import { ACTIVE, ENABLED, LEVEL, NUMBER_MASK, ONE_OF_N, PENDING, withBit, withIaffid, withPriority } from './iste.ts';

export interface IstOperation {
  /** `GIC CDEN` … as in the register tables. */
  readonly name: string;
  /** The field it sets. */
  readonly what: 'enabled' | 'priority' | 'target' | 'pending' | 'active' | 'handling';
  /** The argument, from the operand. */
  readonly argument: (lo: number, hi: number) => number;
  readonly apply: (word: number, argument: number, rules: OperationRules) => number;
}

export interface OperationRules {
  /** Implemented bits of a priority. */
  readonly priorityMask: number;
  readonly oneOfN: boolean;
}

const IRM = 1 << 28;
/** An argument of CDAFF as one number: IRM above the affinity. */
const ROUTE_ONE_OF_N = 0x1_0000;

export const IST_OPERATIONS: readonly IstOperation[] = [
  { name: 'GIC CDEN', what: 'enabled', argument: () => 1, apply: (word) => word | ENABLED },
  { name: 'GIC CDDIS', what: 'enabled', argument: () => 0, apply: (word) => withBit(word, ENABLED, false) },
  {
    name: 'GIC CDPRI',
    what: 'priority',
    argument: (_lo, hi) => (hi >>> 3) & 0x1f,
    apply: (word, priority, { priorityMask }) => withPriority(word, priority & priorityMask),
  },
  {
    name: 'GIC CDAFF',
    what: 'target',
    argument: (lo, hi) => (hi & 0xffff) | ((lo & IRM) !== 0 ? ROUTE_ONE_OF_N : 0),
    // Without 1-of-N the routing mode stays targeted, and the affinity is taken all the same.
    apply: (word, route, { oneOfN }) =>
      withBit(withIaffid(word, route & 0xffff), ONE_OF_N, oneOfN && (route & ROUTE_ONE_OF_N) !== 0),
  },
  {
    name: 'GIC CDPEND',
    what: 'pending',
    argument: (_lo, hi) => hi & 1,
    apply: (word, pending) => withBit(word, PENDING, pending !== 0),
  },
  {
    name: 'GIC CDHM',
    what: 'handling',
    argument: (_lo, hi) => hi & 1,
    // By itself it does not change Pending.
    apply: (word, level) => withBit(word, LEVEL, level !== 0),
  },
  { name: 'GIC CDDI', what: 'active', argument: () => 0, apply: (word) => withBit(word, ACTIVE, false) },
];

const byName = new Map(IST_OPERATIONS.map((operation) => [operation.name, operation]));

/** @throws RangeError when the instruction sets nothing in an entry. */
export function istOperation(name: string): IstOperation {
  const operation = byName.get(name);
  if (operation === undefined) throw new RangeError(`${name} is no operation on a table entry`);
  return operation;
}

/** The identifier that an operand names: type and number, without what lies between them. */
export const intidOfOperand = (lo: number): number => ((lo & 0xe000_0000) | (lo & NUMBER_MASK)) >>> 0;
