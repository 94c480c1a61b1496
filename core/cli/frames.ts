/** `--frames GICD=0x8000000,GICR=0x80a0000`: where register frames are. */
import { type Args } from '../session/contract.ts';
import { FRAME_NAMES } from '../session/contract/tasks.ts';
import { type ValueOption } from './command.ts';
import { CliFailure } from './failure.ts';

export type FrameBase = NonNullable<Args<'import.start'>['frames']>[number];

const FRAME = /^([A-Z]+)=(0x[0-9a-f]{1,16})$/i;

function parse(text: string): readonly FrameBase[] {
  return text.split(',').map((part) => {
    const [, given, base = ''] = FRAME.exec(part.trim()) ?? [];
    const name = FRAME_NAMES.find((known) => known === given?.toUpperCase());
    if (name === undefined)
      throw new CliFailure(
        'usage',
        `FRAME=ADDRESS is expected, such as GICD=0x8000000,GICR=0x80a0000; frames: ${FRAME_NAMES.join(', ')}`,
      );
    return { name, base: base.toLowerCase() };
  });
}

export function frames(name: string, description: string): ValueOption<readonly FrameBase[]> {
  return { type: 'value', flag: name, value: 'FRAME=ADDRESS', description, completes: 'nothing', parse };
}
