/**
 * Commands of the GICv5 IRS on one SPI or LPI: what they print is its state (gicv5-spi-lpi-behaviour §2, §4, §6).
 *
 * Known defect of the recorder: for an SPI it stores enabled = 1 and pending = 1 whatever `set_enabled` and
 * `set_pending` print. The state here follows what is printed; the places are marked and counted.
 */
import { intid, type Intid } from '../../../gic/intid.ts';
import { interruptOf } from '../../../trace/interrupts.ts';
import { type Detail } from '../../../trace/kinds.ts';
import { TYPE_WORDS } from '../attribution/assign.ts';
import { type Gicv5Event } from '../events/gicv5.ts';
import { type TraceLine, u64 } from '../trace-line.ts';
import { type SharedState } from './interrupt-state.ts';
import { OTHER } from './other.ts';
import { type Happening, type Meaning, type Scene } from './scene.ts';

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

/** The interrupt that a line names by type and number, if its state is kept: Non-secure and physical. */
function stateOf(line: TraceLine, scene: Scene): SharedState | undefined {
  const type = TYPE_WORDS.get(line.t);
  const isKept = line.s === NON_SECURE && line.a === 0;
  return isKept && type !== undefined ? scene.shared(intid(type, line.b)) : undefined;
}

function interruptLine(origin: 'guest' | 'hardware', { apply, happening }: Command): Meaning {
  return {
    apply: (line, scene) => {
      const state = stateOf(line, scene);
      if (state !== undefined) apply(state, line, scene);
    },
    prove: (_line, vcpu) => vcpu.run.runs(),
    tell: (line, vcpu, scene) => {
      const type = TYPE_WORDS.get(line.t);
      if (type === undefined) OTHER.tell(line, vcpu, scene);
      else scene.emit(line, vcpu, origin, withDetail(happening(intid(type, line.b), line), remarks(line)));
    },
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
  happening: (interrupt, line) => ({
    kind: 'irq.configure',
    intid: interrupt,
    what: 'priority',
    value: BigInt(line.c),
  }),
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
  happening: (interrupt, line) => ({
    kind: 'irq.configure',
    intid: interrupt,
    what: 'handling',
    value: BigInt(line.c),
  }),
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
    for (const vcpu of scene.vcpus) vcpu.run.finished(state.intid);
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

export const IRS_COMMANDS = {
  gicv5_activate: activate,
  gicv5_deactivate: deactivate,
  gicv5_set_priority: setPriority,
  gicv5_set_enabled: setEnabled,
  gicv5_set_pending: setPending,
  gicv5_set_handling: setHandling,
  gicv5_set_target: setTarget,
  gicv5_request_config: requestConfig,
} as const satisfies Partial<Record<Gicv5Event, Meaning>>;
