/** Places of register frames as people write them: `GICD=0x8000000,GICR=0x80a0000`. */
import { FRAME_NAMES, type FrameName } from './machine.ts';

export interface FrameBase {
  readonly name: FrameName;
  /** Hexadecimal, as it goes over the contract. */
  readonly base: string;
}

const FRAME = /^([A-Z]+)=(0x[0-9a-f]{1,16})$/i;

export const FRAME_LIST_FORM = `FRAME=ADDRESS is expected, such as GICD=0x8000000,GICR=0x80a0000; frames: ${FRAME_NAMES.join(', ')}`;

/** Undefined: it is no such list. A frame may be named several times: redistributors can have several regions. */
export function parseFrameList(text: string): readonly FrameBase[] | undefined {
  const frames: FrameBase[] = [];
  for (const part of text.split(',')) {
    const [, given, base = ''] = FRAME.exec(part.trim()) ?? [];
    const name = FRAME_NAMES.find((known) => known === given?.toUpperCase());
    if (name === undefined) return undefined;
    frames.push({ name, base: base.toLowerCase() });
  }
  return frames;
}
