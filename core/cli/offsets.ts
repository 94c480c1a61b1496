/** `--offset guest.dat=+1.5ms,host.dat=-2s`: what to add to the times of files. */
import { parseDuration } from '../state/units.ts';
import { type ValueOption } from './command.ts';
import { CliFailure } from './failure.ts';

export interface FileOffset {
  readonly file: string;
  /** Nanoseconds. */
  readonly ns: number;
}

function parse(text: string): readonly FileOffset[] {
  return text.split(',').map((part) => {
    const at = part.lastIndexOf('=');
    const ns = parseDuration(part.slice(at + 1));
    if (at < 1 || ns === undefined)
      throw new CliFailure('usage', 'FILE=OFFSET is expected, such as guest.dat=+1.5ms (ns, us, ms or s)');
    return { file: part.slice(0, at).trim(), ns };
  });
}

export function offsets(name: string, description: string): ValueOption<readonly FileOffset[]> {
  return { type: 'value', flag: name, value: 'FILE=OFFSET', description, completes: 'nothing', parse };
}
