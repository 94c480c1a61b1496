import { basename } from 'node:path';
import { type Args } from '../../session/contract.ts';
import { MOST_FILES } from '../../session/contract/tasks.ts';
import { copyInput } from '../../session/copy-input.ts';
import { countOf, countText, durationText } from '../../state/units.ts';
import { defineCommand } from '../command.ts';
import { type Context } from '../context.ts';
import { CliFailure, EXIT, type ExitCode } from '../failure.ts';
import { follow } from '../follow.ts';
import { frames } from '../frames.ts';
import { type FileOffset, offsets } from '../offsets.ts';
import { flag, integer, JSON_FLAG, OVERWRITE_FLAG, text } from '../options.ts';
import { newTrace } from '../output-file.ts';
import { ofStdin } from '../stdin.ts';
import { sayPlan } from './import-plan.ts';
import { isImported } from './import-resume.ts';
import { infoDocument } from './info.ts';

export const importCommand = defineCommand({
  name: 'import',
  summary: 'make a trace of recordings',
  description:
    'Reads QEMU logs and binary traces, trace.dat, ftrace text and text of perf script, plain or compressed (.xz, ' +
    '.gz, .zst), and writes a trace. The format is found from the content unless --format says it. Several files ' +
    'merge by time: logs of one emulator line by line, others as recordings side by side, aligned by --offset, by ' +
    'their clock, or by interrupts that both show (info says by which). Every line is accounted for: what cannot be ' +
    'read is counted and kept (info --skipped). With --follow a log that still grows, or a pipe, is read as it ' +
    'comes: the trace can be opened from the first events on and shows what came within a second; with --resume as ' +
    'well it goes on with the trace that is there. --resume alone finishes an import that was killed. Ctrl-C stops ' +
    'cleanly: what was imported so far is kept and usable.',
  arguments: {
    files: { name: 'FILE', description: 'recordings, or - for standard input', arity: 'many', completes: 'file' },
  },
  options: {
    output: text('--output', 'TRACE', 'trace to write; --dry-run goes without', { short: '-o', completes: 'trace' }),
    format: text('--format', 'F', 'format of the files, when their content does not tell'),
    vcpus: integer('--vcpus', 'N', 'number of vCPUs, where the recording does not say it', 1, 512),
    dtb: text('--dtb', 'FILE', "device tree blob of a recorded guest: where its GIC's registers are", {
      completes: 'file',
    }),
    frames: frames('--frames', 'the same without a device tree, of several with commas between'),
    offset: offsets('--offset', 'what to add to the times of a file, of several with commas between'),
    guest: text(
      '--guest',
      'FILE',
      'an ftrace recording made inside the guest, whose CPU n is vCPU n; of several with commas',
      {
        completes: 'file',
      },
    ),
    follow: flag('--follow', 'read on as the file or pipe grows, until it ends or Ctrl-C'),
    resume: flag('--resume', 'go on with an import that was cut off, killed or stopped'),
    dryRun: flag('--dry-run', 'say what each file is and what would be done, and do nothing'),
    keepPartial: flag('--keep-partial', 'keep what can be read of a file that is cut short or damaged'),
    overwrite: OVERWRITE_FLAG,
    json: JSON_FLAG,
  },
  json: 'import',
  examples: [
    { command: 'gicscope import boot.log.zst -o boot.gscope', says: 'one compressed log' },
    { command: 'gicscope import torn.log.zst -o torn.gscope --keep-partial', says: 'what a full disk left of a log' },
    {
      command: 'gicscope import boot.log guest.txt -o both.gscope --offset guest.txt=+1.5ms',
      says: 'an emulator and its guest, side by side',
    },
    { command: 'gicscope import boot.log.zst --dry-run', says: 'what is this file, and would it work?' },
    {
      command: 'gicscope import - -o boot.gscope --overwrite < boot.log',
      says: 'from a pipe, replacing the old trace',
    },
    {
      command: 'gicscope import boot.log.zst -o boot2.gscope --resume',
      says: 'again after a crash: finishes it, or says that it is complete',
    },
    {
      command: 'gicscope import - -o live.gscope --follow < boot.log',
      says: 'as it comes; also: ssh host cat /sys/kernel/tracing/trace_pipe | gicscope import - …',
    },
  ],
  async run(
    context,
    { files },
    {
      output,
      format,
      vcpus,
      dtb,
      frames: places,
      offset,
      guest,
      follow: grows,
      resume,
      dryRun,
      keepPartial,
      overwrite,
      json,
    },
  ) {
    if (files.length > MOST_FILES)
      throw new CliFailure('usage', `${countText(files.length)} files; at most ${countText(MOST_FILES)} are merged`);
    if (grows) checkFollow(files, offset !== undefined || dryRun);
    if (dtb !== undefined && places !== undefined) throw new CliFailure('usage', 'either --dtb or --frames');
    if (resume && overwrite) throw new CliFailure('usage', 'either --resume or --overwrite');
    const how = {
      ...(format === undefined ? {} : { format }),
      ...(dtb === undefined ? {} : { dtb: context.path(dtb) }),
      ...(places === undefined ? {} : { frames: [...places] }),
      ...(offset === undefined ? {} : { offsets: perFile(offset, files) }),
      ...(guest === undefined ? {} : { guests: placesOf(guest.split(','), files) }),
    };
    if (dryRun) {
      const there = output === undefined ? {} : { output: newTrace(context, output, true) };
      return sayPlan(context, { ...how, files: [], ...there }, files, output, json);
    }
    if (output === undefined) throw new CliFailure('usage', "required option '-o, --output <TRACE>' not specified");
    const path = newTrace(context, output, overwrite || resume);
    if (resume && !grows && (await isImported(context, path, output, files))) return EXIT.done;
    const isAlone = files.length === 1 && offset === undefined && format !== 'scenario';
    const copies = files.includes('-') && !isAlone;
    const inputs = copies ? await gather(context, files) : piped(context, files);
    try {
      const request = {
        files: inputs.paths,
        output: path,
        overwrite: overwrite || (resume && !grows),
        ...how,
        ...(keepPartial ? { keepPartial } : {}),
        ...(grows ? { follow: true, ...(resume ? { resume } : {}) } : {}),
        ...(vcpus === undefined ? {} : { vcpus }),
      };
      return await importFiles(context, request, output, inputs.stopped, json);
    } catch (error) {
      throw ofStdin(error, inputs.copy);
    } finally {
      inputs.discard();
    }
  },
});

