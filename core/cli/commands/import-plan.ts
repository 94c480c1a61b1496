/** `import --dry-run`: what the files are, how they would become one trace, and where it would go; nothing is done. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Args, type Result } from '../../session/contract.ts';
import { printable } from '../../state/units.ts';
import { type Context } from '../context.ts';
import { EXIT, type ExitCode } from '../failure.ts';
import { type Shape } from '../shapes.ts';
import { spoolHead } from '../stdin.ts';

type Plan = Result<'import.plan'>;

/** How much of standard input is looked at; a format is told by less. */
const LOOKED_AT = 1024 * 1024;

/** @param request as for the import; `-` among its files is standard input */
export async function sayPlan(
  context: Context,
  request: Args<'import.plan'>,
  files: readonly string[],
  shownOutput: string | undefined,
  json: boolean,
): Promise<ExitCode> {
  const folder = mkdtempSync(join(tmpdir(), 'gicscope-'));
  try {
    const head = join(folder, 'stdin');
    if (files.includes('-')) await spoolHead(context.io.stdin, head, LOOKED_AT);
    const paths = files.map((file) => (file === '-' ? head : context.path(file)));
    const plan = await context.call('import.plan', { ...request, files: paths });
    const document = planDocument(plan, files, shownOutput);
    if (json) await context.out.json(document);
    else await context.out.write(`${planLines(document, plan).map(printable).join('\n')}\n`);
    if (document.problem === null) return EXIT.done;
    if (plan.files.every(({ format }) => format !== '')) context.say(document.problem);
    return EXIT.badInput;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Names as they were given. */
function planDocument(plan: Plan, files: readonly string[], output: string | undefined): Shape<'importPlan'> {
  return {
    files: plan.files.map(({ path, format, message }, i) => ({
      file: files[i] ?? path,
      format: orNull(format),
      message: message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message,
    })),
    recordings: plan.recordings.map(({ files: members, placed }) => ({
      files: members.map((index) => files[index] ?? ''),
      placed,
    })),
    frames: orNull(plan.registers.frames),
    output: output ?? null,
    // Without an output it is what the app would go on with.
    there: output === undefined ? null : (plan.earlier?.state ?? null),
    room: plan.room,
    problem: orNull(plan.problem || plan.registers.problem),
  };
}

const orNull = (text: string): string | null => (text === '' ? null : text);

const WHAT_THERE: Readonly<Record<NonNullable<Plan['earlier']>['state'], string>> = {
  cut: 'where an import of it was cut off: --resume finishes it',
  complete: 'which exists and is complete: --overwrite replaces it',
  other: 'which exists and is something else: --overwrite replaces it',
  busy: 'which is in use',
};

function planLines({ files, recordings, frames, output, there, problem }: Shape<'importPlan'>, plan: Plan): string[] {
  const lines = files.map(({ file, message }) => `${file === '-' ? 'standard input' : file}: ${message}`);
  if (problem !== null) return lines;
  if (files.length > 1)
    for (const [i, { files: members, placed }] of recordings.entries())
      lines.push(
        `recording ${i + 1}: ${members.join(', ')}${members.length > 1 ? ', merged line by line' : ''}; times ${i === 0 ? 'are ' : ''}${placed}`,
      );
  if (frames !== null)
    lines.push(`register frames: ${frames}${plan.registers.needed ? '' : '; not needed, the lines name registers'}`);
  if (output === null) return [...lines, 'can be imported: -o TRACE says where to'];
  return [...lines, `would be imported to ${output}${there === null ? '' : `, ${WHAT_THERE[there]}`}`];
}
