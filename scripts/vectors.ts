/**
 * `npm run vectors -- FILE [--json]`: plays a file of vectors on the emulator and compares every result, side effect
 * and state key after every step.
 * Exit: 0 all equal, 1 a difference, 2 usage, 3 bad input.
 */
import { parseArgs } from 'node:util';
import { VectorError } from './vectors/format.ts';
import { FORMATS } from './vectors/formats.ts';
import { type FileSummary, playFile } from './vectors/play-file.ts';

const USAGE = `usage: npm run vectors -- FILE [--json]
  FILE    .jsonl or .jsonl.xz with a header line; formats: ${FORMATS.map(({ name }) => name).join(', ')}
  --json  one JSON document on standard output
exit: 0 all equal, 1 a difference, 2 usage, 3 bad input`;

process.exitCode = await main();

async function main(): Promise<number> {
  let file: string | undefined;
  let json = false;
  try {
    const { values, positionals } = parseArgs({
      options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
      allowPositionals: true,
    });
    if (values.help) {
      console.log(USAGE);
      return 0;
    }
    json = values.json ?? false;
    if (positionals.length !== 1) throw new TypeError(`expected one FILE, found ${positionals.length}`);
    [file] = positionals;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
    return 2;
  }
  try {
    const summary = await playFile(file ?? '');
    console.log(json ? asJson(summary) : asTable(summary));
    return summary.mismatched === 0 && summary.first === undefined ? 0 : 1;
  } catch (error) {
    if (!(error instanceof VectorError)) throw error;
    console.error(error.message);
    return 3;
  }
}

function asJson({ vectors, steps, matched, mismatched, first }: FileSummary): string {
  const where = first && {
    id: first.id,
    step: first.step,
    key: first.key,
    expected: first.expected,
    found: first.found,
  };
  return JSON.stringify({ vectors, steps, matched, mismatched, first: where ?? null });
}

function asTable(summary: FileSummary): string {
  const rows: [string, string | number][] = [
    ['format', summary.format],
    ['profile', summary.profile],
    ['vectors', summary.vectors],
    ['steps', summary.steps],
    ['matched', summary.matched],
    ['mismatched', summary.mismatched],
  ];
  const { first } = summary;
  if (first !== undefined)
    rows.push(
      ['first at', `${first.id}, step ${first.step}`],
      ['key', first.key],
      ['expected', JSON.stringify(first.expected)],
      ['found', JSON.stringify(first.found)],
    );
  return rows.map(([name, value]) => `${name.padEnd(11)}${value}`).join('\n');
}
