/**
 * A scenario as a task: run on the emulator, recorded into a finished `.gscope`, in slices between which other calls
 * are answered. The trace carries the scenario's text, profile and seed. When it is finished, what the scenario expects
 * of its record is asked of it with the same search that finds breakpoints.
 */
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { checkScenario, loadScenario, type Scenario, ScenarioRun, type RecordExpectation } from '../scenario/index.ts';
import { TraceReader } from '../trace/reader.ts';
import { type GicModel } from '../trace/sink.ts';
import { TraceWriter } from '../trace/writer.ts';
import { type Result } from './contract.ts';
import { SessionError } from './failure.ts';
import { type TaskControl } from './tasks.ts';
import { TraceSearch } from './trace-search.ts';

export interface RecordJob {
  /** Absolute path of the scenario. */
  readonly file: string;
  /** Absolute path of the trace to write. */
  readonly output: string;
  readonly tool: string;
  readonly profile?: string;
  readonly seed?: number;
}

export type RecordResult = Result<'record.result'>;
type CheckResult = RecordResult['checks'][number];

const MAX_BYTES = 10_000_000;
const MAX_IMAGE_BYTES = 64 * 1024 * 1024;
/** Virtual nanoseconds between two looks at the clock. */
const PIECE = 20_000;
/** Milliseconds after which other calls get their turn. */
const TURN_MS = 30;

/** Does this file's name say that it is a scenario? */
export function isScenarioFile(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}

/** A scenario's file: as given, or the bundled one of this name. @throws SessionError `not-found` */
export function scenarioFile(given: string, samples: string): string {
  if (existsSync(given)) return resolve(given);
  const bundled = join(samples, `${basename(given).replace(/\.ya?ml$/i, '')}.yaml`);
  if (existsSync(bundled)) return bundled;
  throw new SessionError({
    code: 'not-found',
    message: `${given}: there is no such file, and no bundled scenario of this name (gicscope scenario list)`,
  });
}

/** Reads, loads and checks a scenario. @throws ScenarioError, SessionError */
export function readScenario(file: string, options: { profile?: string; seed?: number } = {}): Scenario {
  const size = statSync(file).size;
  if (size > MAX_BYTES)
    throw new SessionError({
      code: 'bad-input',
      message: `${file}:1:1: expected a scenario of at most ${MAX_BYTES} bytes, found ${size}`,
    });
  const scenario = loadScenario(file, readFileSync(file, 'utf8'), {
    ...options,
    readImage: (path) => readImage(resolve(dirname(file), path)),
  });
  checkScenario(scenario);
  return scenario;
}

function readImage(path: string): Uint8Array {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) throw new Error(`${path} is not a file`);
  if (stat.size > MAX_IMAGE_BYTES) throw new Error(`${path} has ${stat.size} bytes, more than ${MAX_IMAGE_BYTES}`);
  return readFileSync(path);
}

/** Runs and records; the path of the trace, or null when a stop left nothing to keep. `done` is told the result. */
export async function runRecord(
  job: RecordJob,
  { signal, stop, advance }: TaskControl,
  done: (result: RecordResult) => void,
): Promise<string | null> {
  advance({ phase: 'Check' });
  const { profile, seed } = job;
  const scenario = readScenario(job.file, {
    ...(profile === undefined ? {} : { profile }),
    ...(seed === undefined ? {} : { seed }),
  });
  const run = new ScenarioRun(scenario);
  const partial = `${job.output}.partial`;
  const source = sourceOf(job.file, scenario);
  const writer = new TraceWriter(partial, {
    journal: run.machine.journal,
    overwrite: true,
    tool: job.tool,
    source,
    config: configOf(scenario),
  });
  let outcome: ScenarioRun['outcome'];
  try {
    run.record(writer);
    run.begin();
    let turn = performance.now();
    while (!run.advance(PIECE)) {
      if (performance.now() - turn < TURN_MS) continue;
      advance({ phase: 'Run', events: run.events, doneBytes: run.time, totalBytes: scenario.data.limit.time });
      await nextTurn();
      turn = performance.now();
      if (signal.aborted) throw new DOMException('cancelled', 'AbortError');
      if (stop.aborted) run.stop();
    }
    outcome = run.outcome;
    advance({ phase: 'Index', events: run.events });
    writer.finish({
      source,
      gic: gicOf(scenario),
      profile: scenario.config.profile.name,
      vcpus: scenario.config.vcpus.length,
    });
  } catch (error) {
    writer.abort();
    if (signal.aborted) return null;
    throw error;
  }
  renameSync(partial, job.output);
  advance({ phase: 'Expectations', events: run.events });
  done(await resultOf(job, outcome, signal));
  return job.output;
}

