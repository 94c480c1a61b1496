/**
 * The command line from a real recording to every answer, held against a naive scan of the log's text.
 * The recording is the bundled sample; the trace is imported once.
 */
import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../core/cli/commands/index.ts';
import { SHAPES } from '../../../core/cli/shapes.ts';
import { createBackend } from '../../../core/session/backend.ts';
import { type Ran, run, type Run } from './support.ts';
import { shellWords } from './shell-words.ts';

const sample = fileURLToPath(new URL('../../../traces/gicv5-linux-boot-2cpu.log.zst', import.meta.url));
const script = fileURLToPath(new URL('../../../scripts/gicscope.mjs', import.meta.url));
const text = zstdDecompressSync(readFileSync(sample)).toString('utf8');
/** A GICv3 guest, whose vgic-state can be exported. */
const STORM = 'gicv3-sgi-broadcast-storm';

/** A guest's own trace, as the kernel prints it. */
const GUEST = `# tracer: nop
#
          <idle>-0       [000] d.h1.    12.345678: irq_handler_entry: irq=11 name=arch_timer
          <idle>-0       [000] d.h1.    12.345690: irq_handler_exit: irq=11 ret=handled
`;

const lines = text.split('\n').filter((line) => line !== '');

let folder = '';
let imported: Ran | undefined;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-recording-'));
  copyFileSync(sample, join(folder, 'boot.log.zst'));
  imported = await cli(['import', 'boot.log.zst', '-o', 'boot.gscope']);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cli = (argv: readonly string[], options: Run = {}) => run(argv, { cwd: folder, ...options });
async function output(...argv: string[]): Promise<string> {
  const { exit, stdout, stderr } = await cli(argv);
  expect([exit, stderr]).toEqual([0, '']);
  return stdout;
}
const json = async (...argv: string[]): Promise<unknown> => JSON.parse(await output(...argv, '--json'));
const jsonLines = (printed: string) =>
  printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => SHAPES.event.parse(JSON.parse(line)));
const info = async () => SHAPES.info.parse(await json('info', 'boot.gscope'));

/** Event names of the log, counted. */
function namesInLog(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of lines) {
    const name = line.split(' ')[1]?.replace(/:$/, '') ?? '';
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
/** Acknowledges of the log: the interrupt, and the CPU whose register read follows. */
function acknowledgesInLog(): { readonly intid: number; readonly cpu: number }[] {
  const found: { intid: number; cpu: number }[] = [];
  const waiting: { intid: number; cpu: number }[] = [];
  for (const line of lines) {
    const acknowledge = /gicv5_gicr_cdia .* interrupt (0x[0-9a-f]+)/.exec(line);
    const read = /gicplug_sysreg_read cpu (\d+) GICR_CDIA .* value (0x[0-9a-f]+)/.exec(line);
    if (acknowledge !== null) {
      const one = { intid: Number(acknowledge[1]), cpu: -1 };
      found.push(one);
      waiting.push(one);
    } else if (read !== null) {
      const intid = Number(BigInt(read[2] ?? '0') & 0xffff_ffffn);
      const index = waiting.findIndex((one) => one.intid === intid);
      for (const one of waiting.splice(index, 1)) one.cpu = Number(read[1]);
    }
  }
  return found;
}
const TYPES = ['', 'PPI', 'LPI', 'SPI'];
const labelOf = (intid: number) => `${TYPES[intid >>> 29] ?? ''} ${intid & 0xff_ffff}`;
const countBy = <T>(items: readonly T[], key: (item: T) => string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const item of items) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
  return counts;
};

