/** Commands that ask one question: what they ask, what they print, and that their JSON has the documented shape. */
import { describe, expect, it } from 'vitest';
import { SHAPES } from '../../../core/cli/shapes.ts';
import { type Result } from '../../../core/session/contract.ts';
import { fakeBackend, INFO, INTERRUPTS, openClose, run } from './support.ts';

const argsOf = (backend: ReturnType<typeof fakeBackend>, method: string) =>
  backend.calls.filter((call) => call.method === method).map(({ args }) => args);

describe('info', () => {
  it('sums interrupts over vCPUs in JSON and keeps each share', async () => {
    const { exit, stdout, stderr } = await run(['info', 'boot.gscope', '--json'], { backend: fakeBackend(openClose) });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    const info = SHAPES.info.parse(JSON.parse(stdout));
    expect(info).toMatchObject({
      schema: 1,
      events: 100,
      bytes: 123_456,
      source: { kind: 'qemu-log', files: ['boot.log.xz'] },
    });
    expect(info.lines).toEqual({
      read: 1104,
      asEvents: 100,
      merged: 1000,
      skipped: 4,
      reasons: { 'not a QEMU line': 4 },
    });
    expect(info.interrupts).toEqual([
      {
        intid: 'PPI 27',
        name: 'CNTV',
        injected: 4,
        acknowledged: 3,
        deactivated: 2,
        byVcpu: [
          { vcpu: 0, acknowledged: 2, deactivated: 2 },
          { vcpu: 1, acknowledged: 1, deactivated: 0 },
        ],
      },
      {
        intid: 'SPI 5',
        name: '',
        injected: 0,
        acknowledged: 0,
        deactivated: 0,
        byVcpu: [{ vcpu: null, acknowledged: 0, deactivated: 0 }],
      },
    ]);
  });

  it('accounts for every source line in text', async () => {
    const { stdout } = await run(['info', 'boot.gscope'], { backend: fakeBackend(openClose) });
    expect(stdout).toMatch(
      /source lines +1,104 read = 100 as events \+ 1,000 merged \+ 4 skipped\n +4 skipped: not a QEMU line/,
    );
    expect(stdout).toMatch(/PPI 27 +CNTV +4 +3 +2\n/);
    expect(stdout).toMatch(/time span +0\.000099000 s\n/);
    expect(stdout).toMatch(/complete +yes\n/);
  });

  it('leaves out what of no interrupt was seen, since that is not to say that it did not happen', async () => {
    const interrupts = INTERRUPTS.map((row) => ({ ...row, acknowledged: 0, deactivated: 0 }));
    const backend = fakeBackend({
      ...openClose,
      'trace.open': () => ({ ...INFO, vcpus: 0 }),
      'trace.interrupts': () => ({ interrupts }),
    });
    const { stdout } = await run(['info', 'x'], { backend });
    expect(stdout).toMatch(/interrupt +source +injected\n +PPI 27 +CNTV +4\n/);
    expect(stdout).toMatch(/vCPUs +0: no event names one\n/);
  });

  it('says where an incomplete trace ends', async () => {
    const backend = fakeBackend({ ...openClose, 'trace.open': () => ({ ...INFO, complete: false }) });
    expect((await run(['info', 'x'], { backend })).stdout).toMatch(
      /complete +no: it ends after #99; writing was stopped, or still goes on\n/,
    );
  });

  it('checks the whole file with --verify, and exits with 1 when something is wrong', async () => {
    const backend = (problem: string) =>
      fakeBackend({ ...openClose, 'trace.verify': () => ({ ok: problem === '', blocks: 2, problem }) });
    const fine = await run(['info', 'x', '--verify'], { backend: backend('') });
    expect([fine.exit, /integrity +nothing wrong in 2 blocks/.test(fine.stdout)]).toEqual([0, true]);
    const wrong = await run(['info', 'x', '--verify', '--json'], { backend: backend('block 1: torn') });
    const { integrity } = SHAPES.info.parse(JSON.parse(wrong.stdout));
    expect([wrong.exit, integrity]).toEqual([1, { blocks: 2, problem: 'block 1: torn' }]);
  });

  it('lists skipped lines with --skipped, however many pages they fill', async () => {
    const lines = Array.from({ length: 10_002 }, (_, n) => ({ line: 2 * n + 1, reason: 'no time', text: `t${n}` }));
    const backend = fakeBackend({
      ...openClose,
      'skipped.list': ({ from, limit }) => ({
        total: lines.length,
        lines: lines.filter(({ line }) => line >= from).slice(0, limit),
      }),
    });
    const { stdout } = await run(['info', 'x', '--skipped', '--json'], { backend });
    expect(SHAPES.info.parse(JSON.parse(stdout)).skippedLines).toEqual(lines);
  });
});

