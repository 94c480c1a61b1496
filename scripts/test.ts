/**
 * `npm test [-- SECTION…]`: everything that must hold, in sections; all run even if one fails. Two lanes run side by side,
 * because the browser tests mostly wait; what a section writes is shown when it has ended, so that nothing mixes. The last
 * line is `N passed, N failed`: the tests of all vitest runs, and one more failure for each section that failed without
 * one (types, lint, a build that breaks). Exit 0 only if nothing failed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { HOW_TO_GET_ONE, findChromium, installChromium } from './chromium.ts';
import { findNode, root } from './find-node.mjs';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}
/** Where a section writes: to the terminal, or to a buffer that is shown later. */
interface Output {
  readonly live: boolean;
  write(text: string): void;
}
interface Section {
  readonly title: string;
  /** Sections of one lane run in the order of the table. */
  readonly lane: 'window' | 'code';
  run(output: Output): Promise<Counts>;
}

const NONE: Counts = { passed: 0, failed: 0, skipped: [] };
const FAILURE: Counts = { passed: 0, failed: 1, skipped: [] };
const ARTIFACTS = join(root, 'artifacts');
const SOURCES = '**/*.{ts,mts,mjs,cjs,vue,css,html}';

const SECTIONS: Readonly<Record<string, Section>> = {
  types: {
    title: 'Types',
    lane: 'code',
    run: (output) => tools(output, ['tsc', '-p', '.'], ['tsc', '-p', 'test/e2e'], ['vue-tsc', '-p', 'renderer']),
  },
  lint: {
    title: 'Lint and format',
    lane: 'code',
    run: (output) =>
      tools(output, ['oxlint', '--deny-warnings'], ['prettier', '--check', '--log-level', 'warn', SOURCES]),
  },
  layers: {
    title: 'Layers',
    lane: 'code',
    run: (output) =>
      tools(output, ['depcruise', 'core', 'electron', 'renderer', '--config', '.dependency-cruiser.cjs']),
  },
  unit: { title: 'Unit and property tests', lane: 'code', run: (output) => vitest(output, 'unit') },
  fuzz: { title: 'Fuzzing, short', lane: 'code', run: (output) => vitest(output, 'fuzz') },
  build: {
    title: 'Build',
    lane: 'window',
    run: (output) => tools(output, ['electron-vite', 'build', '--logLevel', 'warn']),
  },
  smoke: {
    title: 'Smoke: npm start -- --smoke',
    lane: 'window',
    run: (output) => tools(output, ['scripts/start.ts', '--smoke']),
  },
  e2e: { title: 'The window in a real browser', lane: 'window', run: endToEnd },
};

async function endToEnd(output: Output): Promise<Counts> {
  const browser = findChromium() ?? installChromium((line) => output.write(`${line}\n`));
  if (browser === undefined) {
    output.write(`${HOW_TO_GET_ONE}\n`);
    return FAILURE;
  }
  output.write(`browser: ${browser}\n`);
  return vitest(output, 'e2e', { CHROMIUM: browser });
}

/** Runs tools one after the other, all of them: one may find what another does not. */
async function tools(output: Output, ...commands: readonly (readonly string[])[]): Promise<Counts> {
  let failed = false;
  for (const [tool = '', ...args] of commands) failed = !(await run(output, tool, args)) || failed;
  return failed ? FAILURE : NONE;
}

async function vitest(output: Output, project: string, env: Record<string, string> = {}): Promise<Counts> {
  const report = join(ARTIFACTS, `${project}.json`);
  rmSync(report, { force: true });
  mkdirSync(ARTIFACTS, { recursive: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const args = ['run', '--project', project, '--passWithNoTests=false', '--maxWorkers=100%', ...reporters];
  const ok = await run(output, 'vitest', args, env);
  const counts = readReport(report);
  // Files that cannot even be loaded have no tests that could fail.
  return ok || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function readReport(path: string): Counts {
  let report: VitestReport;
  try {
    // Written by vitest, in the shape that its JSON reporter documents.
    report = JSON.parse(readFileSync(path, 'utf8')) as VitestReport;
  } catch {
    return FAILURE;
  }
  const skipped = report.testResults
    .flatMap((file) => file.assertionResults)
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName);
  return { passed: report.numPassedTests, failed: report.numFailedTests, skipped };
}

/** Whether it ended with 0. No input is given to it: nothing may ask. */
function run(
  output: Output,
  tool: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<boolean> {
  const colour = process.stdout.isTTY && !output.live ? { FORCE_COLOR: '1' } : {};
  return new Promise((resolve) => {
    const child = spawn(findNode(), [join(root, 'scripts', 'node.mjs'), tool, ...args], {
      cwd: root,
      stdio: output.live ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...colour, ...env },
    });
    child.stdout?.on('data', (chunk: Buffer) => output.write(chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => output.write(chunk.toString()));
    child.on('error', (error) => {
      output.write(`${tool}: ${error.message}\n`);
      resolve(false);
    });
    child.on('close', (code) => resolve(code === 0));
  });
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const heading = (title: string): string => `\n━━ ${title} ━━\n`;

interface Done {
  readonly counts: Counts;
  readonly line: string;
}

async function runSection(section: Section, live: boolean): Promise<Done> {
  const since = performance.now();
  let kept = '';
  const output: Output = {
    live,
    write(text) {
      if (live) process.stdout.write(text);
      else kept += text;
    },
  };
  process.stdout.write(live ? heading(section.title) : `▸ ${section.title} …\n`);
  const counts = await section.run(output);
  if (!live) process.stdout.write(`${heading(section.title)}${kept}`);
  const what = counts.passed + counts.failed > 1 ? `, ${counts.passed} passed, ${counts.failed} failed` : '';
  return { counts, line: `${counts.failed === 0 ? '✓' : '✗'} ${section.title}: ${seconds(since)}${what}` };
}

async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.filter((name) => !Object.hasOwn(SECTIONS, name));
  if (unknown.length > 0) {
    console.error(`no such section: ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}`);
    return 2;
  }
  // The window under test is the built one.
  const names = wanted.includes('e2e') ? ['build', ...wanted] : wanted;
  const chosen = Object.entries(SECTIONS).filter(([name]) => names.length === 0 || names.includes(name));
  const lanes = new Set(chosen.map(([, { lane }]) => lane));
  const began = performance.now();
  const done = await Promise.all(
    [...lanes].map(async (lane) => {
      const results: Done[] = [];
      for (const [, section] of chosen) {
        if (section.lane === lane) results.push(await runSection(section, lanes.size === 1));
      }
      return results;
    }),
  );
  const all = done.flat();
  const sum = (count: (counts: Counts) => number): number =>
    all.reduce((total, { counts }) => total + count(counts), 0);
  const skipped = all.flatMap(({ counts }) => counts.skipped);
  const failed = sum((counts) => counts.failed);
  console.log(`${heading('Summary')}${all.map(({ line }) => line).join('\n')}`);
  if (skipped.length > 0) console.log(`skipped here (${skipped.length}):\n  ${skipped.join('\n  ')}`);
  console.log(`total time ${seconds(began)}`);
  console.log(`${sum((counts) => counts.passed)} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
