/**
 * List registers and AP list of a vCPU of a GICv3 or GICv2 guest, at a moment: what KVM gave to the CPU, what waits and
 * why. Of an emulated VM from its own slots: the list registers of the physical CPU while the vCPU is on it, else KVM's
 * copy in memory; the chain `vcpuN.vgic.apList` through the interrupts. Of a recorded KVM host as far as its accesses
 * show the list registers. Pure. Cost: linear in the list registers and the length of the list.
 */
import { flatType } from '../gic/intid.ts';
import {
  LR_ACTIVE,
  LR_EOI,
  LR_GROUP,
  LR_HW,
  LR_PENDING,
  LR_PINTID,
  LR_SOURCE_SHIFT,
  LR_STATE,
  lrPriority,
} from '../gic/v3/list-register.ts';
import { type IrqFacts, NONE, readIrq } from '../kvm/vgic/irq-words.ts';
import { targetOf, whyNowhere } from '../kvm/vgic/queue.ts';
import { type StateVector } from '../state/state-vector.ts';
import { interruptLabel, intidOf } from '../trace/interrupts.ts';
import { type Result } from './contract.ts';
import { type Inspectable } from './inspectable.ts';
import { interruptName } from './interrupt-name.ts';
import { loadedOn } from './loaded-on.ts';
import { hex } from './rows.ts';
import { slotValue, type ValueAt, valuesByPath } from './slots.ts';

type Lists = Omit<Result<'state.lists'>, 'seq' | 'time'>;
export type ListRegister = Lists['registers'][number];
type Listed = NonNullable<Lists['apList']>[number];

const MOST_LIST_REGISTERS = 16;
/** A damaged file may bend the chain into a circle. */
const LONGEST_LIST = 4096;
/** GICv2: ten bits of INTID, above them the CPU that sent the SGI. */
const V2_INTID = 0x3ff;
const V2_SOURCE = 7;

export function listsOf(
  trace: Inspectable,
  vcpu: number,
  state: StateVector,
  baseline: StateVector | undefined,
): Lists {
  const valueAt = valuesByPath(trace, state);
  const { prefix: _, ...held } = listRegistersOf(trace, vcpu, state, baseline);
  const used = valueAt(`vcpu${vcpu}.vgic.usedLrs`);
  return {
    ...held,
    used: used === undefined ? null : Number(used),
    apList: apListOf(trace, vcpu, valueAt, held.registers, Number(used ?? 0n)),
  };
}

/** Of the CPU that the vCPU is on, else KVM's copy of them; `prefix`: of the paths there. */
export function listRegistersOf(
  trace: Inspectable,
  vcpu: number,
  state: StateVector,
  baseline: StateVector | undefined,
): Pick<Lists, 'place' | 'pcpu' | 'registers'> & { readonly prefix: string | undefined } {
  const valueAt = valuesByPath(trace, state);
  const valueBefore = baseline && valuesByPath(trace, baseline);
  const pcpu = loadedOn(trace.layout, vcpu, state);
  const places = [...(pcpu === undefined ? [] : [`pcpu${pcpu}.v3.`]), `vcpu${vcpu}.vgic.`, `vcpu${vcpu}.`];
  const prefix = places.find((each) => trace.layout.find(`${each}ICH_LR0_EL2`) !== undefined);
  const registers: ListRegister[] = [];
  for (let index = 0; index < MOST_LIST_REGISTERS; index++) {
    const path = `${prefix ?? ''}ICH_LR${index}_EL2`;
    const slot = trace.layout.find(path);
    if (slot === undefined) break;
    const value = valueAt(path);
    const before = valueBefore?.(path);
    registers.push({
      ...listRegister(trace, value),
      index,
      path,
      fields: [...slotValue(trace.layout.descriptor(slot), value).fields],
      baseline: before === undefined ? null : hex(before),
      changed: baseline !== undefined && before !== value,
    });
  }
  return {
    place:
      prefix === undefined
        ? 'none'
        : prefix.startsWith('pcpu')
          ? 'cpu'
          : prefix.endsWith('vgic.')
            ? 'memory'
            : 'recorded',
    pcpu: pcpu ?? null,
    registers,
    prefix,
  };
}

function listRegister(
  { gic }: Inspectable,
  value: bigint | undefined,
): Omit<ListRegister, 'index' | 'path' | 'fields' | 'baseline' | 'changed'> {
  const lo = Number((value ?? 0n) & 0xffff_ffffn);
  const hi = Number((value ?? 0n) >> 32n);
  const isV2 = gic === 'v2';
  const number = isV2 ? lo & V2_INTID : lo;
  const intid = value === undefined || value === 0n ? undefined : traceIntid(number);
  const hasHw = (hi & LR_HW) !== 0;
  return {
    value: value === undefined ? null : hex(value),
    ...identity(gic, intid, number),
    state: stateOf(value, hi),
    group: (hi & LR_GROUP) === 0 ? 0 : 1,
    priority: lrPriority(hi),
    pintid: hasHw ? hi & LR_PINTID : null,
    eoi: !hasHw && (hi & LR_EOI) !== 0,
    source: isV2 && number < 16 ? (lo >>> LR_SOURCE_SHIFT) & V2_SOURCE : null,
  };
}