const slots: Result<'state.slots'> = {
  seq: 12,
  time: 12_000,
  truncated: false,
  slots: [
    {
      path: 'vcpu0.runState',
      value: '0x1',
      width: 3,
      register: null,
      text: 'guest',
      summary: '',
      fields: [],
      other: '0x1',
    },
    {
      path: 'vcpu1.ICC_PCR_EL1',
      value: '0xf',
      width: 64,
      register: 'ICC_PCR_EL1',
      text: '',
      summary: 'PRIORITY=15',
      fields: [{ name: 'PRIORITY', msb: 4, lsb: 0, value: '0xf', text: 'masks 0x10 and up', description: '' }],
      other: '0x1f',
    },
    {
      path: 'vcpu1.ICC_CR0_EL1',
      value: null,
      width: 64,
      register: 'ICC_CR0_EL1',
      text: '',
      summary: '',
      fields: [],
      other: '0x1',
    },
  ],
};

describe('state', () => {
  it('shows values with decoded fields, and unknown as unknown', async () => {
    const backend = fakeBackend({ ...openClose, 'state.slots': () => slots });
    const { stdout } = await run(['state', 'x', '--at', '12', '--path', 'vcpu*.ICC_*'], { backend });
    expect(stdout).toBe(
      [
        'after #12 at 0.000012000 s',
        'slot                 value  meaning',
        'vcpu0.runState         0x1  guest',
        'vcpu1.ICC_PCR_EL1      0xf  PRIORITY=15',
        'vcpu1.ICC_CR0_EL1  unknown',
        '',
      ].join('\n'),
    );
    expect(argsOf(backend, 'state.slots')).toEqual([
      { id: 7, seq: 12, glob: 'vcpu*.ICC_*', diff: null, limit: 1_000_000 },
    ]);
  });

  it('prints one document with --json', async () => {
    const backend = fakeBackend({ ...openClose, 'state.slots': () => slots });
    const { stdout } = await run(['state', 'x', '--at', '12', '--json'], { backend });
    expect(SHAPES.state.parse(JSON.parse(stdout))).toEqual({
      seq: 12,
      timeNs: 12_000,
      slots: {
        'vcpu0.runState': { value: '0x1', known: true, text: 'guest', fields: {} },
        'vcpu1.ICC_PCR_EL1': { value: '0xf', known: true, text: '', fields: { PRIORITY: '0xf' } },
        'vcpu1.ICC_CR0_EL1': { value: null, known: false, text: '', fields: {} },
      },
    });
  });

  it('shows only what differs with --diff, unknown against known included', async () => {
    const backend = fakeBackend({ ...openClose, 'state.slots': () => slots });
    const { stdout } = await run(['state', 'x', '--at', '12', '--diff', 'end', '--json'], { backend });
    const document = SHAPES.state.parse(JSON.parse(stdout));
    expect(document.otherSeq).toBe(99);
    expect(Object.entries(document.slots).map(([path, { value, other }]) => [path, value, other])).toEqual([
      ['vcpu1.ICC_PCR_EL1', '0xf', '0x1f'],
      ['vcpu1.ICC_CR0_EL1', null, '0x1'],
    ]);
    expect(argsOf(backend, 'state.slots')).toEqual([{ id: 7, seq: 12, glob: '**', diff: 99, limit: 1_000_000 }]);
  });
});

