/**
 * What is known of a recorded machine beforehand: where its GIC's register frames are. A recording does not say; a
 * device tree does (device-tree.ts), or the user. Which registers a frame holds depends on the GIC's model, which the
 * frames themselves tell: GICv5 has an IRS, GICv2 a CPU interface in memory, GICv3 redistributors.
 */
import { type Frame } from '../../gic/registers.ts';
import { type GicModel } from '../../trace/sink.ts';

/** As people name frames. */
export const FRAME_NAMES = ['GICD', 'GICR', 'GICC', 'ITS', 'IRS'] as const;
export type FrameName = (typeof FRAME_NAMES)[number];

export interface FramePlace {
  readonly name: FrameName;
  readonly base: bigint;
  /** Bytes; absent: as much as such a frame has. */
  readonly size?: bigint;
  /** Of redistributors: bytes from one to the next; absent: two pages. */
  readonly stride?: bigint;
}

export interface Machine {
  readonly gic: GicModel;
  readonly frames: readonly FramePlace[];
  /** Where this is known from, for people. */
  readonly from: string;
}

interface FrameKind {
  readonly model: GicModel;
  readonly name: FrameName;
  /** The register table. */
  readonly frame: Frame;
  readonly size: bigint;
}

const PAGE = 0x1_0000n;
const REDISTRIBUTOR = 2n * PAGE;
const MOST_REDISTRIBUTORS = 512n;

const KINDS: readonly FrameKind[] = [
  { model: 'v3', name: 'GICD', frame: 'GICD', size: PAGE },
  { model: 'v3', name: 'GICR', frame: 'GICR', size: MOST_REDISTRIBUTORS * REDISTRIBUTOR },
  { model: 'v3', name: 'ITS', frame: 'GITS', size: 2n * PAGE },
  { model: 'v2', name: 'GICD', frame: 'GICD_V2', size: 0x1000n },
  { model: 'v2', name: 'GICC', frame: 'GICC', size: 0x2000n },
  { model: 'v5', name: 'IRS', frame: 'IRS', size: 2n * PAGE },
  { model: 'v5', name: 'ITS', frame: 'ITS', size: 2n * PAGE },
];

/** The model of a GIC with such frames. */
export function modelOf(frames: readonly Pick<FramePlace, 'name'>[]): GicModel {
  const has = (name: FrameName): boolean => frames.some((frame) => frame.name === name);
  return has('IRS') ? 'v5' : has('GICR') ? 'v3' : has('GICC') ? 'v2' : has('GICD') ? 'v3' : 'unknown';
}

export interface Place {
  readonly name: FrameName;
  readonly frame: Frame;
  /** Of the frame, or of the redistributor within its frame. */
  readonly base: bigint;
  /** Of redistributors: the how manieth of its frame. */
  readonly index?: number;
}

/** The frame that holds an address; where two overlap, the one that begins last. */
export function placeOf({ gic, frames }: Machine, address: bigint): Place | undefined {
  let found: Place | undefined;
  for (const { name, base, size, stride = REDISTRIBUTOR } of frames) {
    const kind = KINDS.find((row) => row.model === gic && row.name === name);
    if (kind === undefined || address < base || address >= base + (size ?? kind.size)) continue;
    if (found !== undefined && found.base >= base) continue;
    const index = name === 'GICR' ? (address - base) / stride : undefined;
    found =
      index === undefined
        ? { name, frame: kind.frame, base }
        : { name, frame: kind.frame, base: base + index * stride, index: Number(index) };
  }
  return found;
}

/** `GICD 0x8000000, GICR 0x80a0000 (from the device tree virt.dtb)` */
export function framesText({ frames, from }: Machine): string {
  return `${frames.map(({ name, base }) => `${name} 0x${base.toString(16)}`).join(', ')} (from ${from})`;
}
