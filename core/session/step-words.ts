/**
 * What the two numbers of a step of KVM are (`kvm.step`, core/scenario/record): the step's own words for them, and how
 * they read. A step without a row here shows plain numbers.
 */
import { ppiIntid } from '../gic/v5/ppi.ts';
import { bitsOf } from '../gic/v5/words.ts';
import { formatResult } from '../kvm/errno.ts';
import { interruptLabel } from '../trace/interrupts.ts';
import { type EventOf } from '../trace/kinds.ts';

type Form = (value: bigint) => string;
type Word = readonly [label: string, form: Form];
interface StepWords {
  readonly value?: Word;
  readonly argument?: Word;
}

const hex: Form = (value) => `0x${value.toString(16)}`;
const number: Form = (value) => value.toString();
const flag: Form = (value) => (value === 0n ? 'no' : 'yes');
const result: Form = (value) => formatResult(Number(BigInt.asIntN(64, value)));
/** A bitmap of PPIs 0 … 63. */
const ppis: Form = (value) =>
  value === 0n ? 'none' : bitsOf(value).map((ppi) => interruptLabel(ppiIntid(ppi))).join(', '); // prettier-ignore

/** Steps of the first KVM_RUN of a vCPU (kvm-vgic-v5 §10): the one that failed, or the last. */
const FIRST_RUN: Readonly<Record<string, string>> = {
  4: 'irqchip',
  5: 'ID registers',
  6: 'traps',
  7: 'timers',
  8: 'PMU',
  9: 'PPIs',
  10: 'done',
};
const firstRunStep: Form = (value) => `${value} (${FIRST_RUN[value.toString()] ?? 'unknown'})`;

const STEPS: ReadonlyMap<string, StepWords> = new Map<string, StepWords>([
  ['load', { value: ['VMCR', hex], argument: ['APR', hex] }],
  ['put', { value: ['APR', hex] }],
  ['flush', { value: ['pending', ppis], argument: ['latches cleared', ppis] }],
  ['restore', { value: ['enabled', ppis], argument: ['pending', ppis] }],
  ['save', { value: ['active', ppis], argument: ['pending', ppis] }],
  ['fold', { value: ['active', ppis], argument: ['latches set', ppis] }],
  ['maskHidden', { value: ['enabled', ppis], argument: ['active', ppis] }],
  ['pendingCheck', { argument: ['pending', flag], value: ['mask', hex] }],
  ['traps', { value: ['reads', hex], argument: ['writes', hex] }],
  ['trapWfi', { value: ['trapped', flag] }],
  ['firstRun', { value: ['step', firstRunStep], argument: ['result', result] }],
  ['resident', { value: ['VPE', number], argument: ['VM', number] }],
  ['notifyAcked', { value: ['pin', number] }],
  ['resample', { value: ['GSI', number], argument: ['listener', number] }],
]);

/** The numbers of a step with their labels, what matters most first; undefined for a step whose numbers have no words. */
export function stepWords(event: EventOf<'kvm.step'>): ReadonlyMap<string, readonly [string, string]> | undefined {
  const words = STEPS.get(event.step);
  if (words === undefined) return undefined;
  return new Map(
    Object.entries(words).flatMap(([field, [label, form]]: [string, Word]) => {
      const found = field === 'value' ? event.value : event.argument;
      return found === undefined ? [] : [[field, [label, form(found)] as const] as const];
    }),
  );
}