describe('history', () => {
  const all = Array.from({ length: 2500 }, (_, n) => ({
    seq: n * 3,
    time: n * 1000,
    vcpu: n % 2 === 0 ? 1 : null,
    event: 'ICC_PCR_EL1',
    before: n === 0 ? null : `0x${(n - 1).toString(16)}`,
    after: `0x${n.toString(16)}`,
  }));
  const backend = () =>
    fakeBackend({
      ...openClose,
      'trace.open': () => ({ ...INFO, events: 7500 }),
      'history.changes': ({ from, limit }) => {
        const left = all.filter(({ seq }) => seq >= from);
        return { changes: left.slice(0, limit), truncated: left.length > limit };
      },
    });

  it('pages through every change, each once', async () => {
    const fake = backend();
    const { stdout } = await run(['history', 'x', 'vcpu1.ICC_PCR_EL1', '--json'], { backend: fake });
    const { path, changes } = SHAPES.history.parse(JSON.parse(stdout));
    expect(path).toBe('vcpu1.ICC_PCR_EL1');
    expect(changes).toEqual(all.map(({ time, ...rest }) => ({ ...rest, timeNs: time })));
    expect(argsOf(fake, 'history.changes')).toHaveLength(3);
  });

  it('starts at --from and ends after --limit', async () => {
    const argv = ['history', 'x', 'p', '--from', '10', '--limit', '1001', '--json'];
    const { changes } = SHAPES.history.parse(JSON.parse((await run(argv, { backend: backend() })).stdout));
    expect([changes.length, changes[0]?.seq, changes.at(-1)?.seq]).toEqual([1001, 12, 3012]);
  });

  it('says when nothing changes, or nothing more', async () => {
    const said = async (...argv: string[]) =>
      (await run(['history', 'x', 'p', ...argv], { backend: backend() })).stderr;
    expect(await said('--from', '#7499')).toBe('p does not change from #7499 on\n');
    const still = fakeBackend({ ...openClose, 'history.changes': () => ({ changes: [], truncated: false }) });
    expect((await run(['history', 'x', 'p'], { backend: still })).stderr).toBe('p never changes\n');
  });

  it('shows before and after as a table', async () => {
    const { stdout } = await run(['history', 'x', 'p', '--limit', '2'], { backend: backend() });
    expect(stdout).toBe(
      [
        'event       time s  vCPU   before  after  by',
        '   #0  0.000000000     1  unknown    0x0  ICC_PCR_EL1',
        '   #3  0.000001000     –      0x0    0x1  ICC_PCR_EL1',
        '',
      ].join('\n'),
    );
  });
});

describe('check', () => {
  const finding = {
    rule: 'lock-order',
    severity: 'error' as const,
    intid: 0x6000_0005,
    title: 'Lock inversion: spiApList is taken under the lock of SPI 5',
    explanation: 'Two threads stop.',
    clause: '§2',
    count: 2,
    positions: [{ seq: 4, timeNs: 1200, vcpu: 1, what: 'vCPU 1 takes spiApList' }],
  };
  const rules = [
    { id: 'lock-order', about: 'locks', clause: '§2', looked: true },
    { id: 'missing-barrier', about: 'barriers', clause: '§7.4', looked: false },
  ];

  it('prints each with its events and its clause, and exits with 1', async () => {
    const backend = fakeBackend({ ...openClose, 'analysis.findings': () => ({ findings: [finding], rules }) });
    const { exit, stdout } = await run(['check', 'x'], { backend });
    expect([exit, stdout]).toEqual([
      1,
      'error: Lock inversion: spiApList is taken under the lock of SPI 5 (2 times)\n  Two threads stop.\n' +
        '  #4 at 1.20 µs  vCPU 1 takes spiApList\n  lock-order: §2\n',
    ]);
    expect(argsOf(backend, 'analysis.findings')).toEqual([{ id: 7 }]);
  });

  it('says which rules found nothing, and exits with 0', async () => {
    const backend = fakeBackend({ ...openClose, 'analysis.findings': () => ({ findings: [], rules }) });
    const { exit, stdout, stderr } = await run(['check', 'x'], { backend });
    expect([exit, stdout, stderr]).toEqual([0, 'nothing was found by lock-order\n', '']);
  });

  it('prints the documented JSON', async () => {
    const backend = fakeBackend({ ...openClose, 'analysis.findings': () => ({ findings: [finding], rules }) });
    const { stdout } = await run(['check', 'x', '--json'], { backend });
    const { title, ...rest } = finding;
    expect(SHAPES.check.parse(JSON.parse(stdout))).toEqual({
      findings: [{ ...rest, seq: 4, intid: 'SPI 5', message: title }],
      rules,
    });
  });
});

