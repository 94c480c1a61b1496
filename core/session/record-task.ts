/**
 * A scenario as a task: run on the emulator, recorded into a finished `.gscope`, in slices between which other calls
 * are answered. The trace carries the scenario's text, profile and seed. When it is finished, what the scenario expects
 * of its record is asked of it with the same search that finds breakpoints.
 */
import { basename } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type HaltReason } from '../machine/events.ts';
import { type Check, DEVICES, type Scenario, ScenarioRun } from '../scenario/index.ts';
import { type TraceSummary } from '../trace/sink.ts';
import { TraceWriter } from '../trace/writer.ts';
import { type WriterOptions } from '../trace/writer-options.ts';
import { carryImage } from './carried-image.ts';
import { partialOf, publish } from './partial.ts';
import { type RecordResult, resultOf } from './record-result.ts';
import { readScenario } from './scenario-file.ts';
import { type TaskControl } from './tasks.ts';

export interface RecordJob {
  /** Absolute path of the scenario. */
  readonly file: string;
  /** Absolute path of the trace to write. */
  readonly output: string;
  readonly tool: string;
  readonly profile?: string;
  readonly seed?: number;
}

/**
 * Virtual nanoseconds between two looks at the clock. Rounds of the machine end there, so it is part of what makes a run
 * the same again: every recording uses this one.
 */
export const PIECE = 20_000;
/** Checks kept in a trace, so that it can be opened with them. */
const CHECKS_KEPT = 10_000;
/** Milliseconds after which other calls get their turn. */
const TURN_MS = 30;

/** Runs and records; the path of the trace, or null when a stop left nothing to keep. `done` is told the result. */
export async function runRecord(
  job: RecordJob,
  { signal, stop, advance }: TaskControl,
  done: (result: RecordResult) => void,
): Promise<string | null> {
  advance({ phase: 'Check' });
  const scenario = scenarioOf(job);
  const run = new ScenarioRun(scenario);
  const partial = partialOf(job.output);
  const writer = new TraceWriter(partial, { ...writerOptions(run, job.tool, true), assembles: 'either' });
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
    mustHaveEnded(scenario, outcome.halted);
    advance({ phase: 'Index', events: run.events });
    writer.finish(summaryOf(scenario, outcome.checks));
  } catch (error) {
    writer.abort();
    if (signal.aborted) return null;
    throw error;
  }
  publish(partial, job.output);
  advance({ phase: 'Expectations', events: run.events });
  done(await resultOf(job, outcome, signal));
  return job.output;
}

/** @throws ScenarioError for a guest that runs on although nobody said for how long. */
function mustHaveEnded({ source, data, isBounded }: Scenario, halted: HaltReason): void {
  if (halted !== 'limit' || isBounded) return;
  const time = `${data.limit.time / 1e6} ms`;
  throw source.error(
    ['guest'],
    `expected a guest that ends by itself (PSCI_SYSTEM_OFF, or everything asleep) within ${time}; it still ran then. ` +
      'Say how long it may run: limit: { time: 5ms }',
  );
}

/** The scenario of a job, read and checked. @throws ScenarioError, SessionError */
export function scenarioOf({ file, profile, seed }: RecordJob): Scenario {
  return readScenario(file, {
    ...(profile === undefined ? {} : { profile }),
    ...(seed === undefined ? {} : { seed }),
  });
}

/** What the trace of a run says of it from the start. */
export function writerOptions({ scenario, machine }: ScenarioRun, tool: string, overwrite: boolean): WriterOptions {
  const { text, config, data, file } = scenario;
  const summary = summaryOf(scenario, []);
  return {
    journal: machine.journal,
    overwrite,
    tool,
    source: summary.source,
    summary,
    config: JSON.stringify({
      scenario: data.name,
      file: basename(file),
      profile: config.profile.name,
      seed: config.seed,
      text,
      ...imageOf(scenario),
    }),
  };
}

/** The image of a guest that is one. */
function imageOf({ guest, data }: Scenario): ReturnType<typeof carryImage> {
  const [image] = guest.images;
  return data.guest.image === undefined || image === undefined ? {} : carryImage(image.bytes);
}

/** What the trace says of a run that ended. */
export function summaryOf({ config, data, file }: Scenario, checks: readonly Check[]): TraceSummary {
  return {
    source: {
      kind: 'scenario',
      files: [basename(file)],
      facts: {
        scenario: data.name,
        about: data.about.trim(),
        profile: config.profile.title,
        seed: String(config.seed),
        clock: 'virtual: one nanosecond an instruction',
      },
    },
    // Without an in-kernel irqchip the guest sees the host's.
    gic: DEVICES[data.vm.device].gic ?? data.host.gic,
    profile: config.profile.name,
    vcpus: config.vcpus.length,
    ...(checks.length === 0 ? {} : { checks: checks.slice(0, CHECKS_KEPT) }),
  };
}
