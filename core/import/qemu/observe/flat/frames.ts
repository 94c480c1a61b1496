/**
 * Accesses to the frames of a GICv3 or GICv2: an event with register, offset, size and value, the last value of registers
 * that hold one, and what the access does to interrupts (frame-effects.ts).
 *
 * A redistributor's lines name its vCPU, which is not always the one that accesses it. A distributor's name none; those
 * words of a GICv2's that each CPU has of its own are applied where only one vCPU exists, and become unknown elsewhere.
 */
import { type Frame, type Located, nameAt, registerAt } from '../../../../gic/registers.ts';
import { type Gicv2Event } from '../../events/gicv2.ts';
import { type Gicv3FrameEvent } from '../../events/gicv3.ts';
import { NOBODY, type TraceLine, u64 } from '../../trace-line.ts';
import { type Meaning, type Scene } from '../scene.ts';
import { eachInterrupt, frameEffect, groupEffect } from './frame-effects.ts';
import { FIRST_SHARED } from './state.ts';

interface Shape {
  readonly frame: Frame;
  /** Name of the frame where the tables have no register. */
  readonly name: string;
  readonly op: 'read' | 'write';
  readonly size: (line: TraceLine) => number;
  readonly secure?: (line: TraceLine) => boolean;
  /** The emulator rejected the access. */
  readonly failed?: true;
  /** Interrupts below 32 in this frame are the CPU's own. */
  readonly banked?: true;
}

function frameAccess(shape: Shape): Meaning {
  const { frame, name, op, failed, banked } = shape;
  const isRead = op === 'read';
  const isRedistributor = frame === 'GICR';
  /** Applies what the line says to the interrupts that `of` chooses. */
  const take = (line: TraceLine, scene: Scene, located: Located | undefined, vcpu: number, shared: boolean): void => {
    if (located === undefined || failed) return;
    const isSecure = shape.secure?.(line) === true;
    const effect = isSecure
      ? (groupEffect(located) ?? frameEffect(located))
      : frameEffect(located, scene.flat.hasTwoStates && shape.secure !== undefined);
    if (effect === undefined) return;
    eachInterrupt(effect, located, shape.size(line), line.vLo, line.vHi, isRead, (number) => {
      const isPrivate = number < FIRST_SHARED;
      // A GICv3 distributor has nothing in the words of private interrupts (gicv3-behaviour §9).
      if (isPrivate === shared || (isPrivate && !isRedistributor && banked !== true)) return undefined;
      return scene.flat.of(number, vcpu);
    });
  };
  return {
    apply: (line, scene) => {
      const located = registerAt(frame, line.wLo);
      if (located === undefined || failed) return;
      if (!isRedistributor) take(line, scene, located, NOBODY, true);
      if (isRead) readMachine(line, scene, located);
      keep(line, scene, located, shape, line.subject);
    },
    prove: (line, vcpu, scene) => {
      if (isRedistributor || banked) take(line, scene, registerAt(frame, line.wLo), vcpu.index, false);
    },
    doubt: (line, among, scene) => {
      const located = banked ? registerAt(frame, line.wLo) : undefined;
      const effect = located === undefined ? undefined : frameEffect(located);
      if (effect === undefined || located === undefined || isRead) return;
      for (const { index } of among)
        eachInterrupt(effect, located, shape.size(line), line.vLo, line.vHi, isRead, (number) => {
          if (number < FIRST_SHARED) scene.flat.of(number, index)?.set(effect.field, undefined);
          return undefined;
        });
    },
    tell: (line, vcpu, scene) => {
      const remarks = {
        ...(shape.secure?.(line) === true ? { secure: true } : {}),
        ...(failed ? { rejected: true } : {}),
        ...(isRedistributor && vcpu < 0 ? { affinity: line.a } : {}),
      };
      scene.emit(line, vcpu, 'guest', {
        kind: 'mmio.access',
        register: nameAt(frame, line.wLo, name),
        op,
        size: shape.size(line),
        offset: BigInt(line.wLo),
        ...(failed && isRead ? {} : { value: u64(line.vLo, line.vHi) }),
        ...(Object.keys(remarks).length === 0 ? {} : { detail: remarks }),
      });
    },
  };
}

/** Registers with a field per interrupt live on in the interrupts; those that only act hold nothing. */
function keep(line: TraceLine, scene: Scene, located: Located, shape: Shape, vcpu: number): void {
  const { register, byte } = located;
  const isWhole = byte === 0 && shape.size(line) * 8 === register.width;
  if (!isWhole || register.access === 'WO' || frameEffect(located) !== undefined) return;
  const owner =
    shape.frame === 'GICR' ? (vcpu < 0 ? undefined : `vcpu${vcpu}`) : shape.frame === 'GITS' ? 'its' : 'gic';
  if (owner !== undefined) scene.flat.keep(owner, register, line.vLo, line.vHi);
}

const LAST = 0x10;
const SECURITY_EXTENSION = 0x400;

/** Registers that say how many vCPUs there are: the last redistributor's number, or a GICv2's own count; or states. */
function readMachine({ vLo }: TraceLine, { machine, flat }: Scene, { register }: Located): void {
  if (register.name === 'GICD_TYPER') flat.hasTwoStates = (vLo & SECURITY_EXTENSION) !== 0;
  else if (register.name === 'GICR_TYPER' && vLo & LAST)
    machine.setVcpus(((vLo >>> 8) & 0xffff) + 1, 'GICR_TYPER.Last');
  else if (register.name === 'GICD_V2_TYPER') machine.setVcpus(((vLo >>> 5) & 7) + 1, 'GICD_TYPER.CPUNumber');
}

const first = (line: TraceLine): number => line.a;
const second = (line: TraceLine): number => line.b;
const distributor = (op: 'read' | 'write', failed?: true): Meaning =>
  frameAccess({
    frame: 'GICD',
    name: 'GICD',
    op,
    size: first,
    secure: (line) => line.b !== 0,
    ...(failed && { failed }),
  });
const redistributor = (op: 'read' | 'write', failed?: true): Meaning =>
  frameAccess({
    frame: 'GICR',
    name: 'GICR',
    op,
    size: second,
    secure: (line) => line.c !== 0,
    ...(failed && { failed }),
  });

/** An ITS has no interrupts of its own; its tables do (its.ts). */
export const itsAccess = (op: 'read' | 'write', failed?: true): Meaning =>
  frameAccess({ frame: 'GITS', name: 'GITS', op, size: first, ...(failed && { failed }) });

export const GICV3_FRAMES = {
  gicv3_dist_read: distributor('read'),
  gicv3_dist_write: distributor('write'),
  gicv3_dist_badread: distributor('read', true),
  gicv3_dist_badwrite: distributor('write', true),
  gicv3_redist_read: redistributor('read'),
  gicv3_redist_write: redistributor('write'),
  gicv3_redist_badread: redistributor('read', true),
  gicv3_redist_badwrite: redistributor('write', true),
} as const satisfies Partial<Record<Gicv3FrameEvent, Meaning>>;

const gicv2 = (op: 'read' | 'write'): Meaning =>
  frameAccess({ frame: 'GICD_V2', name: 'GICD', op, size: first, banked: true });

export const GICV2_DISTRIBUTOR = {
  gic_dist_read: gicv2('read'),
  gic_dist_write: gicv2('write'),
} as const satisfies Partial<Record<Gicv2Event, Meaning>>;
