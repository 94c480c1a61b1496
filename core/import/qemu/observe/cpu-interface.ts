/**
 * GICv5 CPU interface: what acknowledge, drop, deactivate, candidate, signal and PPI input lines prove
 * (gicv5-cpuif-behaviour §3 to §6). A line without a proven vCPU makes unknown what it may have changed.
 */
import { type Intid, splitIntid } from '../../../gic/intid.ts';
import { interruptOf } from '../../../trace/interrupts.ts';
import { type Gicv5Event } from '../events/gicv5.ts';
import { type TraceLine } from '../trace-line.ts';
import { LEVEL, type PpiState } from './interrupt-state.ts';
import { other } from './other.ts';
import { type Observe, type Scene } from './scene.ts';
import { type VcpuState } from './vcpu-state.ts';

const DOMAINS = ['Secure', 'Non-secure', 'EL3', 'Realm'] as const;
const NON_SECURE = 1;
const NONE = 255;

/** Events of the other domains are shown as such; state is kept for the Non-secure one, which a guest lives in. */
function domainDetail(domain: number): { readonly detail?: { readonly domain: string } } {
  return domain === NON_SECURE ? {} : { detail: { domain: DOMAINS[domain] ?? String(domain) } };
}

/** The identifier that a line prints; checked by the reader. */
const identifier = (line: TraceLine): Intid => line.b as Intid;

const acknowledge: Observe = (line, vcpu, scene) => {
  const intid = identifier(line);
  if (line.a === NON_SECURE) {
    const interrupt = interruptOf(intid);
    const isPrivate = interrupt?.type === 'ppi';
    const shared = isPrivate ? undefined : scene.shared(intid);
    if (vcpu >= 0) {
      const state = scene.vcpu(vcpu);
      const target = isPrivate ? state.ppi(interrupt.number) : shared;
      const priority = priorityOf(scene, state, intid, target?.priority);
      target?.acknowledge();
      state.acknowledged(intid, priority);
      state.updateMasked();
    } else {
      shared?.acknowledge();
      for (const state of scene.maybe(line)) {
        const ppi = isPrivate ? state.ppis.get(interrupt.number) : undefined;
        if (ppi !== undefined) mayHaveBeenAcknowledged(scene, ppi);
        state.mayHaveChangedPriority();
        state.mayHaveHandled();
        state.updateMasked();
      }
    }
  }
  scene.emit(line, vcpu, 'guest', { kind: 'irq.acknowledge', intid, ...domainDetail(line.a) });
};

/** Priority that an acknowledged interrupt has: its own, or that of the candidate that named it. */
function priorityOf(scene: Scene, vcpu: VcpuState, intid: Intid, slot: PpiState['priority'] | undefined): number | undefined {
  const { slots } = scene;
  const own = slot === undefined ? undefined : slots.get(slot);
  if (own !== undefined) return own;
  if (slots.get(vcpu.hppi) === intid) return slots.get(vcpu.hppiPriority);
  const offered = scene.irsCandidate(vcpu.index);
  return slots.get(offered.intid) === intid ? slots.get(offered.priority) : undefined;
}

function mayHaveBeenAcknowledged({ slots }: Scene, ppi: PpiState): void {
  if (slots.get(ppi.active) === 0) slots.forget(ppi.active);
  if (slots.get(ppi.handling) !== LEVEL && slots.get(ppi.pending) === 1) slots.forget(ppi.pending);
}

const acknowledgeNothing: Observe = (line, vcpu, scene) => {
  if (vcpu >= 0 && line.a === NON_SECURE) scene.vcpu(vcpu).foundNothing();
  // A copy: names live as long as the import.
  const cause = Buffer.from(line.s).toString();
  scene.emit(line, vcpu, 'guest', { kind: 'irq.acknowledge', cause, ...domainDetail(line.a) });
};

const drop: Observe = (line, vcpu, scene) => {
  let intid: Intid | undefined;
  if (line.a === NON_SECURE) {
    if (vcpu >= 0) {
      const state = scene.vcpu(vcpu);
      intid = state.dropped();
      state.updateMasked();
    } else
      for (const state of scene.maybe(line)) {
        state.mayHaveChangedPriority();
        state.updateMasked();
      }
  }
  const of = intid === undefined ? {} : { intid };
  scene.emit(line, vcpu, 'guest', { kind: 'irq.drop', ...of, ...domainDetail(line.a) });
};

