/**
 * The GICv5 IRS: state of SPIs and LPIs, candidates per PE, its register frame (gicv5-spi-lpi-behaviour §2 to §7,
 * gicv5-irs-registers).
 *
 * Known defect of the recorder: for an SPI it stores enabled = 1 and pending = 1 whatever `set_enabled` and
 * `set_pending` print. The state here follows what is printed; the places are marked and counted.
 */
import { intid, type Intid } from '../../../gic/intid.ts';
import { interruptOf } from '../../../trace/interrupts.ts';
import { type Detail } from '../../../trace/kinds.ts';
import { TYPE_WORDS } from '../attribution/assign.ts';
import { type Gicv5Event } from '../events/gicv5.ts';
import { NOBODY, type TraceLine, u64 } from '../trace-line.ts';
import { type SharedState } from './interrupt-state.ts';
import { other } from './other.ts';
import { type Happening, type Observe, type Scene } from './scene.ts';

const NONE = 255;
const NON_SECURE = 'NonSecure';
const TARGETED = 0;

export const DEFECT = 'this recorder stores 1 for an SPI whatever the argument';

interface Command {
  /** Applies the printed argument; undefined state: not kept. */
  readonly apply: (state: SharedState, line: TraceLine, scene: Scene) => void;
  readonly happening: (intid: Intid, line: TraceLine) => Happening;
}

/** What further a line of an interrupt says. */
function remarks(line: TraceLine): Record<string, string | boolean> {
  return {
    ...(line.s === NON_SECURE ? {} : { domain: line.s }),
    ...(line.a === 0 ? {} : { virtual: true }),
  };
}

function withDetail(happening: Happening, detail: Detail): Happening {
  return Object.keys(detail).length === 0 ? happening : { ...happening, detail: { ...happening.detail, ...detail } };
}

/** A line about one interrupt by type and number. */
function interruptLine(origin: 'guest' | 'hardware', { apply, happening }: Command): Observe {
  return (line, vcpu, scene) => {
    const type = TYPE_WORDS.get(line.t);
    if (type === undefined) {
      other(line, vcpu, scene);
      return;
    }
    const interrupt = intid(type, line.b);
    const isKept = line.s === NON_SECURE && line.a === 0;
    const state = isKept ? scene.shared(interrupt) : undefined;
    if (state !== undefined) apply(state, line, scene);
    if (vcpu >= 0) scene.vcpu(vcpu).runs();
    scene.emit(line, vcpu, origin, withDetail(happening(interrupt, line), remarks(line)));
  };
}

function isDefective(line: TraceLine): boolean {
  return line.t === 'SPI' && line.c === 0;
}

function defectOf(line: TraceLine): { readonly detail?: Detail } {
  return isDefective(line) ? { detail: { defect: DEFECT } } : {};
}

const setPriority = interruptLine('guest', {
  apply: (state, line, { slots }) => slots.set(state.priority, line.c),
  happening: (interrupt, line) => ({ kind: 'irq.configure', intid: interrupt, what: 'priority', value: BigInt(line.c) }),
});

const setEnabled = interruptLine('guest', {
  apply: (state, line, scene) => {
    scene.slots.set(state.enabled, line.c === 0 ? 0 : 1);
    if (isDefective(line)) scene.defects++;
  },
  happening: (interrupt, line) => ({
    kind: 'irq.configure',
    intid: interrupt,
    what: 'enabled',
    value: line.c === 0 ? 0n : 1n,
    ...defectOf(line),
  }),
});

const setPending = interruptLine('guest', {
  apply: (state, line, scene) => {
    scene.slots.set(state.pending, line.c === 0 ? 0 : 1);
    if (isDefective(line)) scene.defects++;
  },
  happening: (interrupt, line) => ({ kind: 'irq.pend', intid: interrupt, pending: line.c !== 0, ...defectOf(line) }),
});

const setHandling = interruptLine('guest', {
  apply: (state, line, { slots }) => slots.set(state.handling, line.c),
  happening: (interrupt, line) => ({ kind: 'irq.configure', intid: interrupt, what: 'handling', value: BigInt(line.c) }),
});

const setTarget = interruptLine('guest', {
  apply: (state, line, { slots }) => {
    if (line.d === TARGETED) slots.set(state.target, line.c);
    else slots.forget(state.target);
  },
  happening: (interrupt, line) => ({
    kind: 'irq.configure',
    intid: interrupt,
    what: 'target',
    value: BigInt(line.c),
    ...(line.d === TARGETED ? {} : { detail: { routing: 'one of N' } }),
  }),
});

const activate = interruptLine('hardware', {
  apply: (state, _line, { slots }) => {
    // Within an acknowledge the state is there already; else it is proven here.
    if (slots.get(state.active) !== 1) state.acknowledge();
  },
  happening: (interrupt) => ({ kind: 'irq.activate', intid: interrupt }),
});

/** Alone, without the instruction that it is part of. */
const deactivate = interruptLine('hardware', {
  apply: (state, _line, scene) => {
    state.deactivate();
    for (const vcpu of scene.vcpus) vcpu.finished(state.intid);
  },
  happening: (interrupt) => ({ kind: 'irq.deactivate', intid: interrupt }),
});

