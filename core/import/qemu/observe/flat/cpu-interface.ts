/**
 * What a GICv3 or GICv2 CPU interface does: acknowledge, end, deactivate, best candidate, signals, SGIs
 * (gicv3-behaviour §6, §7, §17). Both models print different lines and mean the same; `act` says what a line is.
 *
 * EOImode decides whether the end of an interrupt deactivates it (§6.4). While no access has shown it, an interrupt that
 * ends may be active or not.
 */
import { type Gicv3CpuEvent, type Gicv3FrameEvent } from '../../events/gicv3.ts';
import { type TraceLine } from '../../trace-line.ts';
import { tellAccess, tellCandidate, tellInput, tellSignals } from '../posted.ts';
import { type Meaning, type Scene } from '../scene.ts';
import { type VcpuState } from '../vcpu-state.ts';
import { cpuRegister, lastValue } from './cpu-registers.ts';
import { flatInterrupt } from './state.ts';

export const NO_PRIORITY = 255;
const FIRST_LPI = 8192;
const EOI_MODE_V3 = 2;
export const EOI_MODE_V2 = 0x200;

/** The affinity of a line whose CPU nothing maps to a vCPU. */
function named(line: TraceLine, vcpu: number): { readonly affinity?: number } {
  return vcpu >= 0 ? {} : { affinity: line.a };
}

export function acknowledged(number: number, vcpu: number, scene: Scene): void {
  scene.showsDeactivations = true;
  scene.flat.of(number, vcpu)?.acknowledge();
}

/** The vCPU's part: it is in a handler from now on, or the exception was for nothing. */
export function handles(number: number, vcpu: VcpuState): void {
  const intid = flatInterrupt(number);
  if (intid === undefined) vcpu.run.foundNothing();
  else vcpu.run.acknowledged(intid);
}

/** @param mode EOImode, undefined when not known */
export function ended(number: number, vcpu: number, mode: boolean | undefined, scene: Scene): void {
  const interrupt = scene.flat.of(number, vcpu);
  if (interrupt === undefined || interrupt.isLpi) return;
  if (mode === false) interrupt.deactivate();
  else if (mode === undefined && interrupt.get('active') === 1) interrupt.set('active', undefined);
}

export function handled(number: number, vcpu: VcpuState): void {
  const intid = flatInterrupt(number);
  if (intid !== undefined) vcpu.run.finished(intid);
  vcpu.run.runs();
}

function acknowledge(register: string): Meaning {
  return {
    apply: (line, scene) => acknowledged(line.vLo, line.subject, scene),
    prove: (line, vcpu) => handles(line.vLo, vcpu),
    tell: (line, vcpu, scene) => {
      const intid = flatInterrupt(line.vLo);
      const answer = intid === undefined ? { value: `0x${line.vLo.toString(16)}` } : {};
      const detail = { ...answer, ...named(line, vcpu) };
      scene.emit(line, vcpu, 'guest', {
        kind: 'irq.acknowledge',
        ...(intid === undefined ? {} : { intid }),
        cause: register,
        ...(Object.keys(detail).length === 0 ? {} : { detail }),
      });
    },
  };
}

const modeOf = (scene: Scene, vcpu: number): boolean | undefined => {
  const control = lastValue(scene, vcpu, 'ICC_CTLR_EL1');
  return control === undefined ? undefined : (control & EOI_MODE_V3) !== 0;
};

const end: Meaning = {
  apply: (line, scene) => ended(line.vLo, line.subject, modeOf(scene, line.subject), scene),
  prove: (line, vcpu) => handled(line.vLo, vcpu),
  tell: (line, vcpu, scene) => {
    const register = line.b === 0 ? 'ICC_EOIR0_EL1' : 'ICC_EOIR1_EL1';
    const intid = flatInterrupt(line.vLo);
    if (intid === undefined) return tellWrite(line, vcpu, scene, register);
    const detail = { register, ...named(line, vcpu) };
    scene.emit(line, vcpu, 'guest', { kind: 'irq.drop', intid, detail });
  },
};

/** With EOImode 0 a DIR has no effect, and an LPI has no active state (§6.5). */
const deactivate: Meaning = {
  apply: (line, scene) => {
    const mode = modeOf(scene, line.subject);
    if (mode === false || line.vLo >= FIRST_LPI) return;
    const interrupt = scene.flat.of(line.vLo, line.subject);
    if (mode === true) interrupt?.deactivate();
    else if (interrupt?.get('active') === 1) interrupt.set('active', undefined);
  },
  prove: (_line, vcpu) => vcpu.run.runs(),
  tell: (line, vcpu, scene) => {
    const register = 'ICC_DIR_EL1';
    const intid = flatInterrupt(line.vLo);
    if (intid === undefined) return tellWrite(line, vcpu, scene, register);
    const detail = { register, ...named(line, vcpu) };
    scene.emit(line, vcpu, 'guest', { kind: 'irq.deactivate', intid, detail });
  },
};

/** A number that is no interrupt has no effect; the write is shown as it is. */
function tellWrite(line: TraceLine, vcpu: number, scene: Scene, register: string): void {
  tellAccess(line, vcpu, scene, register, 'write', false, vcpu < 0 ? { affinity: line.a } : undefined);
}