describe('a recording', () => {
  it('is imported with one line that says what became of it', () => {
    expect(imported).toEqual({
      exit: 0,
      stdout: '',
      stderr: expect.stringMatching(/^boot\.gscope: 133,265 lines, [\d,]+ events, in [\d.]+ m?s\n$/),
    });
  });

  it('is accounted for line by line and name by name', async () => {
    const { lines: account, names, gic, vcpus, complete, source, kinds, events } = await info();
    expect(account?.read).toBe(lines.length);
    expect((account?.asEvents ?? 0) + (account?.merged ?? 0) + (account?.skipped ?? 0)).toBe(lines.length);
    expect(names).toEqual(namesInLog());
    expect({ gic, vcpus, complete, kind: source.kind }).toEqual({
      gic: 'v5',
      vcpus: 2,
      complete: true,
      kind: 'qemu-log',
    });
    expect(Object.values(kinds).reduce((sum, count) => sum + count, 0)).toBe(events);
  });

  it('has the acknowledges of the log, by interrupt', async () => {
    const expected = countBy(acknowledgesInLog(), ({ intid }) => labelOf(intid));
    const { interrupts } = await info();
    const found = interrupts.filter(({ acknowledged }) => acknowledged > 0);
    expect(Object.fromEntries(found.map(({ intid, acknowledged }) => [intid, acknowledged]))).toEqual(expected);
  });

  it('lists every event once, in order, with the counts of info', async () => {
    const events = jsonLines(await output('events', 'boot.gscope', '--json', '--columns', 'seq,time,kind'));
    const { kinds, durationNs } = await info();
    expect(countBy(events, ({ kind }) => kind ?? '')).toEqual(kinds);
    expect(events.every(({ seq }, index) => seq === index)).toBe(true);
    expect(events.every(({ timeNs }, index) => index === 0 || (timeNs ?? -1) >= (events[index - 1]?.timeNs ?? 0))).toBe(
      true,
    );
    expect(events.at(-1)?.timeNs).toBe(durationNs);
  });

  it('finds what a scan of the log finds, in both directions', async () => {
    const condition = 'ppi(27).active rises on vcpu 1';
    const expected = acknowledgesInLog().filter(({ intid, cpu }) => intid === 0x2000_001b && cpu === 1).length;
    expect(expected).toBeGreaterThan(100);
    expect(await output('find', 'boot.gscope', condition, '--count')).toBe(`${expected}\n`);
    const all = SHAPES.find.parse(await json('find', 'boot.gscope', condition, '--all'));
    expect([all.count, all.hits.length]).toEqual([expected, expected]);
    expect(all.hits.every(({ vcpu }) => vcpu === 1)).toBe(true);
    const back = SHAPES.find.parse(await json('find', 'boot.gscope', condition, '--all', '--reverse', '--from', 'end'));
    expect(back.hits).toEqual(all.hits.toReversed());
    const last = SHAPES.find.parse(await json('find', 'boot.gscope', condition, '--reverse', '--from', 'end'));
    expect(last.hits).toEqual(all.hits.slice(-1));
    const middle = all.hits[Math.floor(expected / 2)];
    const here = SHAPES.find.parse(await json('find', 'boot.gscope', condition, '--from', `#${middle?.seq}`));
    expect([here.hits[0], here.count]).toEqual([middle, expected - Math.floor(expected / 2)]);
    const until = SHAPES.find.parse(
      await json('find', 'boot.gscope', condition, '--reverse', '--from', `#${middle?.seq}`),
    );
    expect([until.hits[0], until.count]).toEqual([middle, Math.floor(expected / 2) + 1]);
  });

  it('says the same with events --where as with find --all', async () => {
    const condition = 'write ICC_PPI_ENABLER0_EL1';
    const listed = jsonLines(await output('events', 'boot.gscope', '--where', condition, '--json'));
    const found = SHAPES.find.parse(await json('find', 'boot.gscope', condition, '--all'));
    const inLog = lines.filter((line) => / gicplug_sysreg_write cpu \d+ ICC_PPI_ENABLER0_EL1 /.test(line)).length;
    expect(listed.length).toBe(inLog);
    expect(found.hits.map(({ seq }) => seq)).toEqual(listed.map(({ seq }) => seq));
    expect(listed.every(({ register, op }) => register === 'ICC_PPI_ENABLER0_EL1' && op === 'write')).toBe(true);
  });

  it('marks the wrong part of a condition and exits 2', async () => {
    const { exit, stdout, stderr } = await cli(['find', 'boot.gscope', 'ppi(27).actve rises']);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^gicscope: the condition is wrong at character 9: .*\n {2}ppi\(27\)\.actve rises\n {10}\^{5}/,
    );
  });

  it('has at every change of a slot the value that its history says', async () => {
    const path = 'vcpu1.ICC_PPI_ENABLER0_EL1';
    const { changes } = SHAPES.history.parse(await json('history', 'boot.gscope', path));
    expect(changes.length).toBeGreaterThan(0);
    for (const [index, { seq, before, after }] of changes.entries()) {
      if (index > 0) expect(before).toBe(changes[index - 1]?.after);
      const state = SHAPES.state.parse(await json('state', 'boot.gscope', '--at', `#${seq}`, '--path', path));
      expect(state.slots[path]).toMatchObject({ value: after, known: after !== null });
      if (seq === 0) continue;
      const earlier = SHAPES.state.parse(await json('state', 'boot.gscope', '--at', `#${seq - 1}`, '--path', path));
      expect(earlier.slots[path]?.value ?? null).toBe(before);
      const diff = SHAPES.state.parse(await json('state', 'boot.gscope', '--at', `${seq - 1}`, '--diff', `${seq}`));
      expect(diff.slots[path]).toMatchObject({ value: before, other: after });
    }
  });

  it('measures latency of what was acknowledged', async () => {
    const { groups } = SHAPES.latency.parse(await json('latency', 'boot.gscope'));
    const timer = groups.find(({ intid }) => intid === 'PPI 27');
    const acknowledged = countBy(acknowledgesInLog(), ({ intid }) => labelOf(intid))['PPI 27'] ?? 0;
    const both = 'acknowledged_seq IS NOT NULL AND deactivated_seq IS NOT NULL';
    const sql = `SELECT count(*), max(handling) FROM interrupt_life WHERE interrupt = 'PPI 27' AND ${both}`;
    const [counted] = SHAPES.sql.parse(await json('sql', 'boot.gscope', sql)).rows;
    const handling = timer?.legs['ackToDeactivate'];
    expect([handling?.count, handling?.maxNs]).toEqual(counted);
    // Where two CPUs deactivate at the same moment, the log does not prove which line belongs to which.
    expect(handling?.count).toBeGreaterThan(acknowledged * 0.95);
    expect(handling?.count).toBeLessThanOrEqual(acknowledged);
    for (const { legs } of groups)
      for (const d of Object.values(legs)) {
        const ascending = [d.minNs, d.p50Ns, d.p90Ns, d.p99Ns, d.maxNs];
        expect(ascending).toEqual(ascending.toSorted((a, b) => a - b));
      }
    const perVcpu = SHAPES.latency.parse(await json('latency', 'boot.gscope', '--by', 'intid,vcpu'));
    const shares = perVcpu.groups
      .filter(({ intid }) => intid === 'PPI 27')
      .map(({ legs }) => legs['ackToDeactivate']?.count ?? 0);
    expect(shares.length).toBeGreaterThan(1);
    expect(shares.reduce((sum, count) => sum + count, 0)).toBe(handling?.count);
  });

  it('answers SQL over readable views, read-only', async () => {
    const sql =
      "SELECT register, count(*) FROM register_access WHERE register = 'ICC_PPI_ENABLER0_EL1' AND op = 'write' GROUP BY 1";
    const inLog = lines.filter((line) => / gicplug_sysreg_write cpu \d+ ICC_PPI_ENABLER0_EL1 /.test(line)).length;
    expect(SHAPES.sql.parse(await json('sql', 'boot.gscope', sql)).rows).toEqual([['ICC_PPI_ENABLER0_EL1', inLog]]);
    for (const statement of ['DELETE FROM event', 'DROP VIEW events', 'PRAGMA user_version = 3']) {
      const { exit, stdout, stderr } = await cli(['sql', 'boot.gscope', statement]);
      expect([statement, exit > 0, stdout, stderr.length > 0]).toEqual([statement, true, '', true]);
    }
    expect((await info()).complete).toBe(true);
  });

  it('exports as JSON Lines what events --json prints, and as CSV as many lines', async () => {
    const range = ['--from', '10%', '--to', '12%'];
    const printed = await output('events', 'boot.gscope', ...range, '--json');
    expect(await output('export', 'boot.gscope', ...range, '--format', 'jsonl', '-o', '-')).toBe(printed);
    const csv = await output('export', 'boot.gscope', ...range, '--format', 'csv', '-o', '-');
    expect(csv.split('\r\n').length - 2).toBe(jsonLines(printed).length);
  });

  it('exports waveforms that end in the state at the end', async () => {
    const vcd = await output('export', 'boot.gscope', '--format', 'vcd', '-o', '-');
    const code = /\$var wire 64 (\S+) ICC_PPI_ENABLER0_EL1 \$end/g;
    const codes = [...vcd.matchAll(code)].map(([, found]) => found ?? '');
    const { slots } = SHAPES.state.parse(
      await json('state', 'boot.gscope', '--at', 'end', '--path', 'vcpu*.ICC_PPI_ENABLER0_EL1'),
    );
    const body = vcd.slice(vcd.indexOf('$enddefinitions'));
    const last = codes.map((one) =>
      body.split('\n').findLast((line) => line.startsWith('b') && line.endsWith(` ${one}`)),
    );
    const values = last.map((line) => `0x${BigInt(`0b${line?.slice(1).split(' ')[0]}`).toString(16)}`);
    expect(values).toEqual(Object.values(slots).map(({ value }) => value));
    expect(values.length).toBe(2);
  });

  it('reports as a page and as Markdown', async () => {
    const { events } = await info();
    const at = Math.floor(events / 2);
    const page = await output('export', 'boot.gscope', '--at', `#${at}`, '--format', 'html', '-o', '-');
    expect(page).toContain('133,265 read = ');
    expect(page.match(/<tr class="here">/g)).toHaveLength(1);
    expect(page.length).toBeLessThan(2e6);
    expect(page).not.toMatch(/<script|https?:/);
    const markdown = await output('export', 'boot.gscope', '--at', `#${at}`, '--format', 'md', '-o', '-');
    expect(markdown).toContain(`**→ \`#${String(at).replace(/\B(?=(\d{3})+(?!\d))/g, ',')}\`**`);
    expect(markdown).toContain('| PPI 27 CNTV |');
  });

  const examples = COMMANDS.flatMap(({ examples: all }) => all.map(({ command }) => command));
  it.each(examples)('answers the documented example: %s', async (typed) => {
    const work = mkdtempSync(join(folder, 'example-'));
    const [, ...argv] = shellWords(typed);
    const isImport = argv[0] === 'import';
    copyFileSync(sample, join(work, 'boot.log.zst'));
    writeFileSync(join(work, 'boot.log'), lines.slice(0, 2000).join('\n'));
    writeFileSync(join(work, 'guest.txt'), GUEST);
    writeFileSync(join(work, 'torn.log.zst'), readFileSync(sample).subarray(0, 100_000));
    if (!isImport || typed.includes('--overwrite'))
      copyFileSync(join(folder, 'boot.gscope'), join(work, 'boot.gscope'));
    if (typed.includes('storm.gscope')) await cli(['record', STORM, '-o', join(work, 'storm.gscope')]);
    const redirected = typed.includes('< boot.log') ? { stdin: lines.slice(0, 2000).join('\n') } : {};
    const { exit, stdout, stderr } = await cli(argv, { cwd: work, launch: () => Promise.resolve(0), ...redirected });
    const writes = /^(import|export|record)$/.test(argv[0] ?? '') && !/ -o - | --dry-run/.test(`${typed} `);
    expect([exit, stderr]).toEqual([0, writes ? expect.stringMatching(/^\S+: /) : '']);
    const isQuiet = writes || ['open', 'serve'].includes(argv[0] ?? '');
    if (!isQuiet) expect(stdout).not.toBe('');
    rmSync(work, { recursive: true });
  });
});

