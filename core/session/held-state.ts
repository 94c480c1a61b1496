/**
 * What an interrupt of an emulated GICv3 VM is at a moment. KVM's memory alone does not say it: what sits in a list
 * register is pending or active there, and a level counts as pending while its line is high (kvm-vgic-v3 §2.1, §7). Both
 * are put together here, so that every view says the same as the list registers and the AP list. Pure. Cost: two slots
 * for each interrupt, and once for each vCPU that holds one its list registers.
 */
import { NONE, type IrqFacts, readIrq } from '../kvm/vgic/irq-words.ts';
import { type SlotId } from '../state/brand.ts';
import { type StateVector } from '../state/state-vector.ts';
import { type InterruptDescriptor, STATE_ACTIVE, STATE_PENDING, stateCode } from '../trace/interrupts.ts';
import { type Inspectable } from './inspectable.ts';
import { type ListRegister, listRegistersOf } from './list-registers.ts';

export interface HeldState {
  readonly code: number;
  /** vCPU that its route leads to; null: nowhere. */
  readonly target: number | null;
}

/** KVM's two words of an interrupt, its state and its place; undefined where the trace has no such memory of it. */
export function heldSlots(
  { layout }: Pick<Inspectable, 'layout'>,
  { fields }: InterruptDescriptor,
): readonly [state: SlotId, place: SlotId | undefined] | undefined {
  const slot = fields.pending?.slot;
  const path = slot === undefined ? '' : layout.descriptor(slot).path;
  if (slot === undefined || !path.endsWith('.state') || !path.includes('vgic.irq.')) return undefined;
  return [slot, layout.find(path.replace(/state$/, 'place'))];
}

/** Answers for interrupts of `trace` in `state`; undefined where the trace has no such memory of the interrupt. */
export function heldStates(
  trace: Inspectable,
  state: StateVector,
): (descriptor: InterruptDescriptor) => HeldState | undefined {
  const registers = new Map<number, readonly ListRegister[]>();
  const registersOf = (vcpu: number): readonly ListRegister[] => {
    const known = registers.get(vcpu);
    if (known !== undefined) return known;
    const found = listRegistersOf(trace, vcpu, state, undefined).registers;
    registers.set(vcpu, found);
    return found;
  };
  return (descriptor) => {
    const { fields, intid } = descriptor;
    const [slot, place] = heldSlots(trace, descriptor) ?? [];
    const word = slot === undefined ? undefined : state.value(slot);
    if (word === undefined) return undefined;
    const irq = readIrq(word, (place === undefined ? undefined : state.value(place)) ?? 0n);
    const register =
      irq.onLr && irq.holder !== NONE ? registersOf(irq.holder).find((one) => holds(one, intid)) : undefined;
    const code = stateCode(fields, state) & ~(STATE_PENDING | STATE_ACTIVE);
    return { code: code | stateBits(irq, register), target: irq.target === NONE ? null : irq.target };
  };
}

const holds = ({ intid, state }: ListRegister, wanted: number): boolean => intid === wanted && state !== 'empty';

function stateBits(irq: IrqFacts, register: ListRegister | undefined): number {
  const pending = register === undefined ? irq.pending : register.state.endsWith('pending');
  const active = register === undefined ? !irq.onLr && irq.active : register.state.startsWith('active');
  return (pending ? STATE_PENDING : 0) | (active ? STATE_ACTIVE : 0);
}