/** Fields of ICC_ICSR_EL1 (gicv5-spi-lpi-behaviour §4). */
const requestConfig = interruptLine('guest', {
  apply: (state, line, { slots }) => {
    const { vLo, vHi } = line;
    if ((vLo & 1) === 1) return;
    slots.prove(state.enabled, (vLo >>> 1) & 1);
    slots.prove(state.pending, (vLo >>> 2) & 1);
    slots.prove(state.active, (vLo >>> 4) & 1);
    slots.prove(state.handling, (vLo >>> 5) & 1);
    slots.prove(state.priority, (vLo >>> 11) & 31);
    if (((vLo >>> 3) & 1) === TARGETED) slots.prove(state.target, vHi & 0xffff);
    else slots.forget(state.target);
  },
  happening: (interrupt, line) => ({
    kind: 'gic.setup',
    what: 'interrupt configuration read',
    value: u64(line.vLo, line.vHi),
    detail: { interrupt: labelOf(interrupt) },
  }),
});

function labelOf(interrupt: Intid): string {
  const parts = interruptOf(interrupt);
  return parts === undefined ? '' : `${parts.type.toUpperCase()} ${parts.number}`;
}

const wire: Observe = (line, vcpu, scene) => {
  const interrupt = intid('spi', line.a);
  const state = scene.shared(interrupt);
  if (state?.line !== undefined) scene.slots.set(state.line, line.b === 0 ? 0 : 1);
  scene.emit(line, vcpu, 'device', { kind: 'irq.line', intid: interrupt, level: line.b !== 0 });
};

const spiState: Observe = (line, vcpu, scene) => {
  const interrupt = intid('spi', line.a);
  const state = scene.shared(interrupt);
  const { slots } = scene;
  const [level, pending, active] = [line.b !== 0, line.c !== 0, line.d !== 0];
  if (state !== undefined) {
    if (state.line !== undefined) slots.set(state.line, level ? 1 : 0);
    slots.set(state.pending, pending ? 1 : 0);
    slots.set(state.active, active ? 1 : 0);
  }
  scene.emit(line, vcpu, 'hardware', { kind: 'irq.state', intid: interrupt, level, pending, active });
};

const candidate: Observe = (line, pe, scene) => {
  const { slots } = scene;
  const isNone = line.c === NONE;
  if (pe >= 0 && line.s === NON_SECURE) {
    const slot = scene.irsCandidate(pe);
    slots.set(slot.intid, line.b);
    slots.set(slot.priority, line.c);
    const state = isNone ? undefined : scene.shared(line.b as Intid);
    if (state !== undefined) {
      state.isCandidate(line.c);
      slots.prove(state.target, pe);
    }
  }
  const of = isNone ? {} : { intid: line.b as Intid };
  const detail = line.s === NON_SECURE ? {} : { detail: { domain: line.s } };
  scene.emit(line, pe, 'hardware', { kind: 'irq.hppi', ...of, priority: line.c, unit: 'IRS', ...detail });
};

const noCandidate: Observe = (line, pe, scene) => {
  if (pe >= 0 && line.s === NON_SECURE) {
    const slot = scene.irsCandidate(pe);
    scene.slots.set(slot.intid, 0);
    scene.slots.set(slot.priority, NONE);
  }
  const domain = line.s === NON_SECURE ? {} : { domain: line.s };
  const detail = { IAFFID: line.a, reason: line.t, ...domain };
  scene.emit(line, pe, 'hardware', { kind: 'irq.hppi', priority: NONE, unit: 'IRS', detail });
};

const tableValid: Observe = (line, vcpu, scene) => {
  const { s, a, b, c, d } = line;
  const detail = { domain: s, 'ID bits': a, 'level-2 index bits': b, 'entry bytes': c, 'two levels': d !== 0 };
  scene.emit(line, vcpu, 'hardware', { kind: 'gic.setup', what: 'LPI state table valid', value: u64(line.vLo, line.vHi), detail });
};

const tableInvalid: Observe = (line, vcpu, scene) => {
  if (line.s === NON_SECURE)
    for (const state of scene.sharedStates) if (interruptOf(state.intid)?.type === 'lpi') state.forget();
  scene.emit(line, vcpu, 'hardware', { kind: 'gic.setup', what: 'LPI state table no longer valid', detail: { domain: line.s } });
};

const realize: Observe = (line, _vcpu, scene) => {
  const { a, b, c, d, e } = line;
  scene.created(a, b);
  const detail = { 'IRS ID': a, CPUs: b, 'SPI base': c, 'SPIs of this IRS': d, SPIs: e };
  scene.emit(line, NOBODY, 'hypervisor', { kind: 'gic.setup', what: 'IRS created', detail });
};

export const IRS = {
  gicv5_irs_recalc_hppi: candidate,
  gicv5_irs_recalc_hppi_fail: noCandidate,
  gicv5_spi: wire,
  gicv5_spi_state: spiState,
  gicv5_activate: activate,
  gicv5_deactivate: deactivate,
  gicv5_set_priority: setPriority,
  gicv5_set_enabled: setEnabled,
  gicv5_set_pending: setPending,
  gicv5_set_handling: setHandling,
  gicv5_set_target: setTarget,
  gicv5_request_config: requestConfig,
  gicv5_ist_valid: tableValid,
  gicv5_ist_invalid: tableInvalid,
  gicv5_common_realize: realize,
} as const satisfies Partial<Record<Gicv5Event, Observe>>;
