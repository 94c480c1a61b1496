/** Scenarios on disk: which file is meant, and what is in it. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { checkScenario, loadScenario, type Scenario } from '../scenario/index.ts';
import { SessionError } from './failure.ts';
import { conditionProblems } from './scenario-conditions.ts';

const MAX_BYTES = 10_000_000;
const MAX_IMAGE_BYTES = 64 * 1024 * 1024;

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
  const stat = statSync(file);
  // A device or a pipe may have no end.
  if (!stat.isFile()) throw new SessionError({ code: 'bad-input', message: `${file} is not a file` });
  const { size } = stat;
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
  const problems = conditionProblems(scenario);
  if (problems.length > 0) throw scenario.source.fail(problems);
  return scenario;
}

function readImage(path: string): Uint8Array {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) throw new Error(`${path} is not a file`);
  if (stat.size > MAX_IMAGE_BYTES) throw new Error(`${path} has ${stat.size} bytes, more than ${MAX_IMAGE_BYTES}`);
  return readFileSync(path);
}
