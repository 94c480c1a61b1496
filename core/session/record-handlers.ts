/** `scenario.*` and `record.*`: scenarios as they are bundled, checked and recorded. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { profileByName, PROFILES } from '../kvm/profiles.ts';
import { loadScenario, ScenarioError } from '../scenario/index.ts';
import { SessionError } from './failure.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { checkOutput, chooseOutput } from './import-task.ts';
import { type RecordResult } from './record-result.ts';
import { type RecordJob, runRecord } from './record-task.ts';
import { isScenarioFile, readScenario, scenarioFile } from './scenario-file.ts';

type Methods = 'scenario.list' | 'scenario.check' | 'record.start' | 'record.result';

/** Results of recordings that ended, for `record.result`. */
const RESULTS_KEPT = 200;

export interface RecordRequest {
  readonly scenario: string;
  readonly output: string;
  readonly overwrite: boolean;
  readonly profile?: string | undefined;
  readonly seed?: number | undefined;
}

const results = new WeakMap<SessionContext, Map<number, RecordResult>>();

function resultsOf(context: SessionContext): Map<number, RecordResult> {
  let kept = results.get(context);
  if (kept === undefined) results.set(context, (kept = new Map()));
  return kept;
}

/** What is to be recorded where. @throws SessionError when there is no such scenario or the output cannot be */
export function recordJob(
  { options }: SessionContext,
  { scenario, output, overwrite, profile, seed }: RecordRequest,
): RecordJob {
  checkProfile(profile);
  const file = scenarioFile(scenario, options.samples);
  const tool = `gicscope ${options.version}`;
  const target = output === '' ? chooseOutput(options.imports, file) : resolve(output);
  checkOutput({ files: [file], output: target, overwrite, tool });
  return {
    file,
    output: target,
    tool,
    ...(profile === undefined ? {} : { profile }),
    ...(seed === undefined ? {} : { seed }),
  };
}

/** @throws SessionError `usage` when there is no such profile */
function checkProfile(name: string | undefined): void {
  try {
    if (name !== undefined) profileByName(name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SessionError({ code: 'usage', message: error.message });
  }
}

/** Starts a recording. @throws SessionError before anything runs, as `recordJob` does */
export function startRecording(
  context: SessionContext,
  request: RecordRequest,
): { readonly task: number; readonly output: string } {
  const job = recordJob(context, request);
  const kept = resultsOf(context);
  const task = context.tasks.start(`Record ${request.scenario}`, (control) =>
    runRecord(job, control, (result) => {
      kept.set(task, result);
      const [oldest] = kept.keys();
      if (kept.size > RESULTS_KEPT && oldest !== undefined) kept.delete(oldest);
    }),
  );
  return { task, output: job.output };
}

export function recordHandlers(context: SessionContext): Group<Methods> {
  const { options } = context;
  return {
    'scenario.list': () => ({
      scenarios: readdirSync(options.samples)
        .filter(isScenarioFile)
        .toSorted()
        .map((name) => {
          const path = join(options.samples, name);
          const { data } = loadScenario(path, readFileSync(path, 'utf8'));
          return {
            path,
            name: data.name,
            title: data.title ?? data.name,
            about: data.about.trim(),
            profile: data.profile,
            vcpus: data.vm.vcpus.length,
          };
        }),
      profiles: PROFILES.map(({ name, title, since, changes }) => ({ name, title, since, changes: [...changes] })),
    }),
    'scenario.check': ({ path, profile }) => {
      checkProfile(profile);
      const file = scenarioFile(path, options.samples);
      try {
        const { data } = readScenario(file, profile === undefined ? {} : { profile });
        return { name: data.name, problems: [] };
      } catch (error) {
        if (!(error instanceof ScenarioError)) throw error;
        return { name: '', problems: [...error.problems] };
      }
    },
    'record.start': (request) => startRecording(context, request),
    'record.result': ({ task }) => {
      const result = resultsOf(context).get(task);
      if (result === undefined)
        throw new SessionError({
          code: 'not-found',
          message: `task ${task} recorded nothing, or its result is too old`,
        });
      return result;
    },
  };
}
