import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printable } from '../../state/units.ts';
import { defineCommand } from '../command.ts';
import { type Context } from '../context.ts';
import { CliFailure, EXIT, type ExitCode } from '../failure.ts';
import { flag, JSON_FLAG, text } from '../options.ts';
import { failuresOf, record, summaryOf } from '../record.ts';
import { scenarioPath } from './record.ts';

const ACTIONS = ['check', 'list', 'run-all'] as const;

export const scenarioCommand = defineCommand({
  name: 'scenario',
  summary: 'check scenarios, list and run the bundled ones',
  description:
    'check says what is wrong with scenario files, as file:line:column and what was expected, and exits with 3 if ' +
    'anything is. list names the bundled scenarios; with --profiles, the kernel behaviours and what each changes. ' +
    'run-all records each bundled scenario and exits with 1 when an expectation is not met.',
  arguments: {
    action: { name: 'ACTION', description: 'check, list or run-all', arity: 'one', completes: ACTIONS },
    files: { name: 'FILE', description: 'for check: scenario files', arity: 'any', completes: 'file' },
  },
  options: {
    profiles: flag('--profiles', 'with list: the kernel behaviours'),
    profile: text('--profile', 'P', 'with run-all and check: this kernel behaviour for all of them'),
    json: JSON_FLAG,
  },
  json: 'scenario',
  examples: [
    { command: 'gicscope scenario list', says: 'what is bundled' },
    { command: 'gicscope scenario list --profiles', says: 'which kernel behaviours there are' },
    { command: 'gicscope scenario run-all', says: 'every bundled scenario against what it expects' },
  ],
  async run(context, { action, files }, { profiles, profile, json }) {
    if (action === 'check') return check(context, files, profile, json);
    if (files.length > 0) throw new CliFailure('usage', `${action} takes no files`);
    if (action === 'list') return profiles ? listProfiles(context, json) : listScenarios(context, json);
    if (action === 'run-all') return runAll(context, profile, json);
    throw new CliFailure('usage', `"${action}" is no action: one of ${ACTIONS.join(', ')} is expected`);
  },
});

async function check(
  context: Context,
  files: readonly string[],
  profile: string | undefined,
  json: boolean,
): Promise<ExitCode> {
  if (files.length === 0) throw new CliFailure('usage', 'check needs at least one scenario file');
  const out = [];
  for (const file of files) {
    const path = scenarioPath(context, file);
    const answer = await context.call('scenario.check', { path, ...(profile === undefined ? {} : { profile }) });
    out.push({ file, ...answer });
    for (const { line, column, message } of answer.problems)
      context.say(`${file}:${line}:${column}: ${printable(message)}`);
    if (answer.problems.length === 0 && !json) await context.out.write(`${file}: ${answer.name}: nothing wrong\n`);
  }
  if (json) await context.out.json({ checked: out });
  return out.some(({ problems }) => problems.length > 0) ? EXIT.badInput : EXIT.done;
}

async function listScenarios(context: Context, json: boolean): Promise<ExitCode> {
  const { scenarios } = await context.call('scenario.list', {});
  if (json) await context.out.json({ scenarios });
  else
    for (const { name, title, about, profile, vcpus } of scenarios) {
      const count = vcpus === 1 ? '1 vCPU' : `${vcpus} vCPUs`;
      await context.out.write(`${name}  (${profile}, ${count})\n  ${title}\n${indented(about)}\n`);
    }
  return EXIT.done;
}

async function listProfiles(context: Context, json: boolean): Promise<ExitCode> {
  const { profiles } = await context.call('scenario.list', {});
  if (json) await context.out.json({ profiles });
  else
    for (const { name, title, since, changes } of profiles)
      await context.out.write(
        `${name}\n  ${title}\n  since: ${since}\n${changes.map((each) => `  - ${each}\n`).join('')}`,
      );
  return EXIT.done;
}

const indented = (text: string): string =>
  text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');

async function runAll(context: Context, profile: string | undefined, json: boolean): Promise<ExitCode> {
  const { scenarios } = await context.call('scenario.list', {});
  const folder = mkdtempSync(join(tmpdir(), 'gicscope-'));
  let failed = 0;
  const out = [];
  try {
    for (const { name } of scenarios) {
      const recorded = await record(context, {
        scenario: name,
        output: join(folder, `${name}.gscope`),
        overwrite: true,
        ...(profile === undefined ? {} : { profile }),
      });
      if (recorded === undefined || recorded.stopped) throw new CliFailure('cancelled', 'stopped');
      const { result } = recorded;
      failed += result.failed;
      out.push({ name, ...result });
      for (const line of failuresOf(`${name}.yaml`, result)) context.say(line);
      if (!json) await context.out.write(`${result.failed === 0 ? 'ok    ' : 'FAILED'} ${summaryOf(name, result)}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (json) await context.out.json({ scenarios: out, failed });
  return failed > 0 ? EXIT.found : EXIT.done;
}
