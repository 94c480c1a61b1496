/**
 * `npm test [-- SECTION…]`: everything that must hold, in sections; all run even if one fails. The last line is
 * `N passed, N failed`: the tests of all vitest runs, and one more failure for each section that failed without one
 * (types, lint, a build that breaks). Exit 0 only if nothing failed.
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
interface Section {
  readonly title: string;
  /** Whether it is run without being asked for by name. */
  run(): Promise<Counts>;
}

const NONE: Counts = { passed: 0, failed: 0, skipped: [] };
const ARTIFACTS = join(root, 'artifacts');

const SECTIONS: Readonly<Record<string, Section>> = {
  types: {
    title: 'Types',
    run: () => tools(['tsc', '-p', '.'], ['tsc', '-p', 'test/e2e'], ['vue-tsc', '-p', 'renderer']),
  },
  lint: {
    title: 'Lint and format',
    run: () =>
      tools(
        ['oxlint', '--deny-warnings'],
        ['prettier', '--check', '--log-level', 'warn', '**/*.{ts,mts,mjs,cjs,vue,css,html}'],
      ),
  },
  layers: {
    title: 'Layers',
    run: () => tools(['depcruise', 'core', 'electron', 'renderer', '--config', '.dependency-cruiser.cjs']),
  },
  unit: { title: 'Unit and property tests', run: () => vitest('unit') },
  fuzz: { title: 'Fuzzing, short', run: () => vitest('fuzz') },
  build: { title: 'Build', run: () => tools(['electron-vite', 'build', '--logLevel', 'warn']) },
  smoke: {
    title: 'Smoke: npm start -- --smoke',
    run: () => run('scripts/start.ts', ['--smoke']).then((ok) => (ok ? NONE : failure())),
  },
  e2e: { title: 'The window in a real browser', run: endToEnd },
};

async function endToEnd(): Promise<Counts> {
  const browser = findChromium() ?? installChromium(console.log);
  if (browser === undefined) {
    console.error(HOW_TO_GET_ONE);
    return failure();
  }
  console.log(`browser: ${browser}`);
  return vitest('e2e', { CHROMIUM: browser });
}

/** Runs tools one after the other, all of them: one may find what another does not. */
async function tools(...commands: readonly (readonly string[])[]): Promise<Counts> {
  let failed = false;
  for (const [tool = '', ...args] of commands) failed = !(await run(tool, args)) || failed;
  return failed ? failure() : NONE;
}

const failure = (): Counts => ({ passed: 0, failed: 1, skipped: [] });

async function vitest(project: string, env: Record<string, string> = {}): Promise<Counts> {
  const report = join(ARTIFACTS, `${project}.json`);
  rmSync(report, { force: true });
  mkdirSync(ARTIFACTS, { recursive: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const ok = await run(
    'vitest',
    ['run', '--project', project, '--passWithNoTests=false', '--maxWorkers=100%', ...reporters],
    env,
  );
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
    return failure();
  }
  const skipped = report.testResults
    .flatMap((file) => file.assertionResults)
    .filter(({ status }) => status !== 'passed' && status !== 'failed')
    .map(({ fullName }) => fullName);
  return { passed: report.numPassedTests, failed: report.numFailedTests, skipped };
}

/** Whether it ended with 0. No input is given to it: nothing may ask. */
function run(tool: string, args: readonly string[], env: Record<string, string> = {}): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(findNode(), [join(root, 'scripts', 'node.mjs'), tool, ...args], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env },
    });
    child.on('error', (error) => {
      console.error(`${tool}: ${error.message}`);
      resolve(false);
    });
    child.on('exit', (code) => resolve(code === 0));
  });
}

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function main(wanted: readonly string[]): Promise<number> {
  const unknown = wanted.filter((name) => !Object.hasOwn(SECTIONS, name));
  if (unknown.length > 0) {
    console.error(`no such section: ${unknown.join(', ')}; there are ${Object.keys(SECTIONS).join(', ')}`);
    return 2;
  }
  // The window under test is the built one.
  const chosen = wanted.length === 0 ? Object.keys(SECTIONS) : wanted.includes('e2e') ? ['build', ...wanted] : wanted;
  const began = performance.now();
  const lines: string[] = [];
  const skipped: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const [name, section] of Object.entries(SECTIONS)) {
    if (!chosen.includes(name)) continue;
    console.log(`\n━━ ${section.title} ━━`);
    const since = performance.now();
    const counts = await section.run();
    passed += counts.passed;
    failed += counts.failed;
    skipped.push(...counts.skipped);
    const what = counts.passed + counts.failed > 1 ? `, ${counts.passed} passed, ${counts.failed} failed` : '';
    lines.push(`${counts.failed === 0 ? '✓' : '✗'} ${section.title}: ${seconds(since)}${what}`);
  }
  console.log(`\n━━ Summary ━━\n${lines.join('\n')}`);
  if (skipped.length > 0) console.log(`skipped here (${skipped.length}):\n  ${skipped.join('\n  ')}`);
  console.log(`total time ${seconds(began)}`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
