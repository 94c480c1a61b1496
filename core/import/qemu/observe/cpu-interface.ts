/**
 * GICv5 CPU interface: what acknowledge, drop, deactivate, candidate, signal and PPI input lines prove
 * (gicv5-cpuif-behaviour §3 to §6). A line without a proven vCPU makes unknown what it may have changed.
 */
import { intid, type Intid, splitIntid, V5_PPI_COUNT } from '../../../gic/intid.ts';
import { HAS_ARG } from '../../../trace/columns.ts';
import { interruptOf } from '../../../trace/interrupts.ts';
import { KINDS } from '../../../trace/kinds.ts';
import { type Gicv5Event } from '../events/gicv5.ts';
import { type TraceLine } from '../trace-line.ts';
import { flagAt, form } from './form.ts';
import { LEVEL, type PpiState } from './interrupt-state.ts';
import { OTHER } from './other.ts';
import { tellCandidate, tellSignals } from './posted.ts';
import { type Happening, type Meaning, type Scene } from './scene.ts';
import { type VcpuState } from './vcpu-state.ts';

const DOMAINS = ['Secure', 'Non-secure', 'EL3', 'Realm'] as const;
const NON_SECURE = 1;
const NONE = 255;

const ACKNOWLEDGE = form('irq.acknowledge', 'guest');
const DROP = form('irq.drop', 'guest');
const DEACTIVATE = form('irq.deactivate', 'guest');

/** An event of the guest about an interrupt, in the domain in `a`. Only a drop may not know which. */
function tellInterrupt(
  line: TraceLine,
  vcpu: number,
  scene: Scene,
  form: typeof ACKNOWLEDGE | typeof DROP | typeof DEACTIVATE,
  interrupt: Intid | undefined,
): void {
  if (line.a === NON_SECURE) {
    const has = interrupt === undefined ? 0 : HAS_ARG;
    scene.post(line, vcpu, form, 0, undefined, has, 0, 0, interrupt ?? 0, 0);
  } else {
    const of = interrupt === undefined ? {} : { intid: interrupt };
    scene.emit(line, vcpu, 'guest', { kind: form.kind, ...of, ...domainDetail(line.a) } as Happening);
  }
}

/** Events of the other domains are shown as such; state is kept for the Non-secure one, which a guest lives in. */
function domainDetail(domain: number): { readonly detail?: { readonly domain: string } } {
  return domain === NON_SECURE ? {} : { detail: { domain: DOMAINS[domain] ?? String(domain) } };
}

/** The identifier that a line prints; checked by the reader. */
const identifier = (line: TraceLine): Intid => line.b as Intid;

const acknowledge: Meaning = {
  apply: (line, scene) => {
    scene.showsDeactivations = true;
    if (line.a === NON_SECURE) scene.shared(identifier(line))?.acknowledge();
  },
  prove: (line, vcpu, scene) => {
    if (line.a !== NON_SECURE) return;
    const acknowledged = identifier(line);
    const interrupt = interruptOf(acknowledged);
    const ppi = interrupt?.type === 'ppi' ? vcpu.ppi(interrupt.number) : undefined;
    const priority = priorityOf(scene, vcpu, acknowledged, (ppi ?? scene.shared(acknowledged))?.priority);
    ppi?.acknowledge();
    vcpu.priorities.acknowledged(acknowledged, priority);
    vcpu.run.acknowledged(acknowledged);
    vcpu.updateMasked();
  },
  doubt: (line, among, scene) => {
    if (line.a !== NON_SECURE) return;
    const interrupt = interruptOf(identifier(line));
    for (const vcpu of among) {
      const ppi = interrupt?.type === 'ppi' ? vcpu.ppis.get(interrupt.number) : undefined;
      if (ppi !== undefined) mayHaveBeenAcknowledged(scene, ppi);
      vcpu.priorities.mayHaveChanged();
      vcpu.run.mayHaveHandled();
      vcpu.updateMasked();
    }
  },
  tell: (line, vcpu, scene) => {
    tellInterrupt(line, vcpu, scene, ACKNOWLEDGE, identifier(line));
  },
};

/** Priority that an acknowledged interrupt has: its own, or that of the candidate that named it. */
function priorityOf(
  scene: Scene,
  vcpu: VcpuState,
  interrupt: Intid,
  slot: PpiState['priority'] | undefined,
): number | undefined {
  const { slots } = scene;
  const own = slot === undefined ? undefined : slots.get(slot);
  if (own !== undefined) return own;
  if (slots.get(vcpu.hppi) === interrupt) return slots.get(vcpu.hppiPriority);
  const offered = scene.irsCandidate(vcpu.index);
  return slots.get(offered.intid) === interrupt ? slots.get(offered.priority) : undefined;
}

function mayHaveBeenAcknowledged({ slots }: Scene, ppi: PpiState): void {
  if (slots.get(ppi.active) === 0) slots.forget(ppi.active);
  if (slots.get(ppi.handling) !== LEVEL && slots.get(ppi.pending) === 1) slots.forget(ppi.pending);
}

const acknowledgeNothing: Meaning = {
  prove: (line, vcpu) => {
    if (line.a === NON_SECURE) vcpu.run.foundNothing();
  },
  tell: (line, vcpu, scene) => {
    // A copy: names live as long as the import.
    const cause = Buffer.from(line.s).toString();
    scene.emit(line, vcpu, 'guest', { kind: 'irq.acknowledge', cause, ...domainDetail(line.a) });
  },
};

