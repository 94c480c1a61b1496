/** `import.plan`: what an import would do, where its trace would go, and whether there is room for it. */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ImportError, planImport } from '../import/import.ts';
import { framesText } from '../import/machine/machine.ts';
import { type Args, type Result } from './contract.ts';
import { detectFile } from './detect.ts';
import { type EarlierTrace, earlierTrace } from './earlier-trace.ts';
import { SessionError } from './failure.ts';
import { checkRoom, checkWritable, freeName, noFolder, roomFor } from './import-task.ts';
import { recordedMachine } from './recorded-machine.ts';
import { isScenarioFile } from './scenario-file.ts';

type Request = Args<'import.plan'>;
type PlannedFile = Result<'import.plan'>['files'][number];

/** Recordings of a KVM host, which name registers by address. */
const HOST_KINDS: ReadonlySet<string> = new Set(['trace.dat', 'ftrace', 'perf']);

export async function planOf(imports: string, request: Request): Promise<Result<'import.plan'>> {
  const { files, format, offsets, guests, output = '' } = request;
  const paths = files.map((file) => resolve(file));
  const target = targetOf(imports, paths, output);
  const folder = existing(dirname(target.output));
  const machine = attempt(() => recordedMachine(request));
  const frames = machine.value === undefined ? '' : framesText(machine.value);
  const isThere = output === '' || folder === dirname(target.output);
  const { problem } = attempt(() => {
    if (!isThere) noFolder(dirname(target.output));
    checkWritable(folder);
    checkRoom(paths, folder);
  });
  const common = { ...target, room: roomFor(paths, folder) };
  const registers = { needed: false, frames, problem: machine.problem };
  const [only] = paths;
  // A scenario is made a trace by recording it.
  if (only !== undefined && paths.length === 1 && format === undefined && isScenarioFile(only)) {
    const found = await detectFile(only);
    const file = { ...fileOf(only), format: found.kind === 'importable' ? found.format : '', message: found.message };
    return {
      ...common,
      files: [file],
      recordings: [],
      registers,
      problem: file.format === '' ? CANNOT : problem,
    };
  }
  const plan = await planImport(paths, {
    ...(format === undefined ? {} : { format }),
    ...(offsets === undefined ? {} : { offsets: offsets.map((offset) => offset ?? undefined) }),
    ...(guests === undefined ? {} : { guests }),
  });
  return {
    ...common,
    files: plan.files.map(({ file, format: found, message, wrappers }) => ({
      ...fileOf(file),
      format: found?.id ?? '',
      message,
      follows: found?.follows === true && wrappers.length === 0,
      insideGuests: found?.insideGuests === true,
    })),
    recordings: plan.recordings.map(({ files: members, placed }) => ({ files: [...members], placed })),
    registers: {
      ...registers,
      needed: plan.files.some(({ format: found }) => found !== undefined && HOST_KINDS.has(found.kind)),
    },
    problem: plan.problem ?? problem,
  };
}

const CANNOT = 'this file cannot be imported';

function fileOf(path: string): PlannedFile {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  return { path, bytes, format: '', message: '', follows: false, insideGuests: false };
}

/** The output that was named, or the next free one of the source's; and what is in the way there. */
function targetOf(
  imports: string,
  files: readonly string[],
  named: string,
): { readonly output: string; readonly earlier: EarlierTrace | null } {
  if (named !== '') {
    const output = resolve(named);
    return { output, earlier: earlierTrace(output, files) ?? null };
  }
  const isTaken = (path: string): boolean => existsSync(path) || existsSync(`${path}.partial`);
  const { name, before } = freeName(imports, files[0] ?? '', isTaken);
  const earlier = before === undefined ? undefined : earlierTrace(before, files);
  return { output: name, earlier: earlier === undefined || earlier.state === 'other' ? null : earlier };
}

/** What it gives, or the message of its refusal. */
function attempt<T>(action: () => T): { readonly value?: T; readonly problem: string } {
  try {
    return { value: action(), problem: '' };
  } catch (thrown) {
    if (thrown instanceof ImportError || thrown instanceof SessionError) return { problem: thrown.message };
    throw thrown;
  }
}

/** The folder, or the nearest one above it that is there. */
function existing(folder: string): string {
  let at = resolve(folder);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  return at;
}
