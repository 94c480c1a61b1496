/** Slots with their decoded fields, and paths down to a field: `vcpu1.ICC_PCR_EL1.PRIORITY`. Pure. */
import { decode, registerByName, type Register } from '../gic/registers.ts';
import { summarize } from '../gic/summary.ts';
import { type SlotDescriptor } from '../state/layout.ts';
import { type Layout } from '../state/layout.ts';
import { type StateVector } from '../state/state-vector.ts';
import { slotId } from '../state/brand.ts';
import { LruCache } from '../trace/lru.ts';
import { type BitRange } from '../trace/interrupts.ts';
import { type SlotValue } from './contract.ts';
import { hex } from './rows.ts';

type FieldValue = SlotValue['fields'][number];

/** The fields of a register's value, reserved ones left out. */
export function fieldsOf(register: Register | undefined, value: bigint): FieldValue[] {
  if (register === undefined) return [];
  return decode(register, value)
    .filter((field) => !field.reserved)
    .map((field) => ({
      name: field.name,
      msb: field.msb,
      lsb: field.lsb,
      value: hex(field.value),
      text: field.text ?? '',
      description: field.description,
    }));
}

/**
 * What values of a slot look like. Values repeat: stepping shows the same sixty registers again and again, of which an
 * event changes one or two, so each slot keeps its last few.
 */
const shown = new WeakMap<SlotDescriptor, LruCache<bigint | undefined, SlotValue>>();
const VALUES_KEPT = 32;

/** A slot's value as the contract shows it; `value` undefined = unknown. The answer is shared: do not change it. */
export function slotValue(descriptor: SlotDescriptor, value: bigint | undefined): SlotValue {
  let values = shown.get(descriptor);
  if (values === undefined) shown.set(descriptor, (values = new LruCache(VALUES_KEPT)));
  return values.get(value) ?? values.set(value, describe(descriptor, value));
}

function describe(descriptor: SlotDescriptor, value: bigint | undefined): SlotValue {
  const register = descriptor.register === undefined ? undefined : registerByName(descriptor.register);
  return {
    path: descriptor.path,
    value: value === undefined ? null : hex(value),
    width: descriptor.width,
    register: descriptor.register ?? null,
    text: value === undefined ? '' : (descriptor.values?.[Number(value)] ?? ''),
    summary: value === undefined || register === undefined ? '' : summarize(register, value),
    fields: value === undefined ? [] : fieldsOf(register, value),
  };
}

/** The value of a slot by its path; undefined: there is none, or it is unknown. */
export type ValueAt = (path: string) => bigint | undefined;

export function valuesByPath({ layout }: { readonly layout: Layout }, state: StateVector): ValueAt {
  return (path) => {
    const slot = layout.find(path);
    return slot === undefined ? undefined : state.value(slot);
  };
}

/** The bits that a path names: a slot, or a field of a slot's register; undefined when there is neither. */
export function findRange(layout: Layout, path: string): BitRange | undefined {
  const whole = layout.find(path);
  if (whole !== undefined) return { slot: whole, lsb: 0, width: 64 };
  const dot = path.lastIndexOf('.');
  if (dot <= 0) return undefined;
  const slot = layout.find(path.slice(0, dot));
  if (slot === undefined) return undefined;
  const name = layout.descriptor(slot).register;
  const field = name === undefined ? undefined : registerByName(name)?.byName.get(path.slice(dot + 1));
  return field === undefined ? undefined : { slot: slotId(slot), lsb: field.lsb, width: field.msb - field.lsb + 1 };
}

/** The bits of a range out of a slot's value. */
export function rangeOf(value: bigint | undefined, { lsb, width }: BitRange): bigint | undefined {
  return value === undefined ? undefined : BigInt.asUintN(width, value >> BigInt(lsb));
}
