/**
 * What an inspection of a trace goes through, sorted out once: private interrupts by vCPU, shared ones in the order of
 * their declaration, slots that are registers. A trace of 65,536 LPIs has as many table entries, none of which an
 * inspection shows. Kept per trace, made again when it grew. Cost of making: linear in slots and interrupts.
 */
import { type SlotId, slotId, type VcpuId } from '../state/brand.ts';
import { type StateVector } from '../state/state-vector.ts';
import { STATE_ACTIVE, STATE_PENDING } from '../trace/interrupts.ts';
import { MAX_SHARED } from './contract/state.ts';
import { type Inspectable } from './inspectable.ts';

export interface InspectParts {
  /** Numbers in the trace's list of interrupts. */
  readonly own: ReadonlyMap<VcpuId, readonly number[]>;
  readonly shared: readonly number[];
  /**
   * Registers by whose they are: `vcpu1`, `pcpu0`, and '' for those of shared frames (`irs.IRS_CR0`, `gicd.GICD_CTLR`).
   * Entries of tables are tables.ts.
   */
  readonly registers: ReadonlyMap<string, readonly SlotId[]>;
}

interface Kept extends InspectParts {
  readonly slots: number;
  readonly interrupts: number;
}

const known = new WeakMap<Inspectable, Kept>();

export function partsOf(trace: Inspectable): InspectParts {
  const kept = known.get(trace);
  const { layout, interrupts } = trace;
  if (kept?.slots === layout.size && kept.interrupts === interrupts.length) return kept;
  const own = new Map<VcpuId, number[]>();
  const shared: number[] = [];
  for (const [number, { vcpu }] of interrupts.entries()) {
    if (vcpu === undefined) shared.push(number);
    else listIn(own, vcpu, number);
  }
  const registers = new Map<string, SlotId[]>();
  for (const [index, { register, path }] of layout.slots.entries())
    if (register !== undefined && !/^(vmid\d+|ist)\./.test(path))
      listIn(registers, /^[vp]cpu\d+(?=\.)/.exec(path)?.[0] ?? '', slotId(index));
  const parts = { own, shared, registers, slots: layout.size, interrupts: interrupts.length };
  known.set(trace, parts);
  return parts;
}

function listIn<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** The shared interrupts that are asked for, by INTID; else the first ones. As numbers of the trace's list. */
export function chosenShared(
  trace: Inspectable,
  { shared }: InspectParts,
  intids: readonly number[] | undefined,
): number[] {
  if (intids === undefined) return shared.slice(0, MAX_SHARED);
  return intids.flatMap((intid) => trace.numbers.findNumber(intid, -1) ?? []);
}

/** Numbers of the shared interrupts that are pending or active: all that a vCPU may be offered or have taken. */
export function busyShared(trace: Inspectable, { shared }: InspectParts, state: StateVector): number[] {
  return shared.filter((number) => trace.numbers.stateCode(number, state) & (STATE_PENDING | STATE_ACTIVE));
}