/** For calls that Ctrl-C does not end, because what was imported is kept. */
const NEVER = new AbortController().signal;

interface Inputs {
  readonly paths: string[];
  /** Where standard input was copied to. */
  readonly copy?: string;
  /** Ctrl-C came while standard input was read. */
  readonly stopped: boolean;
  readonly discard: () => void;
}

/** @throws CliFailure `usage` */
function checkFollow(files: readonly string[], hasMore: boolean): void {
  if (files.length > 1) throw new CliFailure('usage', '--follow reads one file or pipe');
  if (hasMore) throw new CliFailure('usage', '--follow goes neither with --offset nor with --dry-run');
}

/** Read by the backend as it comes; `-` stays what it is. */
function piped(context: Context, files: readonly string[]): Inputs {
  if (files.includes('-') && context.io.isTty.stdin) context.say('reading standard input; Ctrl-D ends it');
  return {
    paths: files.map((file) => (file === '-' ? file : context.path(file))),
    stopped: false,
    discard: () => undefined,
  };
}

/** Several are read side by side and some of them twice, so standard input among them is copied first. */
async function gather(context: Context, files: readonly string[]): Promise<Inputs> {
  if (files.filter((file) => file === '-').length > 1) throw new CliFailure('usage', '- may be given once');
  if (context.io.isTty.stdin) context.say('reading standard input; Ctrl-D ends it');
  // Ctrl-C ends the copy, not the command: what came until then is kept.
  const { path, stopped, discard } = await copyInput(context.io.stdin, context.io.signal);
  return { paths: files.map((name) => (name === '-' ? path : context.path(name))), copy: path, stopped, discard };
}

