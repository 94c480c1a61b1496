/**
 * Where a shared interrupt of an emulated GICv3 or GICv2 VM goes, from the two words that KVM keeps of it
 * (core/kvm/vgic/irq-words.ts). Pure.
 */
import { NONE, readIrq } from '../kvm/vgic/irq-words.ts';
import { type StateVector } from '../state/state-vector.ts';
import { type InterruptDescriptor } from '../trace/interrupts.ts';
import { type Inspectable } from './inspectable.ts';

/** The vCPU that its route leads to; null: nowhere; undefined: the trace has no such memory of it. */
export function routedTo(
  { layout }: Pick<Inspectable, 'layout'>,
  { fields, vcpu }: InterruptDescriptor,
  state: StateVector,
): number | null | undefined {
  const slot = fields.enabled?.slot;
  const path = slot === undefined || vcpu !== undefined ? '' : layout.descriptor(slot).path;
  if (slot === undefined || !path.endsWith('.state') || !path.includes('vgic.irq.')) return undefined;
  const place = layout.find(path.replace(/state$/, 'place'));
  const word = state.value(slot);
  if (word === undefined || place === undefined) return undefined;
  const { target } = readIrq(word, state.value(place) ?? 0n);
  return target === NONE ? null : target;
}
