/**
 * Facts of interrupts under the names that people give them (`vcpu1.ppi27.pending`, `spi33.active`), whether each is a
 * slot of its own or a bit of a register. Cost: linear in the interrupts that the trace knows.
 */
import { type StateVector } from '../state/state-vector.ts';
import { INTERRUPT_FIELDS, interruptKey } from '../trace/interrupts.ts';
import { type Result } from './contract.ts';
import { type Inspectable } from './inspectable.ts';
import { hex } from './rows.ts';
import { rangeOf } from './slots.ts';

type Fact = Result<'state.slots'>['slots'][number];

const HANDLING_WORDS = ['edge', 'level'] as const;

/** Those whose path is wanted; with a second state, only what differs there. */
export function* interruptFacts(
  { interrupts }: Pick<Inspectable, 'interrupts'>,
  wanted: (path: string) => boolean,
  state: StateVector,
  other: StateVector | undefined,
): Generator<Fact> {
  for (const { intid, vcpu, fields } of interrupts) {
    const key = interruptKey(intid);
    if (key === undefined) continue;
    const prefix = vcpu === undefined ? key : `vcpu${vcpu}.${key}`;
    for (const field of INTERRUPT_FIELDS) {
      const range = fields[field];
      const path = `${prefix}.${field}`;
      if (range === undefined || !wanted(path)) continue;
      const now = rangeOf(state.value(range.slot), range);
      const then = other === undefined ? undefined : rangeOf(other.value(range.slot), range);
      if (other !== undefined && now === then) continue;
      const words = (value: bigint | undefined): string =>
        field === 'handling' && value !== undefined ? (HANDLING_WORDS[Number(value)] ?? '') : '';
      yield {
        path,
        value: now === undefined ? null : hex(now),
        width: range.width,
        register: null,
        text: words(now),
        summary: '',
        fields: [],
        ...(other === undefined ? {} : { other: then === undefined ? null : hex(then), otherText: words(then) }),
      };
    }
  }
}