describe('bad input', () => {
  const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1]);
  const inputs: Readonly<Record<string, (path: string) => void>> = {
    'a file that is not there': () => undefined,
    'an empty file': (path) => writeFileSync(path, ''),
    'a folder': (path) => mkdirSync(path),
    'a JPEG': (path) => writeFileSync(path, JPEG),
    'a compressed file that ends too early': (path) => writeFileSync(path, readFileSync(sample).subarray(0, 100_000)),
  };

  it.each(Object.entries(inputs))(
    'import of %s exits 3, says which file, and leaves nothing behind',
    async (_, make) => {
      const work = mkdtempSync(join(folder, 'bad-'));
      make(join(work, 'odd.log'));
      const before = readdirSync(work);
      const { exit, stdout, stderr } = await cli(['import', 'odd.log', '-o', 't.gscope'], { cwd: work });
      expect([exit, stdout]).toEqual([3, '']);
      expect(stderr).toMatch(/^gicscope: .*odd\.log/);
      expect(stderr).not.toMatch(/^\s+at |Error:/m);
      expect(readdirSync(work)).toEqual(before);
    },
  );

  it.each(Object.entries(inputs))('info of %s exits 3 and says which file', async (_, make) => {
    const work = mkdtempSync(join(folder, 'bad-'));
    make(join(work, 'odd.gscope'));
    const { exit, stdout, stderr } = await cli(['info', 'odd.gscope', '--json'], { cwd: work });
    expect([exit, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(/^gicscope: .*odd\.gscope/);
    expect(stderr).not.toMatch(/^\s+at |Error:/m);
  });
});