function stateOf(value: bigint | undefined, hi: number): ListRegister['state'] {
  if (value === undefined) return 'unknown';
  switch ((hi & LR_STATE) >>> 0) {
    case 0:
      return 'empty';
    case LR_PENDING:
      return 'pending';
    case LR_ACTIVE:
      return 'active';
    default:
      return 'active and pending';
  }
}

/** The AP list in the kernel's order; null: nobody knows it. */
function apListOf(
  { gic }: Inspectable,
  vcpu: number,
  valueAt: ValueAt,
  registers: readonly ListRegister[],
  used: number,
): Lists['apList'] {
  const head = valueAt(`vcpu${vcpu}.vgic.apList.head`);
  if (head === undefined) return null;
  const enabled = { flag: valueAt('vm.vgic.enabled') === 1n };
  const list: Listed[] = [];
  for (let number = Number(head) - 1; number !== NONE && list.length < LONGEST_LIST;) {
    const place = irqPath(vcpu, number);
    const state = valueAt(`${place}.state`);
    if (state === undefined) break;
    const irq = readIrq(state, valueAt(`${place}.place`) ?? 0n);
    const held = irq.onLr ? registers.find((one) => one.number === number && one.state !== 'empty') : undefined;
    const target = targetOf({ enabled }, irq);
    list.push({
      ...identity(gic, traceIntid(number), number),
      // While it is in a list register, KVM's own copy says nothing.
      state: held?.state ?? wordsOf(irq),
      priority: irq.priority,
      level: irq.isLevel,
      hw: irq.hw,
      target: target === NONE ? null : target,
      lr: held?.index ?? null,
      why: whyListed(irq, { vcpu, target, enabled: enabled.flag, held, used, size: registers.length }),
    });
    number = irq.next;
  }
  return list;
}

function wordsOf({ active, pending }: IrqFacts): Listed['state'] {
  if (active) return pending ? 'active and pending' : 'active';
  return pending ? 'pending' : 'inactive';
}

interface Circumstances {
  readonly vcpu: number;
  readonly target: number;
  /** The distributor forwards interrupts. */
  readonly enabled: boolean;
  readonly held: ListRegister | undefined;
  /** List registers that the entry filled; 0: they were folded back. */
  readonly used: number;
  readonly size: number;
}

/** Why it is in a list register, or is not (kvm-vgic-v3 §5.1, §7). */
function whyListed(irq: IrqFacts, { vcpu, target, enabled, held, used, size }: Circumstances): string {
  if (held !== undefined) {
    // A pending one goes where its route leads now; an active one stays where it was taken.
    const leaves = held.state === 'pending' && irq.target !== NONE && irq.target !== vcpu;
    return leaves ? `LR ${held.index}, then vCPU ${irq.target}` : `LR ${held.index}`;
  }
  // The guest ended it: it leaves the list when KVM takes the list register back.
  if (irq.onLr) return 'done, until the exit';
  if (target === NONE) return whyNowhere({ enabled: { flag: enabled } }, irq);
  if (target !== vcpu) return `moves to vCPU ${target}`;
  if (used === 0) return 'at the next entry';
  return used >= size ? 'no list register left' : 'came after the entry';
}

/** Where KVM's words of an interrupt are, without `.state` and `.place`. */
export function irqPath(vcpu: number, number: number): string {
  if (number < 16) return `vcpu${vcpu}.vgic.irq.sgi${number}`;
  if (number < 32) return `vcpu${vcpu}.vgic.irq.ppi${number}`;
  return `vm.vgic.irq.${flatType(number) === 'lpi' ? 'lpi' : 'spi'}${number}`;
}

/** The trace's number of an interrupt of a GICv3 or GICv2; undefined for what is none. */
function traceIntid(number: number): number | undefined {
  const type = flatType(number);
  return type === undefined || type === 'special' || type === 'reserved' ? undefined : intidOf({ type, number });
}

function identity(
  gic: Inspectable['gic'],
  intid: number | undefined,
  number: number,
): Pick<Listed, 'intid' | 'number' | 'label' | 'name'> {
  if (intid === undefined) return { intid: null, number, label: '', name: '' };
  return { intid, number, label: interruptLabel(intid), name: interruptName(intid, gic) };
}
