/** `--offset guest.dat=+1.5ms,host.dat=-2s`: what to add to the times of files. */
import { type ValueOption } from './command.ts';
import { CliFailure } from './failure.ts';

export interface FileOffset {
  readonly file: string;
  /** Nanoseconds. */
  readonly ns: number;
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
]);
const OFFSET = /^(.+)=([+-]?\d{1,12}(?:\.\d{1,9})?)(ns|us|µs|ms|s)$/;

function parse(text: string): readonly FileOffset[] {
  return text.split(',').map((part) => {
    const [, file, number, unit] = OFFSET.exec(part.trim()) ?? [];
    if (file === undefined || unit === undefined)
      throw new CliFailure('usage', 'FILE=OFFSET is expected, such as guest.dat=+1.5ms (ns, us, ms or s)');
    return { file, ns: Math.round(Number(number) * (UNITS.get(unit) ?? 1)) };
  });
}

export function offsets(name: string, description: string): ValueOption<readonly FileOffset[]> {
  return { type: 'value', flag: name, value: 'FILE=OFFSET', description, completes: 'nothing', parse };
}