const drop: Meaning = {
  prove: (line, vcpu, scene) => {
    if (line.a !== NON_SECURE) return;
    scene.dropped = vcpu.priorities.dropped();
    vcpu.run.runs();
    vcpu.updateMasked();
  },
  doubt: (line, among) => {
    if (line.a !== NON_SECURE) return;
    for (const vcpu of among) {
      vcpu.priorities.mayHaveChanged();
      vcpu.updateMasked();
    }
  },
  tell: (line, vcpu, scene) => {
    tellInterrupt(line, vcpu, scene, DROP, vcpu < 0 ? undefined : scene.dropped);
  },
};

/** The PPI that a deactivation names, or undefined. A guest may name anything. */
function ppiOf(line: TraceLine): number | undefined {
  const parts = line.a === NON_SECURE ? splitIntid(line.b) : undefined;
  return parts?.type === 'ppi' && parts.number < V5_PPI_COUNT ? parts.number : undefined;
}

const deactivate: Meaning = {
  apply: (line, scene) => {
    const type = line.a === NON_SECURE ? splitIntid(line.b)?.type : undefined;
    if (type !== 'spi' && type !== 'lpi') return;
    scene.shared(identifier(line))?.deactivate();
    for (const vcpu of scene.vcpus) vcpu.run.finished(identifier(line));
  },
  prove: (line, vcpu) => {
    const number = ppiOf(line);
    if (number !== undefined) {
      vcpu.ppi(number).deactivate();
      vcpu.run.finished(identifier(line));
      vcpu.updateMasked();
    }
    vcpu.run.runs();
  },
  doubt: (line, among, scene) => {
    const number = ppiOf(line);
    if (number === undefined) return;
    for (const vcpu of among) {
      const ppi = vcpu.ppis.get(number);
      if (ppi !== undefined && scene.slots.get(ppi.active) === 1) scene.slots.forget(ppi.active);
      if (vcpu.run.finished(identifier(line))) vcpu.run.mayHaveHandled();
      vcpu.updateMasked();
    }
  },
  tell: (line, vcpu, scene) => {
    const parts = splitIntid(line.b);
    // What is no interrupt has no effect (gicv5-cpuif-behaviour §4.5).
    if (parts === undefined || (parts.type === 'ppi' && parts.number >= V5_PPI_COUNT)) OTHER.tell(line, vcpu, scene);
    else tellInterrupt(line, vcpu, scene, DEACTIVATE, identifier(line));
  },
};

const candidate: Meaning = {
  prove: (line, vcpu, { slots }) => {
    slots.set(vcpu.hppi, line.b);
    slots.set(vcpu.hppiPriority, line.c);
    const number = line.c === NONE ? undefined : interruptOf(line.b)?.number;
    if (number !== undefined) vcpu.ppi(number).isCandidate(line.c);
    vcpu.updateMasked();
  },
  doubt: (_line, among) => {
    for (const vcpu of among) vcpu.forgetHppi();
  },
  tell: (line, vcpu, scene) => {
    const detail = line.s === '' ? undefined : { 'other domains': line.s };
    tellCandidate(line, vcpu, scene, 'PPI', line.c === NONE ? undefined : identifier(line), line.c, detail);
  },
};

const signal: Meaning = {
  prove: (line, vcpu) => vcpu.setSignals(line.a, line.b, line.c),
  doubt: (_line, among) => {
    for (const vcpu of among) vcpu.forgetSignals();
  },
  tell: (line, vcpu, scene) => {
    tellSignals(line, vcpu, scene, line.a, line.b, line.c);
  },
};

const INPUT = form('irq.line', 'hardware');
const { level: LEVEL_OF_INPUT } = KINDS[INPUT.kind].fields;

/** The pending state of a PPI with an input follows it; the emulator treats all its inputs so. */
const input: Meaning = {
  prove: (line, vcpu, { slots }) => {
    const level = line.b === 0 ? 0 : 1;
    const ppi = vcpu.ppi(line.a);
    if (slots.get(ppi.line) === level) slots.contradictions++;
    slots.set(ppi.line, level);
    slots.set(ppi.pending, level);
    vcpu.updateMasked();
  },
  doubt: (line, among, { slots }) => {
    const level = line.b === 0 ? 0 : 1;
    for (const vcpu of among) {
      const ppi = vcpu.ppis.get(line.a);
      // Only changes are logged: where it had this level already, it is not the one that changed.
      if (ppi === undefined || slots.get(ppi.line) === level) continue;
      slots.forget(ppi.line);
      slots.forget(ppi.pending);
      vcpu.updateMasked();
    }
  },
  tell: (line, vcpu, scene) => {
    const small = flagAt(LEVEL_OF_INPUT, line.b);
    scene.post(line, vcpu, INPUT, small, undefined, HAS_ARG, 0, 0, intid('ppi', line.a), 0);
  },
};

export const CPU_INTERFACE = {
  gicv5_gicr_cdia: acknowledge,
  gicv5_gicr_cdia_fail: acknowledgeNothing,
  gicv5_cdeoi: drop,
  gicv5_cddi: deactivate,
  gicv5_recalc_ppi_hppi: candidate,
  gicv5_update_irq_fiq: signal,
  gicv5_update_ppi_state: input,
} as const satisfies Partial<Record<Gicv5Event, Meaning>>;
