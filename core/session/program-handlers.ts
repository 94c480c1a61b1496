/**
 * `scenario.program` and `scenario.expectations`: of a trace that a scenario made, the guest's programs line by line, and
 * what was expected. Both come from what the trace carries, so they are there wherever it was recorded.
 */
import { z } from 'zod';
import { expectationsOf, loadScenario, type Scenario, ScenarioError } from '../scenario/index.ts';
import { disassembly, sourceLines } from '../scenario/listing.ts';
import { type Result } from './contract.ts';
import { checkSchema } from './contract/tasks.ts';
import { carriedImage, carriedImageSchema } from './carried-image.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { type OpenTrace } from './open-trace.ts';
import { askRecord, type CheckResult } from './record-result.ts';

type Program = Result<'scenario.program'>;

/** Checks in an answer: those not met first, when there are more. */
const CHECKS_SHOWN = 5000;

const configSchema = z.object({
  file: z.string(),
  profile: z.string(),
  seed: z.int(),
  text: z.string(),
  /** Of a scenario whose guest is an image. */
  ...carriedImageSchema.shape,
});
const summarySchema = z.object({
  checks: z.array(checkSchema.omit({ timeNs: true }).extend({ time: z.number() })).default([]),
});

export function programHandlers({ traces, live }: SessionContext): Group<'scenario.program' | 'scenario.expectations'> {
  return {
    'scenario.program': ({ id, around }) => programOf(traces.get(id), around),

    'scenario.expectations': async ({ id }, signal) => {
      const trace = traces.get(id);
      const checks = [...(live.checksOf(trace.path) ?? storedChecks(trace))];
      const scenario = trace.reader.complete ? scenarioIn(trace) : undefined;
      if (scenario !== undefined && !(scenario instanceof ScenarioError))
        checks.push(...(await askRecord(trace.search, expectationsOf(scenario), signal)));
      const shown = checks.length <= CHECKS_SHOWN ? checks : checks.toSorted((a, b) => Number(a.ok) - Number(b.ok));
      return { checks: shown.slice(0, CHECKS_SHOWN), total: checks.length };
    },
  };
}

function programOf(trace: OpenTrace, around: string | undefined): Program {
  const scenario = scenarioIn(trace);
  if (scenario === undefined) return { programs: [], message: 'This trace was not recorded from a scenario.' };
  if (scenario instanceof ScenarioError) return { programs: [], message: scenario.message };
  const { guest, config } = scenario;
  const vcpus = config.vcpus.map((_vcpu, index) => index);
  const last = guest.sources.length - 1;
  const programs = guest.sources.map((source, index) => ({
    vcpus: vcpus.filter((vcpu) => Math.min(vcpu, last) === index),
    title: guest.sources.length === 1 ? 'program' : `program ${index}`,
    lines: sourceLines(scenario, source),
  }));
  const [image] = guest.images;
  if (last < 0 && image !== undefined) {
    const { lines, omitted } = disassembly(image, around === undefined ? image.address : BigInt(around));
    const message = omitted === 0 ? '' : `${omitted} other instructions are not shown.`;
    return { programs: [{ vcpus, title: 'image', lines: [...lines] }], message };
  }
  return { programs, message: '' };
}

/** Undefined: the trace has none; an error: it cannot be read any more, or not by this version. */
function scenarioIn(trace: OpenTrace): Scenario | ScenarioError | undefined {
  const json = trace.reader.meta('config');
  if (typeof json !== 'string') return undefined;
  const { file, profile, seed, text, ...carried } = configSchema.parse(JSON.parse(json));
  try {
    return loadScenario(file, text, {
      profile,
      seed,
      readImage: () => {
        const image = carriedImage(carried);
        if (image === undefined) throw new Error('it is too large for the trace to carry it');
        return image;
      },
    });
  } catch (error) {
    if (error instanceof ScenarioError) return error;
    throw error;
  }
}

function storedChecks(trace: OpenTrace): CheckResult[] {
  const json = trace.reader.meta('summary');
  if (typeof json !== 'string') return [];
  return summarySchema.parse(JSON.parse(json)).checks.map(({ time, ...check }) => ({ ...check, timeNs: time }));
}
