/** Exceptions that `-d int` logs: interrupts taken, and others with what is known of them. */
import { type ExceptionEvent } from '../events/exceptions.ts';
import { KNOWN } from '../exceptions.ts';
import { type TraceLine, u64 } from '../trace-line.ts';
import { OTHER } from './other.ts';
import { type Meaning } from './scene.ts';

/** Names that the emulator gives to interrupt exceptions of the machine itself. */
const INTERRUPTS: ReadonlySet<string> = new Set(['IRQ', 'FIQ']);

function details(line: TraceLine): Record<string, string | number> {
  const { f, s, c, d, e, t } = line;
  return {
    exception: Buffer.from(s).toString(),
    ...(f & KNOWN.levels ? { 'from EL': c, 'to EL': d } : {}),
    ...(f & KNOWN.syndrome && e !== 0 ? { ESR: `0x${e.toString(16)}` } : {}),
    ...(t === '' ? {} : { FAR: t }),
  };
}

const taken: Meaning = {
  prove: (line, vcpu, scene) => {
    if (INTERRUPTS.has(line.s)) vcpu.run.takesException(scene.showsDeactivations);
    else vcpu.run.runs();
  },
  tell: (line, vcpu, scene) => {
    const from = line.f & KNOWN.from ? { from: u64(line.vLo, line.vHi) } : {};
    const to = line.f & KNOWN.to ? { to: u64(line.wLo, line.wHi) } : {};
    const more = vcpu < 0 && line.b > 0 ? { cpu: line.b } : {};
    if (INTERRUPTS.has(line.s)) {
      const detail = { ...details(line), ...more };
      return scene.emit(line, vcpu, 'hardware', { kind: 'irq.taken', ...from, ...to, detail });
    }
    const hex = (value: bigint | undefined): string => `0x${value?.toString(16)}`;
    const places = { ...(from.from && { from: hex(from.from) }), ...(to.to && { to: hex(to.to) }) };
    const detail = { ...details(line), ...places, ...more };
    scene.emit(line, vcpu, 'guest', { kind: 'other', event: 'exception', detail });
  },
};

const returns: Meaning = {
  tell: (line, vcpu, scene) => {
    const pc = `0x${u64(line.vLo, line.vHi).toString(16)}`;
    const detail = { from: line.s, to: line.t, pc };
    scene.emit(line, vcpu, 'guest', { kind: 'other', event: 'exception return', detail });
  },
};

/** Parts whose beginning the log lacks are shown as they are. */
export const EXCEPTIONS = {
  'Taking exception': taken,
  'Exception return': returns,
  '...from': OTHER,
  '...with ESR': OTHER,
  '...with FAR': OTHER,
  '...with SPSR': OTHER,
  '...with ELR': OTHER,
  '...to': OTHER,
  '...handled as': OTHER,
} as const satisfies Record<ExceptionEvent, Meaning>;