/** The place of a file that is named as given, or without folders where one has this name. @throws CliFailure */
function placeOf(option: string, name: string, files: readonly string[]): number {
  const given = files.indexOf(name);
  const [place, another] = given >= 0 ? [given] : files.flatMap((file, i) => (basename(file) === name ? [i] : []));
  if (place !== undefined && another === undefined) return place;
  const problem = place === undefined ? 'there is no such file' : 'several have this name: say which, with its folder,';
  throw new CliFailure('usage', `${option}: ${problem} among those to import`);
}

/** Offsets in the order of the files. @throws CliFailure for another file */
function perFile(offsets: readonly FileOffset[], files: readonly string[]): (number | null)[] {
  const perFile = new Map(offsets.map(({ file, ns }) => [placeOf(`--offset ${file}=…`, file, files), ns]));
  return files.map((_, place) => perFile.get(place) ?? null);
}

/** The indexes of the files with these names. @throws CliFailure for another file */
function placesOf(names: readonly string[], files: readonly string[]): number[] {
  return [...new Set(names.map((name) => placeOf(`--guest ${name}`, name, files)))].toSorted((a, b) => a - b);
}

/** After Ctrl-C the backend finishes the trace with what it has. */
async function importFiles(
  context: Context,
  request: Args<'import.start'>,
  shownOutput: string,
  stoppedBefore: boolean,
  json: boolean,
): Promise<ExitCode> {
  const began = context.io.now();
  const stop = stoppedBefore ? NEVER : context.io.signal;
  const start = async (): Promise<number> => (await context.call('import.start', request, NEVER)).task;
  const last = await follow(context, start, stop);
  // Ctrl-C reaches a whole pipeline, so the end of the pipe may be seen before it.
  const stopped =
    stoppedBefore ||
    last.state === 'cancelled' ||
    ((request.follow === true || request.files.includes('-')) && stop.aborted);
  if (last.output === null) {
    context.say('stopped: nothing was imported, and no trace was written');
    return EXIT.interrupted;
  }
  const said = request.dtb !== undefined || request.frames !== undefined;
  const isWhole = await report(context, last.output, shownOutput, stopped, context.io.now() - began, json, said);
  if (stopped) return EXIT.interrupted;
  // A torn file is kept because that was asked for; a log that was cut while it was followed is news.
  return isWhole || request.follow !== true ? EXIT.done : EXIT.badInput;
}

/** Tells what was imported; whether the source was read to its end. `said`: a person said where registers are. */
async function report(
  context: Context,
  output: string,
  shownOutput: string,
  stopped: boolean,
  elapsedMs: number,
  json: boolean,
  said: boolean,
): Promise<boolean> {
  const info = await context.call('trace.open', { path: output }, NEVER);
  const { id } = info;
  const document = json
    ? infoDocument(info, {
        taken: await context.call('trace.interrupts', { id }, NEVER),
        raised: await context.call('analysis.injections', { id }, NEVER),
      })
    : undefined;
  await context.call('trace.close', { id }, NEVER);
  const lines = info.lines;
  const read = lines === null ? '' : `${countOf(lines.read, 'line')}, `;
  const skipped = lines === null || lines.skipped === 0 ? '' : `, ${countOf(lines.skipped, 'line')} skipped`;
  context.say(
    `${stopped ? 'stopped; what was imported is kept: ' : ''}${shownOutput}: ${read}${countOf(info.events, 'event')}` +
      `${skipped}, in ${durationText(elapsedMs * 1e6)}`,
  );
  const cut = info.source.facts['ends early'];
  if (cut !== undefined) context.say(`the source ends early: ${cut}`);
  for (const [fact, why] of Object.entries(info.source.facts))
    if (/\bno (?:vCPUs|fields)$/.test(fact)) context.say(`${fact}: ${why}`);
  const isSaid = said && !Object.keys(info.source.facts).some((fact) => fact.endsWith('register frames'));
  if (isSaid) context.say('where registers are was not needed: the lines of the source name them');
  if (document !== undefined)
    context.io.stdout.write(`${JSON.stringify({ output, stopped, info: document }, undefined, 2)}\n`);
  return cut === undefined;
}
