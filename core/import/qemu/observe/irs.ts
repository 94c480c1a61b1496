/**
 * What the GICv5 IRS reports: wires and state of SPIs, the candidate of each PE, its LPI table, its creation
 * (gicv5-spi-lpi-behaviour §5, §7, §3).
 */
import { intid, type Intid } from '../../../gic/intid.ts';
import { interruptOf } from '../../../trace/interrupts.ts';
import { type Gicv5Event } from '../events/gicv5.ts';
import { NOBODY, u64 } from '../trace-line.ts';
import { tellCandidate, tellInput } from './posted.ts';
import { type Meaning } from './scene.ts';

const NONE = 255;
const NON_SECURE = 'NonSecure';

const wire: Meaning = {
  apply: (line, scene) => {
    const state = scene.shared(intid('spi', line.a));
    if (state?.line !== undefined) scene.slots.set(state.line, line.b === 0 ? 0 : 1);
  },
  tell: (line, vcpu, scene) => {
    tellInput(line, vcpu, scene, intid('spi', line.a), line.b);
  },
};

const spiState: Meaning = {
  apply: (line, scene) => {
    const state = scene.shared(intid('spi', line.a));
    if (state === undefined) return;
    const { slots } = scene;
    if (state.line !== undefined) slots.set(state.line, line.b === 0 ? 0 : 1);
    slots.set(state.pending, line.c === 0 ? 0 : 1);
    slots.set(state.active, line.d === 0 ? 0 : 1);
  },
  tell: (line, vcpu, scene) => {
    const [level, pending, active] = [line.b !== 0, line.c !== 0, line.d !== 0];
    scene.emit(line, vcpu, 'hardware', { kind: 'irq.state', intid: intid('spi', line.a), level, pending, active });
  },
};

const candidate: Meaning = {
  prove: (line, { index }, scene) => {
    if (line.s !== NON_SECURE) return;
    const { slots } = scene;
    const slot = scene.irsCandidate(index);
    slots.set(slot.intid, line.b);
    slots.set(slot.priority, line.c);
    const state = line.c === NONE ? undefined : scene.shared(line.b as Intid);
    if (state === undefined) return;
    state.isCandidate(line.c);
    slots.prove(state.target, index);
  },
  tell: (line, pe, scene) => {
    const detail = line.s === NON_SECURE ? undefined : { domain: line.s };
    tellCandidate(line, pe, scene, 'IRS', line.c === NONE ? undefined : (line.b as Intid), line.c, detail);
  },
};

const noCandidate: Meaning = {
  prove: (line, { index }, scene) => {
    if (line.s !== NON_SECURE) return;
    const slot = scene.irsCandidate(index);
    scene.slots.set(slot.intid, 0);
    scene.slots.set(slot.priority, NONE);
  },
  tell: (line, pe, scene) => {
    const domain = line.s === NON_SECURE ? {} : { domain: line.s };
    const detail = { IAFFID: line.a, reason: line.t, ...domain };
    scene.emit(line, pe, 'hardware', { kind: 'irq.hppi', priority: NONE, unit: 'IRS', detail });
  },
};

const tableValid: Meaning = {
  tell: (line, vcpu, scene) => {
    const { s, a, b, c, d } = line;
    const detail = { domain: s, 'ID bits': a, 'level-2 index bits': b, 'entry bytes': c, 'two levels': d !== 0 };
    const value = u64(line.vLo, line.vHi);
    scene.emit(line, vcpu, 'hardware', { kind: 'gic.setup', what: 'LPI state table valid', value, detail });
  },
};

const tableInvalid: Meaning = {
  apply: (line, scene) => {
    if (line.s !== NON_SECURE) return;
    for (const state of scene.sharedStates) if (interruptOf(state.intid)?.type === 'lpi') state.forget();
  },
  tell: (line, vcpu, scene) => {
    const detail = { domain: line.s };
    scene.emit(line, vcpu, 'hardware', { kind: 'gic.setup', what: 'LPI state table no longer valid', detail });
  },
};

const realize: Meaning = {
  apply: (line, scene) => scene.created(line.a, line.b),
  tell: (line, _vcpu, scene) => {
    const { a, b, c, d, e } = line;
    const detail = { 'IRS ID': a, CPUs: b, 'SPI base': c, 'SPIs of this IRS': d, SPIs: e };
    scene.emit(line, NOBODY, 'hypervisor', { kind: 'gic.setup', what: 'IRS created', detail });
  },
};

export const IRS = {
  gicv5_irs_recalc_hppi: candidate,
  gicv5_irs_recalc_hppi_fail: noCandidate,
  gicv5_spi: wire,
  gicv5_spi_state: spiState,
  gicv5_ist_valid: tableValid,
  gicv5_ist_invalid: tableInvalid,
  gicv5_common_realize: realize,
} as const satisfies Partial<Record<Gicv5Event, Meaning>>;
