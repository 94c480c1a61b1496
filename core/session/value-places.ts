/**
 * Paths that people point at, down to bits: a slot, a field of its register, or a fact of an interrupt
 * (`vcpu1.ppi27.pending`, `spi33.active`), which may be a slot of its own or one bit of a register.
 */
import { registerByName } from '../gic/registers.ts';
import { splitIntid } from '../gic/intid.ts';
import { type BitRange, INTERRUPT_FIELDS } from '../trace/interrupts.ts';
import { quote } from '../debug/condition/words.ts';
import { type OpenTrace } from './open-trace.ts';
import { findRange } from './slots.ts';

const FACT = /^(?:vcpu(\d{1,3})\.)?([a-z]+)(\d+)\.([A-Za-z]+)$/;
const ON_VCPU = /^vcpu(\d{1,3})\./;

/** The bits that a path names; undefined when the trace has none of that name. */
export function findPlace(
  { layout, interrupts }: Pick<OpenTrace, 'layout' | 'interrupts'>,
  path: string,
): BitRange | undefined {
  const range = findRange(layout, path);
  if (range !== undefined) return range;
  const [, vcpu, type, number, word] = FACT.exec(path) ?? [];
  const field = INTERRUPT_FIELDS.find((name) => name === word);
  if (field === undefined) return undefined;
  const wanted = interrupts.find(({ intid, vcpu: of }) => {
    const parts = splitIntid(intid);
    return (
      parts?.type === type && parts?.number === Number(number) && of === (vcpu === undefined ? undefined : Number(vcpu))
    );
  });
  return wanted?.fields[field];
}

/** Conditions for reads and writes of the register that a path is (a field of); undefined: it is no register. */
export function accessConditions(
  { layout }: Pick<OpenTrace, 'layout'>,
  path: string,
): { readonly read: string; readonly write: string } | undefined {
  const slot = layout.find(path) ?? layout.find(path.slice(0, Math.max(0, path.lastIndexOf('.'))));
  const name = slot === undefined ? undefined : layout.descriptor(slot).register;
  if (name === undefined || registerByName(name) === undefined) return undefined;
  const vcpu = ON_VCPU.exec(path)?.[1];
  const on = vcpu === undefined ? '' : ` on vcpu ${vcpu}`;
  return { read: `read ${quote(name)}${on}`, write: `write ${quote(name)}${on}` };
}
