/** Events that every GIC model has many of, posted as numbers (form.ts); with a detail they take the common way. */
import { type Intid } from '../../../gic/intid.ts';
import { HAS_ARG, HAS_VALUE } from '../../../trace/columns.ts';
import { ACCESS, type Access, type Detail, KINDS } from '../../../trace/kinds.ts';
import { type TraceLine, u64 } from '../trace-line.ts';
import { at, flagAt, form } from './form.ts';
import { type Scene } from './scene.ts';

const CANDIDATE = form('irq.hppi', 'hardware');
const { priority: PRIORITY } = KINDS[CANDIDATE.kind].fields;

/** The best candidate that a unit found, or none. */
export function tellCandidate(
  line: TraceLine,
  vcpu: number,
  scene: Scene,
  unit: string,
  interrupt: Intid | undefined,
  priority: number,
  detail: Detail | undefined,
): void {
  if (detail === undefined) {
    const has = interrupt === undefined ? 0 : HAS_ARG;
    scene.post(line, vcpu, CANDIDATE, at(PRIORITY, priority), unit, has, 0, 0, interrupt ?? 0, 0);
  } else {
    const of = interrupt === undefined ? {} : { intid: interrupt };
    scene.emit(line, vcpu, 'hardware', { kind: 'irq.hppi', ...of, priority, unit, detail });
  }
}

/** Detail of what is signalled to a guest inside the machine: one object, which is written as JSON once (Scene.emit). */
export const VIRTUAL: Detail = { virtual: true };

const SIGNALS = form('irq.signal', 'hardware');
const { irq: IRQ, fiq: FIQ, nmi: NMI } = KINDS[SIGNALS.kind].fields;

/** What a CPU interface signals to its PE; not 0: asserted. */
export function tellSignals(
  line: TraceLine,
  vcpu: number,
  scene: Scene,
  irq: number,
  fiq: number,
  nmi: number,
  detail?: Detail,
): void {
  if (detail === undefined) {
    const small = flagAt(IRQ, irq) | flagAt(FIQ, fiq) | flagAt(NMI, nmi);
    scene.post(line, vcpu, SIGNALS, small, undefined, 0, 0, 0, 0, 0);
  } else
    scene.emit(line, vcpu, 'hardware', { kind: 'irq.signal', irq: irq !== 0, fiq: fiq !== 0, nmi: nmi !== 0, detail });
}

const INPUT = form('irq.line', 'device');
const { level: LEVEL } = KINDS[INPUT.kind].fields;

/** A device raises or lowers an input of the GIC. */
export function tellInput(line: TraceLine, vcpu: number, scene: Scene, interrupt: Intid, level: number): void {
  scene.post(line, vcpu, INPUT, flagAt(LEVEL, level), undefined, HAS_ARG, 0, 0, interrupt, 0);
}

const REGISTER = form('register.access', 'guest');
const { op: OP } = KINDS[REGISTER.kind].fields;
const SMALL: Readonly<Record<Access, number>> = {
  read: at(OP, ACCESS.indexOf('read')),
  write: at(OP, ACCESS.indexOf('write')),
  execute: at(OP, ACCESS.indexOf('execute')),
};

/** An access with its value in `v` and, `hasPc`, its program counter in `w`. */
export function tellAccess(
  line: TraceLine,
  vcpu: number,
  scene: Scene,
  register: string,
  op: Access,
  hasPc: boolean,
  detail: Detail | undefined,
): void {
  const { vLo, vHi, wLo, wHi } = line;
  if (detail !== undefined) {
    const pc = hasPc ? { pc: u64(wLo, wHi) } : {};
    scene.emit(line, vcpu, 'guest', { kind: 'register.access', register, op, value: u64(vLo, vHi), ...pc, detail });
  } else if (hasPc) scene.post(line, vcpu, REGISTER, SMALL[op], register, HAS_VALUE | HAS_ARG, vLo, vHi, wLo, wHi);
  else scene.post(line, vcpu, REGISTER, SMALL[op], register, HAS_VALUE, vLo, vHi, 0, 0);
}