function sourceOf(file: string, { config, data }: Scenario) {
  return {
    kind: 'scenario' as const,
    files: [basename(file)],
    facts: {
      scenario: data.name,
      about: data.about.trim(),
      profile: config.profile.title,
      seed: String(config.seed),
      clock: 'virtual: one nanosecond an instruction',
    },
  };
}

function configOf({ text, config, data, file }: Scenario): string {
  return JSON.stringify({
    scenario: data.name,
    file: basename(file),
    profile: config.profile.name,
    seed: config.seed,
    text,
  });
}

async function resultOf(
  job: RecordJob,
  { halted, time, checks, about }: ScenarioRun['outcome'],
  signal: AbortSignal,
): Promise<RecordResult> {
  const reader = new TraceReader(job.output);
  try {
    const { contentDigest, stateDigest, events } = reader.info();
    const found = await askRecord(new TraceSearch(reader), about, signal);
    const all: CheckResult[] = [
      ...checks.map(({ ok, what, expected, found: seen, line, column, time: at }) => ({
        ok,
        what,
        expected,
        found: seen,
        line,
        column,
        timeNs: at,
      })),
      ...found,
    ];
    return {
      file: job.file,
      halted,
      timeNs: time,
      events,
      contentDigest: contentDigest ?? '',
      stateDigest: stateDigest ?? '',
      checks: all,
      failed: all.filter(({ ok }) => !ok).length,
    };
  } finally {
    reader.close();
  }
}

/** Expectations about the record, each with what was found. */
async function askRecord(
  search: TraceSearch,
  about: readonly RecordExpectation[],
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const out: CheckResult[] = [];
  let from = -1;
  let isBroken = false;
  const add = (wanted: RecordExpectation, ok: boolean, expected: string, found: string, at: number): void => {
    out.push({ ok, what: wanted.condition, expected, found, line: wanted.line, column: wanted.column, timeNs: at });
  };
  for (const wanted of about) {
    const { condition } = wanted;
    if (wanted.kind === 'count') {
      const { count } = await search.count(condition, 0, -1, signal);
      add(wanted, count === wanted.count, `${wanted.count} times`, `${count} times`, 0);
      continue;
    }
    if (wanted.kind === 'sequence' && isBroken) {
      add(wanted, false, 'an event in this place of the sequence', 'an earlier one is missing', 0);
      continue;
    }
    const start = wanted.kind === 'sequence' ? from : -1;
    const hit = await search.find(condition, start, 'forward', 'level', signal);
    if (wanted.kind === 'never') add(wanted, hit === undefined, 'no event', hit === undefined ? 'none' : `#${hit}`, 0);
    else {
      const after = from < 0 ? 'an event' : `an event after #${from}`;
      add(wanted, hit !== undefined, after, hit === undefined ? 'none' : `#${hit}`, 0);
      if (hit === undefined) isBroken = true;
      else from = hit;
    }
  }
  return out;
}

/** The model that the guest sees; without an in-kernel irqchip that of the host. */
function gicOf({ data }: Scenario): GicModel {
  if (data.vm.device === 'vgicv3') return 'v3';
  return data.vm.device === 'vgicv5' ? 'v5' : data.host.gic;
}
