/**
 * What the inspector shows of one vCPU at a moment: interrupts, registers with what changed since a baseline, and the
 * interrupts in the order in which the CPU interface would take them, each with what holds it back. Pure: two states
 * in, plain data out. Cost: linear in the vCPU's slots and interrupts, and a look at each shared interrupt.
 */
import { registerByName } from '../gic/registers.ts';
import { type StateVector } from '../state/state-vector.ts';
import { type SlotId, type VcpuId } from '../state/brand.ts';
import {
  type InterruptDescriptor,
  type InterruptField,
  INTERRUPT_FIELDS,
  interruptLabel,
  stateCode,
  stateName,
} from '../trace/interrupts.ts';
import { type GicModel } from '../trace/sink.ts';
import { candidates } from './candidates.ts';
import { type InspectedState, type InterruptState } from './contract.ts';
import { busyShared, chosenShared, partsOf } from './inspect-parts.ts';
import { type Inspectable } from './inspectable.ts';
import { interruptName } from './interrupt-name.ts';
import { loadedOn } from './loaded-on.ts';
import { hex } from './rows.ts';
import { routedTo } from './route.ts';
import { rangeOf, slotValue } from './slots.ts';

/** Describes interrupts of a trace in one state, beside another one. */
export function interruptStates(
  trace: Inspectable,
  state: StateVector,
  baseline: StateVector | undefined,
): (descriptor: InterruptDescriptor) => InterruptState {
  return (descriptor) => {
    const target = routedTo(trace, descriptor, state);
    const codeThen = baseline === undefined ? null : stateCode(descriptor.fields, baseline);
    return interruptState(descriptor, trace.gic, state, target, codeThen);
  };
}

/** One interrupt's state, every field that the source shows, and what is known of it beyond its fields. */
function interruptState(
  descriptor: InterruptDescriptor,
  gic: GicModel,
  state: StateVector,
  target: number | null | undefined,
  baselineCode: number | null,
): InterruptState {
  const code = stateCode(descriptor.fields, state);
  const fields: Partial<Record<InterruptField, string | null>> = {};
  for (const field of INTERRUPT_FIELDS) {
    const range = descriptor.fields[field];
    if (range === undefined) continue;
    const value = rangeOf(state.value(range.slot), range);
    fields[field] = value === undefined ? null : hex(value);
  }
  if (target !== undefined && target !== null) fields.target = hex(BigInt(target));
  return {
    intid: descriptor.intid,
    label: interruptLabel(descriptor.intid),
    name: interruptName(descriptor.intid, gic),
    vcpu: descriptor.vcpu ?? null,
    code,
    state: stateName(code),
    baselineCode,
    goesNowhere: target === null,
    fields,
  };
}

/** Registers with the priority mask of a vCPU: the guest's own, and the hypervisor's copy. */
const MASK_REGISTERS = new Set(['ICC_PCR_EL1', 'ICC_PMR_EL1', 'GICC_PMR', 'ICH_VMCR_EL2', 'GICH_VMCR']);

export interface InspectOptions {
  /** What lanes show alone: see the contract. */
  readonly lanesOnly?: boolean;
  /** INTIDs of the shared interrupts to tell of, instead of the first ones. */
  readonly shared?: readonly number[];
  /** Paths of the registers whose fields are told; absent: of all. Those of priority masks are told in any case. */
  readonly decoded?: readonly string[];
}

/** Everything but position, time and physical CPU, which the caller knows. */
export function inspect(
  trace: Inspectable,
  vcpu: VcpuId,
  state: StateVector,
  baseline: StateVector | undefined,
  { lanesOnly = false, shared: wanted, decoded }: InspectOptions = {},
): Omit<InspectedState, 'seq' | 'time' | 'pcpu'> {
  const describe = interruptStates(trace, state, baseline);
  const parts = partsOf(trace);
  const describeAll = (numbers: readonly number[]): InterruptState[] =>
    numbers
      .flatMap((number) => trace.interrupts[number] ?? [])
      .map(describe)
      .sort((a, b) => a.intid - b.intid);
  const ppis = describeAll(parts.own.get(vcpu) ?? []);
  const chosen = chosenShared(trace, parts, wanted);
  const offered = describeAll([...new Set([...chosen, ...busyShared(trace, parts, state)])]);
  const prefix = `vcpu${vcpu}.`;
  const registers: InspectedState['registers'] = [];
  const active = trace.layout.find(`${prefix}ICC_APR_EL1`) ?? trace.layout.find(`${prefix}ICH_APR_EL2`);
  const open = decoded === undefined ? undefined : new Set(decoded);
  for (const slot of registersOf(trace, vcpu, state, lanesOnly)) {
    const descriptor = trace.layout.descriptor(slot);
    if (descriptor.register === undefined) continue;
    const name = registerByName(descriptor.register)?.arm ?? descriptor.register;
    const isMask = MASK_REGISTERS.has(name);
    if (lanesOnly && !isMask) continue;
    const now = slotValue(descriptor, state.value(slot));
    const before = baseline?.value(slot);
    const old = before === undefined ? null : hex(before);
    registers.push({
      ...now,
      ...(open === undefined || isMask || open.has(descriptor.path) ? {} : { fields: [] }),
      name,
      baseline: old,
      changed: baseline !== undefined && old !== now.value,
    });
  }
  const runSlot = trace.layout.find(`${prefix}runState`);
  const run = runSlot === undefined ? undefined : state.value(runSlot);
  const runWords = runSlot === undefined ? undefined : trace.layout.descriptor(runSlot).values;
  const activePriorities = active === undefined ? undefined : state.value(active);
  return {
    vcpu,
    runState: run === undefined ? 'unknown' : (runWords?.[Number(run)] ?? 'unknown'),
    ppis,
    shared: lanesOnly ? [] : offered.length === chosen.length ? offered : describeAll(chosen),
    registers,
    candidates: candidates(trace, vcpu, state, [...ppis, ...offered.filter((i) => targets(i, vcpu))]),
    activePriorities: activePriorities === undefined ? null : hex(activePriorities),
  };
}

/** A vCPU's own registers, those of the physical CPU that it is on, and shared ones. */
function registersOf(trace: Inspectable, vcpu: VcpuId, state: StateVector, ownOnly: boolean): SlotId[] {
  const { registers } = partsOf(trace);
  const of = (owner: string): readonly SlotId[] => registers.get(owner) ?? [];
  if (ownOnly) return [...of(`vcpu${vcpu}`)];
  const pcpu = loadedOn(trace.layout, vcpu, state);
  return [...of(`vcpu${vcpu}`), ...(pcpu === undefined ? [] : of(`pcpu${pcpu}`)), ...of('')];
}

function targets(interrupt: InterruptState, vcpu: VcpuId): boolean {
  const target = interrupt.fields.target;
  return target !== undefined && target !== null && Number(target) === vcpu;
}