describe('latency', () => {
  const leg = {
    count: 1204,
    minNs: 900,
    p50Ns: 44_000,
    p90Ns: 52_100,
    p99Ns: 61_000,
    maxNs: 41_300_000,
    maxSeq: 41,
    approximate: true,
  };
  const groups = [{ intid: 0x2000_001b, label: 'PPI 27', vcpu: 1, legs: { injectToAck: leg } }];

  it('prints figures with units, and percentiles from buckets marked', async () => {
    const backend = fakeBackend({ ...openClose, 'analysis.latency': () => ({ groups }) });
    const { stdout } = await run(['latency', 'x', '--by', 'intid,vcpu'], { backend });
    expect(stdout.split('\n')[1]).toBe(
      'PPI 27        1  inject → acknowledge  1,204  900 ns  ≈44.0 µs  ≈52.1 µs  ≈61.0 µs  41.3 ms      #41',
    );
    expect(argsOf(backend, 'analysis.latency')).toEqual([{ id: 7, by: 'intid,vcpu' }]);
  });

  it('prints the documented JSON', async () => {
    const backend = fakeBackend({ ...openClose, 'analysis.latency': () => ({ groups }) });
    const { stdout } = await run(['latency', 'x', '--json'], { backend });
    expect(SHAPES.latency.parse(JSON.parse(stdout))).toEqual({
      groups: [{ intid: 'PPI 27', vcpu: 1, legs: { injectToAck: leg } }],
    });
    expect(argsOf(backend, 'analysis.latency')).toEqual([{ id: 7, by: 'intid' }]);
  });
});

describe('sql', () => {
  const result = {
    columns: ['register', 'n'],
    rows: [
      ['ICC_PCR_EL1', 12],
      ['a,"b"', null],
    ],
    truncated: false,
  };
  const backend = (truncated = false) => fakeBackend({ ...openClose, 'sql.query': () => ({ ...result, truncated }) });

  it('prints a table, JSON, or CSV with RFC 4180 quoting', async () => {
    const print = async (...argv: string[]) =>
      (await run(['sql', 'x', 'SELECT', ...argv], { backend: backend() })).stdout;
    expect(await print()).toBe('register        n\nICC_PCR_EL1    12\na,"b"        NULL\n');
    expect(SHAPES.sql.parse(JSON.parse(await print('--json')))).toEqual(result);
    expect(await print('--csv')).toBe('register,n\r\nICC_PCR_EL1,12\r\n"a,""b""",\r\n');
  });

  it('reads the statement from standard input for -', async () => {
    const fake = backend();
    await run(['sql', 'x', '-'], { backend: fake, stdin: 'SELECT 1\n' });
    expect(argsOf(fake, 'sql.query')).toEqual([{ id: 7, sql: 'SELECT 1\n', limit: 1_000_000 }]);
    const long = await run(['sql', 'x', '-'], { backend: backend(), stdin: 'x'.repeat(100_001) });
    expect([long.exit, long.stderr]).toEqual([2, 'gicscope: standard input is longer than 100000 bytes\n']);
  });

  it('says when rows are missing', async () => {
    const said = async (limit: string) =>
      (await run(['sql', 'x', 'SELECT', '--limit', limit], { backend: backend(true) })).stderr;
    expect(await said('2')).toBe('only the first 2 rows are shown; --limit asks for more\n');
    expect(await said('3')).toBe(
      'only the first 2 rows are shown: the answer is too large. Select fewer columns, or a part of the rows\n',
    );
  });
});