describe('Ctrl-C', () => {
  it('keeps what was imported, usable, and says so', async () => {
    const work = mkdtempSync(join(folder, 'stopped-'));
    const controller = new AbortController();
    const backend = createBackend({ version: '0', samples: work, imports: work });
    backend.on('task', ({ events }) => {
      if (events > 1000) controller.abort();
    });
    const ran = await cli(['import', sample, '-o', 't.gscope'], { cwd: work, backend, signal: controller.signal });
    expect(ran.exit).toBe(130);
    expect(ran.stderr).toMatch(/^stopped; what was imported is kept: t\.gscope: /);
    expect(readdirSync(work)).toEqual(['t.gscope']);
    const { events, complete } = SHAPES.info.parse(
      JSON.parse((await cli(['info', 't.gscope', '--json'], { cwd: work })).stdout),
    );
    expect(events).toBeGreaterThan(1000);
    expect(complete).toBe(false);
    const { stdout, exit } = await cli(['state', 't.gscope', '--at', 'end'], { cwd: work });
    expect([exit, stdout.length > 1000]).toEqual([0, true]);
  });
});

describe('the program', () => {
  /** Runs scripts/gicscope.mjs; `act` is told what it has written so far. */
  function spawned(
    argv: readonly string[],
    act: (child: ReturnType<typeof spawn>, stdout: string) => void = () => undefined,
  ) {
    return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      const child = spawn(process.execPath, [script, ...argv], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk: Buffer) => {
        stdout += chunk.toString();
        act(child, stdout);
      });
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  it('prints its version', async () => {
    expect(await spawned(['--version'])).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });

  it('ends quietly when its reader leaves', async () => {
    const { code, stderr } = await spawned(['events', 'boot.gscope', '--json'], (child) => child.stdout?.destroy());
    expect([code, stderr]).toEqual([0, '']);
  });

  it('stops at SIGINT with 130 and one line', async () => {
    let sent = false;
    const { code, stderr } = await spawned(['events', 'boot.gscope'], (child) => {
      if (sent) return;
      sent = true;
      // The full pipe holds the program, so that it cannot have ended before the signal arrives.
      child.stdout?.pause();
      child.kill('SIGINT');
      setTimeout(() => child.stdout?.resume(), 500);
    });
    expect([code, stderr]).toEqual([130, 'gicscope: stopped\n']);
  });

  it('exits 2 for wrong usage and 3 for bad input', async () => {
    expect((await spawned(['state', 'boot.gscope'])).code).toBe(2);
    expect((await spawned(['info', 'no-such.gscope'])).code).toBe(3);
    expect(existsSync(join(folder, 'no-such.gscope'))).toBe(false);
  });
});