const UNITS = ['CPU interface, group 0', 'CPU interface, secure group 1', 'CPU interface'] as const;

/** The group whose number is that of the last unit. */
const NON_SECURE = 2;

const candidate: Meaning = {
  prove: (line, vcpu, scene) => {
    const isNone = line.d === NO_PRIORITY;
    const interrupt = isNone ? undefined : scene.flat.of(line.b, vcpu.index);
    interrupt?.isCandidate(line.d);
    if (interrupt !== undefined && scene.flat.hasTwoStates) interrupt.isSecure = line.c !== NON_SECURE;
    scene.flat.candidate(vcpu.index, interrupt);
    const intid = isNone ? undefined : flatInterrupt(line.b);
    scene.slots.set(vcpu.hppi, intid ?? 0);
    scene.slots.set(vcpu.hppiPriority, line.d);
  },
  tell: (line, vcpu, scene) => {
    // Without a candidate the number is left over from an earlier one (§17, rule 5).
    const intid = line.d === NO_PRIORITY ? undefined : flatInterrupt(line.b);
    const unit = intid === undefined ? 'CPU interface' : (UNITS[line.c] ?? 'CPU interface');
    tellCandidate(line, vcpu, scene, unit, intid, line.d, vcpu < 0 ? { affinity: line.a } : undefined);
  },
};

const signals: Meaning = {
  prove: (line, vcpu, scene) => {
    vcpu.setSignals(line.c, line.b, 0);
    scene.flat.signalled(vcpu.index, line.b !== 0 || line.c !== 0);
  },
  tell: (line, vcpu, scene) => {
    tellSignals(line, vcpu, scene, line.c, line.b, 0, vcpu < 0 ? { affinity: line.a } : undefined);
  },
};

/** A write of ICC_SGI<n>R_EL1; which SGIs become pending where, the redistributors say. */
const generate: Meaning = {
  prove: (_line, vcpu) => vcpu.run.runs(),
  tell: (line, vcpu, scene) => {
    const toAll = line.c !== 0;
    const detail = {
      SGI: line.b,
      ...(toAll ? { targets: 'all but self' } : { targets: `0x${line.e.toString(16)}`, 'target affinity': line.d }),
      ...named(line, vcpu),
    };
    scene.emit(line, vcpu, 'guest', {
      kind: 'register.access',
      register: 'ICC_SGI1R_EL1',
      op: 'write',
      value: sgiValue(line),
      detail,
    });
  },
};

/** The register's value as far as the line prints it (gicv3-behaviour §7): target list, Aff1 to Aff3, SGI, IRM. */
function sgiValue({ b, c, d, e }: TraceLine): bigint {
  const [aff1, aff2, aff3] = [d & 255, (d >>> 8) & 255, (d >>> 16) & 255];
  const high = (BigInt(aff3) << 48n) | (BigInt(c) << 40n) | (BigInt(aff2) << 32n);
  return high | (BigInt(b) << 24n) | (BigInt(aff1) << 16n) | BigInt(e);
}

const sgiArrives: Meaning = {
  apply: (line, scene) => scene.flat.of(line.b, line.subject)?.pend(),
  tell: (line, vcpu, scene) => {
    const intid = flatInterrupt(line.b);
    if (intid === undefined) return;
    scene.emit(line, vcpu, 'hardware', {
      kind: 'irq.pend',
      intid,
      pending: true,
      cause: 'SGI',
      ...(vcpu < 0 ? { detail: { affinity: line.a } } : {}),
    });
  },
};

/** `number` and `level` pick the fields; the line names a vCPU where the interrupt is private. */
export function lineChange(number: (line: TraceLine) => number, level: (line: TraceLine) => number): Meaning {
  return {
    apply: (line, scene) => scene.flat.of(number(line), line.subject)?.setLine(level(line) === 0 ? 0 : 1),
    tell: (line, vcpu, scene) => {
      const intid = flatInterrupt(number(line));
      if (intid !== undefined) tellInput(line, vcpu, scene, intid, level(line));
    },
  };
}

export const GICV3_CPU_INTERFACE = {
  gicv3_icc_iar0_read: acknowledge('ICC_IAR0_EL1'),
  gicv3_icc_iar1_read: acknowledge('ICC_IAR1_EL1'),
  gicv3_icc_nmiar1_read: acknowledge('ICC_NMIAR1_EL1'),
  gicv3_icc_eoir_write: end,
  gicv3_icc_dir_write: deactivate,
  gicv3_cpuif_update: candidate,
  gicv3_cpuif_set_irqs: signals,
  gicv3_icc_generate_sgi: generate,
  gicv3_redist_send_sgi: sgiArrives,
  gicv3_redist_set_irq: lineChange(
    (line) => line.b,
    (line) => line.c,
  ),
  gicv3_dist_set_irq: lineChange(
    (line) => line.a,
    (line) => line.b,
  ),
  ...cpuRegister,
} as const satisfies Partial<Record<Gicv3CpuEvent | Gicv3FrameEvent, Meaning>>;
