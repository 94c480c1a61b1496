/**
 * What becomes of a pending interrupt of an emulated GICv3 or GICv2 guest: the first thing on its way to the vCPU that
 * is not as it must be (kvm-vgic-v3 §5.1, §6.4, §7; gicv3-behaviour §5.5). KVM comes first, which puts it on a list and
 * into a list register, then what the guest set its interface to. Pure. Cost: that of the vCPU's list registers, once
 * and only if something is pending.
 */
import { IDLE, runningPriority } from '../gic/v3/active-priorities.ts';
import { groupMaskOf, VMCR, vmcrPmr } from '../gic/v3/vmcr.ts';
import { type IrqFacts, NONE, readIrq } from '../kvm/vgic/irq-words.ts';
import { type StateVector } from '../state/state-vector.ts';
import { type InspectedState } from './contract.ts';
import { type Inspectable } from './inspectable.ts';
import { irqPath, type ListRegister, listRegistersOf } from './list-registers.ts';
import { type ValueAt, valuesByPath } from './slots.ts';

export type Judgement = Pick<InspectedState['candidates'][number], 'verdict' | 'by'>;

/** An interrupt's INTID without its type. */
const NUMBER = 0xff_ffff;
const MOST_WORDS = 4;

/** Of a vCPU's pending interrupts, by INTID; undefined for one of which the trace has no such memory. */
export function flatVerdicts(
  trace: Inspectable,
  vcpu: number,
  state: StateVector,
): (intid: number) => Judgement | undefined {
  const valueAt = valuesByPath(trace, state);
  let vgic: Circumstances | undefined;
  return (intid) => {
    const path = irqPath(vcpu, intid & NUMBER);
    const word = valueAt(`${path}.state`);
    if (word === undefined) return undefined;
    vgic ??= circumstancesOf(trace, vcpu, state, valueAt);
    const irq = readIrq(word, valueAt(`${path}.place`) ?? 0n);
    const held = vgic.registers.find(({ number, state: is }) => number === (intid & NUMBER) && is.endsWith('pending'));
    return (held === undefined ? notListed(irq, vgic) : undefined) ?? stopped(held ?? irq, vgic) ?? arrival(held, vgic);
  };
}

interface Circumstances {
  readonly vcpu: number;
  readonly distributor: boolean;
  readonly registers: readonly ListRegister[];
  /** List registers that the entry filled; 0: the vCPU is not in the guest. */
  readonly used: number;
  readonly vmcr: number;
  readonly running: number;
}

function circumstancesOf(trace: Inspectable, vcpu: number, state: StateVector, valueAt: ValueAt): Circumstances {
  const { registers, prefix = '' } = listRegistersOf(trace, vcpu, state, undefined);
  const wordsOf = (name: string): { readonly lo: number }[] =>
    Array.from({ length: MOST_WORDS }, (_, n) => valueAt(`${prefix}ICH_${name}R${n}_EL2`)).flatMap((word) =>
      word === undefined ? [] : [{ lo: Number(word & 0xffff_ffffn) }],
    );
  return {
    vcpu,
    distributor: valueAt('vm.vgic.enabled') === 1n,
    registers,
    used: Number(valueAt(`vcpu${vcpu}.vgic.usedLrs`) ?? 0n),
    vmcr: Number((valueAt(`${prefix}ICH_VMCR_EL2`) ?? 0n) & 0xffff_ffffn),
    running: runningPriority(wordsOf('AP0'), wordsOf('AP1')),
  };
}

/** Why KVM will not bring it to this vCPU; undefined: it will. */
function notListed({ target, holder }: IrqFacts, { vcpu, distributor }: Circumstances): Judgement | undefined {
  if (!distributor) return { verdict: 'distributor off', by: null };
  if (target === NONE) return { verdict: 'routed nowhere', by: null };
  if (holder === NONE) return { verdict: 'not queued', by: null };
  return holder === vcpu ? undefined : { verdict: 'on another vCPU', by: null };
}

/** What the guest's interface has against it; undefined: nothing. */
function stopped(
  { group, priority }: Pick<ListRegister, 'group' | 'priority'>,
  { vmcr, running }: Circumstances,
): Judgement | undefined {
  if ((vmcr & (group === 1 ? VMCR.ENG1 : VMCR.ENG0)) === 0) return { verdict: 'group off', by: null };
  if (priority >= vmcrPmr(vmcr)) return { verdict: 'masked', by: vmcrPmr(vmcr) };
  const mask = groupMaskOf(vmcr, group === 1 ? 1 : 0);
  return running === IDLE || (priority & mask) < (running & mask) ? undefined : { verdict: 'held back', by: running };
}

function arrival(held: ListRegister | undefined, { used, registers }: Circumstances): Judgement {
  if (held !== undefined) return { verdict: 'signalled', by: null };
  return { verdict: used > 0 && used >= registers.length ? 'no list register' : 'at the next entry', by: null };
}
