/** `--frames GICD=0x8000000,GICR=0x80a0000`: where register frames are. */
import { FRAME_LIST_FORM, type FrameBase, parseFrameList } from '../session/vocabulary.ts';
import { type ValueOption } from './command.ts';
import { CliFailure } from './failure.ts';

function parse(text: string): readonly FrameBase[] {
  const frames = parseFrameList(text);
  if (frames === undefined) throw new CliFailure('usage', FRAME_LIST_FORM);
  return frames;
}

export function frames(name: string, description: string): ValueOption<readonly FrameBase[]> {
  return { type: 'value', flag: name, value: 'FRAME=ADDRESS', description, completes: 'nothing', parse };
}