const deactivate: Observe = (line, vcpu, scene) => {
  const parts = splitIntid(line.b);
  // A guest may name anything; what is no interrupt has no effect (gicv5-cpuif-behaviour §4.5).
  if (parts === undefined || (parts.type === 'ppi' && parts.number > 127)) {
    other(line, vcpu, scene);
    return;
  }
  const intid = identifier(line);
  if (line.a === NON_SECURE) {
    if (parts.type === 'ppi') deactivatePpi(line, vcpu, scene, parts.number);
    else {
      scene.shared(intid)?.deactivate();
      for (const state of scene.vcpus) state.finished(intid);
    }
    if (vcpu >= 0) scene.vcpu(vcpu).runs();
  }
  scene.emit(line, vcpu, 'guest', { kind: 'irq.deactivate', intid, ...domainDetail(line.a) });
};

function deactivatePpi(line: TraceLine, vcpu: number, scene: Scene, number: number): void {
  const intid = identifier(line);
  if (vcpu >= 0) {
    const state = scene.vcpu(vcpu);
    state.ppi(number).deactivate();
    state.finished(intid);
    state.updateMasked();
    return;
  }
  for (const state of scene.maybe(line)) {
    const ppi = state.ppis.get(number);
    if (ppi !== undefined && scene.slots.get(ppi.active) === 1) scene.slots.forget(ppi.active);
    if (state.finished(intid)) state.mayHaveHandled();
    state.updateMasked();
  }
}

const candidate: Observe = (line, vcpu, scene) => {
  const { slots } = scene;
  const isNone = line.c === NONE;
  if (vcpu >= 0) {
    const state = scene.vcpu(vcpu);
    slots.set(state.hppi, line.b);
    slots.set(state.hppiPriority, line.c);
    const number = isNone ? undefined : interruptOf(line.b)?.number;
    if (number !== undefined) state.ppi(number).isCandidate(line.c);
    state.updateMasked();
  } else for (const state of scene.maybe(line)) state.forgetHppi();
  const of = isNone ? {} : { intid: identifier(line) };
  const detail = line.s === '' ? {} : { detail: { 'other domains': line.s } };
  scene.emit(line, vcpu, 'hardware', { kind: 'irq.hppi', ...of, priority: line.c, unit: 'PPI', ...detail });
};

const signal: Observe = (line, vcpu, scene) => {
  if (vcpu >= 0) scene.vcpu(vcpu).setSignals(line.a, line.b, line.c);
  else for (const state of scene.maybe(line)) state.forgetSignals();
  const { a, b, c } = line;
  scene.emit(line, vcpu, 'hardware', { kind: 'irq.signal', irq: a !== 0, fiq: b !== 0, nmi: c !== 0 });
};

/** The pending state of a PPI with an input follows it; the emulator treats all its inputs so. */
const input: Observe = (line, vcpu, scene) => {
  const { slots } = scene;
  const level = line.b === 0 ? 0 : 1;
  if (vcpu >= 0) {
    const state = scene.vcpu(vcpu);
    const ppi = state.ppi(line.a);
    if (slots.get(ppi.line) === level) slots.contradictions++;
    slots.set(ppi.line, level);
    slots.set(ppi.pending, level);
    state.updateMasked();
  } else
    for (const state of scene.maybe(line)) {
      const ppi = state.ppis.get(line.a);
      // Only changes are logged: where it had this level already, it is not the one that changed.
      if (ppi === undefined || slots.get(ppi.line) === level) continue;
      slots.forget(ppi.line);
      slots.forget(ppi.pending);
      state.updateMasked();
    }
  const intid = PPI | line.a;
  scene.emit(line, vcpu, 'hardware', { kind: 'irq.line', intid: intid as Intid, level: level === 1 });
};

const PPI = 0x2000_0000;

export const CPU_INTERFACE = {
  gicv5_gicr_cdia: acknowledge,
  gicv5_gicr_cdia_fail: acknowledgeNothing,
  gicv5_cdeoi: drop,
  gicv5_cddi: deactivate,
  gicv5_recalc_ppi_hppi: candidate,
  gicv5_update_irq_fiq: signal,
  gicv5_update_ppi_state: input,
} as const satisfies Partial<Record<Gicv5Event, Observe>>;

