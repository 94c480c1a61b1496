/**
 * A core's registers in the state vector. While plain instructions run they live in the core's arrays; `saveTo` writes
 * them through the journal whenever an event is recorded, and `loadFrom` brings the core to any recorded state.
 *
 * Invariant: after `saveTo`, slots and core agree; `loadFrom(state)` then `saveTo` changes nothing. Cost of a save:
 * the general registers written since the last one, PC and PSTATE, and the other registers only if one was written.
 */
import { type SlotId } from '../../state/brand.ts';
import { type Journal } from '../../state/journal.ts';
import { type Layout } from '../../state/layout.ts';
import { type StateVector } from '../../state/state-vector.ts';
import { type Core } from './execute/core.ts';
import { CORE_REGISTERS, SCTLR } from './execute/core-registers.ts';
import { SP } from './execute/file.ts';
import { ATTENTION } from './execute/signals.ts';

export interface CoreSlots {
  /** X0 … X30. */
  readonly general: readonly SlotId[];
  readonly sp: readonly [SlotId, SlotId];
  readonly pc: SlotId;
  readonly pstate: SlotId;
  /** In the order of CORE_REGISTERS. */
  readonly system: readonly SlotId[];
  readonly exclusiveAddress: SlotId;
  readonly exclusiveBytes: SlotId;
}

/** PSTATE at reset: EL1 with SP_EL1, D, A, I and F masked. */
const RESET_PSTATE = 0x3c5n;

/** Claims the slots of one vCPU's core, `vcpu0.X0` … : always the same in the same order. */
export function claimCoreSlots(layout: Layout, vcpu: number): CoreSlots {
  const claim = (name: string, width = 64, initial = 0n): SlotId =>
    layout.claim({ path: `vcpu${vcpu}.${name}`, width, initial });
  return {
    general: Array.from({ length: 31 }, (_, n) => claim(`X${n}`)),
    sp: [claim('SP_EL0'), claim('SP_EL1')],
    pc: claim('PC'),
    pstate: claim('PSTATE', 32, RESET_PSTATE),
    system: CORE_REGISTERS.map(({ name, reset }) => claim(name, 64, reset)),
    exclusiveAddress: claim('exclusive.address'),
    exclusiveBytes: claim('exclusive.bytes', 8),
  };
}

/** Writes what changed since the last save to the slots. */
export function saveTo(core: Core, journal: Journal, slots: CoreSlots): void {
  if (core.dirty !== 0) saveGeneral(core, journal, slots);
  // Looks are cheaper than calls that would find the same: several events may come of one instruction.
  const { pc, pstate } = slots;
  const { lo, hi } = journal.state;
  if (lo[pc] !== core.pc >>> 0 || hi[pc] !== core.pcHi >>> 0) journal.writeWords(pc, core.pc, core.pcHi);
  if (lo[pstate] !== core.pstate) journal.writeWords(pstate, core.pstate, 0);
  if (core.systemDirty) saveSystem(core, journal, slots);
}

function saveGeneral(core: Core, journal: Journal, slots: CoreSlots): void {
  let dirty = core.takeDirty();
  if (dirty >>> 31 !== 0) journal.writeWords(slots.sp[core.selectedSp], core.lo[SP] ?? 0, core.hi[SP] ?? 0);
  dirty &= 0x7fff_ffff;
  while (dirty !== 0) {
    const n = 31 - Math.clz32(dirty);
    dirty ^= 1 << n;
    const slot = slots.general[n];
    if (slot !== undefined) journal.writeWords(slot, core.lo[n] ?? 0, core.hi[n] ?? 0);
  }
}

function saveSystem(core: Core, journal: Journal, slots: CoreSlots): void {
  core.systemDirty = false;
  const selected = core.selectedSp;
  const { sp, system } = slots;
  const { lo, hi, bankLo, bankHi, systemLo, systemHi } = core;
  journal.writeWords(sp[0], (selected === 0 ? lo[SP] : bankLo[0]) ?? 0, (selected === 0 ? hi[SP] : bankHi[0]) ?? 0);
  journal.writeWords(sp[1], (selected === 1 ? lo[SP] : bankLo[1]) ?? 0, (selected === 1 ? hi[SP] : bankHi[1]) ?? 0);
  for (let index = 0; index < system.length; index++) {
    const slot = system[index];
    if (slot !== undefined) journal.writeWords(slot, systemLo[index] ?? 0, systemHi[index] ?? 0);
  }
  const isReserved = core.reservedSize !== 0;
  journal.writeWords(slots.exclusiveAddress, isReserved ? core.reservedLo : 0, isReserved ? core.reservedHi : 0);
  journal.writeWords(slots.exclusiveBytes, core.reservedSize, 0);
}

/** Makes the core what the state says. Interrupt lines, breakpoints and the RAM are not part of it. */
export function loadFrom(core: Core, state: StateVector, slots: CoreSlots): void {
  core.clearReservation();
  core.pstate = Number(state.read(slots.pstate));
  core.setStackPointer(0, state.read(slots.sp[0]));
  core.setStackPointer(1, state.read(slots.sp[1]));
  for (const [n, slot] of slots.general.entries()) core.setIndex(n, state.lo[slot] ?? 0, state.hi[slot] ?? 0);
  for (const [index, slot] of slots.system.entries()) {
    core.systemLo[index] = state.lo[slot] ?? 0;
    core.systemHi[index] = state.hi[slot] ?? 0;
    if (index === SCTLR) core.controlChanged();
  }
  core.pcValue = state.read(slots.pc);
  const bytes = state.lo[slots.exclusiveBytes] ?? 0;
  const lo = state.lo[slots.exclusiveAddress] ?? 0;
  const hi = state.hi[slots.exclusiveAddress] ?? 0;
  const offset = bytes === 0 ? -1 : core.ram.offsetOf(lo, hi, bytes);
  if (offset >= 0) core.reserve(lo, hi, bytes, offset);
  core.takeDirty();
  core.systemDirty = false;
  core.stop = undefined;
  core.attention |= ATTENTION.INTERRUPT;
}
