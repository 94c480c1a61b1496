import { existsSync } from 'node:fs';
import { defineCommand } from '../command.ts';
import { type Context } from '../context.ts';
import { EXIT } from '../failure.ts';
import { flag, integer, JSON_FLAG, OVERWRITE_FLAG, text } from '../options.ts';
import { newTrace } from '../output-file.ts';
import { failuresOf, record, summaryOf } from '../record.ts';

export const recordCommand = defineCommand({
  name: 'record',
  summary: 'run a scenario on the emulator and record it',
  description:
    'Runs a scenario (a YAML file, or the name of a bundled one) against the emulated KVM of its profile and writes ' +
    'a trace that carries the scenario, profile, seed and digests: the same ones give the same events. With --expect, ' +
    'an expectation of the scenario that is not met is printed with its place, and the exit code is 1. The language is ' +
    'described in docs/scenarios.md.',
  arguments: {
    scenario: {
      name: 'SCENARIO',
      description: 'scenario file (.yaml), or the name of a bundled scenario',
      arity: 'one',
      completes: 'file',
    },
  },
  options: {
    output: { ...text('--output', 'TRACE', 'trace to write', { short: '-o', completes: 'trace' }), required: true },
    profile: text('--profile', 'P', 'kernel behaviour instead of the one that the scenario names'),
    seed: integer('--seed', 'N', 'seed of the interleaving instead of the scenario’s', 0, 0xffff_ffff),
    expect: flag('--expect', 'exit with 1 when an expectation is not met'),
    overwrite: OVERWRITE_FLAG,
    json: JSON_FLAG,
  },
  json: 'record',
  examples: [
    { command: 'gicscope record vgic-v5-selftest -o selftest.gscope --expect', says: 'a bundled scenario, checked' },
    {
      command: 'gicscope record vgic-v5-selftest -o masked.gscope --profile masked',
      says: 'the same under another kernel’s behaviour',
    },
  ],
  async run(context, { scenario }, { output, profile, seed, expect, overwrite, json }) {
    const path = newTrace(context, output, overwrite);
    const recorded = await record(context, {
      scenario: scenarioPath(context, scenario),
      output: path,
      overwrite,
      ...(profile === undefined ? {} : { profile }),
      ...(seed === undefined ? {} : { seed }),
    });
    if (recorded === undefined) {
      context.say('stopped: nothing was recorded');
      return EXIT.interrupted;
    }
    const { stopped, result } = recorded;
    for (const line of failuresOf(result.file, result)) context.say(line);
    context.say(`${stopped ? 'stopped; what was recorded is kept: ' : ''}${summaryOf(output, result)}`);
    if (json) context.io.stdout.write(`${JSON.stringify({ output: path, stopped, ...result }, undefined, 2)}\n`);
    if (stopped) return EXIT.interrupted;
    return expect && result.failed > 0 ? EXIT.found : EXIT.done;
  },
});

/** A file of this folder, or a bundled scenario's name as it is. */
export function scenarioPath(context: Context, given: string): string {
  const path = context.path(given);
  return existsSync(path) ? path : given;
}
