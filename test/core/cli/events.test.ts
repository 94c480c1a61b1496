import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SHAPES } from '../../../core/cli/shapes.ts';
import { type EventRow } from '../../../core/session/contract.ts';
import { SessionError } from '../../../core/session/failure.ts';
import { fakeBackend, INFO, openClose, run } from './support.ts';

const row = (seq: number): EventRow => ({
  seq,
  time: seq * 1000,
  vcpu: seq % 3 === 2 ? null : seq % 3,
  origin: 'guest',
  kind: 'register.access',
  name: 'ICC_PCR_EL1',
  operand: seq % 10 === 0 ? 'PPI 27' : '',
  arrow: '←',
  detail: `0x${seq.toString(16)}`,
  register: 'ICC_PCR_EL1',
  op: 'write',
  value: `0x${seq.toString(16)}`,
  intid: seq % 10 === 0 ? 0x2000_001b : null,
});

/** A trace of `events` events; the condition `tens` holds for every tenth, any other for all. */
function traceOf(events: number) {
  const all = Array.from({ length: events }, (_, seq) => row(seq));
  const matching = (filter: string) => all.filter(({ seq }) => filter !== 'tens' || seq % 10 === 0);
  return fakeBackend({
    ...openClose,
    'trace.open': () => ({ ...INFO, events, durationNs: Math.max(0, events - 1) * 1000 }),
    'condition.check': ({ condition }) =>
      condition === 'tenz'
        ? {
            ok: false,
            canonical: '',
            message: 'an event name is expected; did you mean tens?',
            at: 0,
            length: 4,
            suggestions: ['tens'],
          }
        : { ok: true, canonical: condition, message: '', at: 0, length: 0, suggestions: [] },
    'events.rows': ({ from, count, direction, filter }) => ({
      rows:
        direction === 'forward'
          ? matching(filter)
              .filter(({ seq }) => seq >= from)
              .slice(0, count)
          : matching(filter)
              .filter(({ seq }) => seq <= from)
              .slice(-count),
    }),
    'nav.count': ({ condition, at }) => ({
      count: matching(condition).length,
      before: matching(condition).filter(({ seq }) => seq < at).length,
      histogram: new Uint32Array(0),
    }),
    'nav.seqAtTime': ({ time }) => ({ seq: Math.min(events - 1, Math.floor(time / 1000)) }),
  });
}
const seqs = (jsonLines: string) =>
  jsonLines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Number(JSON.parse(line).seq));
const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n);

describe('events', () => {
  it('prints an aligned table of the default columns', async () => {
    const { exit, stdout, stderr } = await run(['events', 'boot.gscope', '--from', '9', '--limit', '2'], {
      backend: traceOf(100),
    });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toBe(
      [
        'event       time s  vCPU  name         operand  detail',
        '   #9  0.000009000     0  ICC_PCR_EL1           ← 0x9',
        '  #10  0.000010000     1  ICC_PCR_EL1  PPI 27   ← 0xa',
        '',
      ].join('\n'),
    );
  });

  it('prints JSON Lines of the documented shape with --json', async () => {
    const { stdout } = await run(['events', 'boot.gscope', '--json', '--limit', '3'], { backend: traceOf(100) });
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => SHAPES.event.parse(JSON.parse(line)));
    expect(lines).toHaveLength(3);
    expect(lines[0]).toEqual({
      seq: 0,
      timeNs: 0,
      vcpu: 0,
      origin: 'guest',
      kind: 'register.access',
      name: 'ICC_PCR_EL1',
      operand: 'PPI 27',
      detail: '0x0',
      register: 'ICC_PCR_EL1',
      op: 'write',
      value: '0x0',
      intid: 'PPI 27',
    });
    expect(lines[2]).toMatchObject({ vcpu: null, intid: null });
  });

  it('prints the columns asked for, in their order, as text and as JSON', async () => {
    const argv = ['events', 'boot.gscope', '--from', '10', '--limit', '1', '--columns', 'value,time,seq'];
    const backend = traceOf(100);
    expect((await run(argv, { backend })).stdout).toBe('value       time s  event\n  0xa  0.000010000    #10\n');
    expect((await run([...argv, '--json'], { backend: traceOf(100) })).stdout).toBe(
      '{"value":"0xa","timeNs":10000,"seq":10}\n',
    );
  });

  it('pages through all events within the positions, each once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2500 }),
        fc.nat(2600),
        fc.nat(2600),
        fc.integer({ min: 1, max: 3000 }),
        async (events, from, to, limit) => {
          fc.pre(from < events);
          const argv = [
            'events',
            't',
            '--json',
            '--columns',
            'seq',
            '--from',
            `${from}`,
            '--to',
            `${to}`,
            '--limit',
            `${limit}`,
          ];
          const { stdout } = await run(argv, { backend: traceOf(events) });
          expect(seqs(stdout)).toEqual(range(from, Math.min(to, events - 1)).slice(0, limit));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('asks for at most a page at a time, so that memory stays flat', async () => {
    const backend = traceOf(3500);
    const { stdout } = await run(['events', 't', '--json', '--columns', 'seq'], { backend });
    expect(seqs(stdout)).toEqual(range(0, 3499));
    const pages = backend.calls.filter(({ method }) => method === 'events.rows').map(({ args }) => args);
    expect(pages).toEqual(
      [0, 1000, 2000, 3000].map((from) => ({ id: 7, from, count: 1000, direction: 'forward', filter: '' })),
    );
  });

  it('stops asking when nobody reads any more', async () => {
    const backend = traceOf(50_000);
    const { exit, stderr } = await run(['events', 't'], { backend, stdoutBreaksAfter: 1000 });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(backend.calls.filter(({ method }) => method === 'events.rows')).toHaveLength(1);
  });

  it('points at the wrong part of a condition before it lists anything', async () => {
    const { exit, stdout, stderr } = await run(['events', 't', '--where', 'tenz'], { backend: traceOf(10) });
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toBe(
      'gicscope: the condition is wrong at character 1: an event name is expected; did you mean tens?\n  tenz\n  ^^^^\n',
    );
  });

  it('shows what is wrong with a condition without sending it to the terminal', async () => {
    const wrong = { ok: false, canonical: '', message: 'unexpected \u001b[2J', at: 0, length: 1, suggestions: [] };
    const backend = fakeBackend({ ...openClose, 'condition.check': () => wrong });
    const { stderr } = await run(['events', 't', '--where', '\u001b[2J'], { backend, tty: true });
    expect(stderr).toContain(String.raw`unexpected \x1b[2J`);
    expect(stderr).not.toContain('\u001b');
  });

  it('does not send the name of a file to the terminal as it is', async () => {
    const { stderr } = await run(['info', 'no\u001b[2J.gscope'], { cwd: '/', tty: true });
    expect(stderr).toBe(String.raw`gicscope: /no\x1b[2J.gscope does not exist.` + '\n');
  });

  it('keeps a file name with line ends on the line of its message', async () => {
    const backend = fakeBackend({
      ...openClose,
      'trace.open': ({ path }) => {
        throw new SessionError({ code: 'not-found', message: `${path} does not exist.\nImport it first.` });
      },
    });
    const { stderr } = await run(['events', '/no\ngicscope: all is well'], { backend });
    expect(stderr).toBe(String.raw`gicscope: /no\x0agicscope: all is well does not exist.` + '\nImport it first.\n');
  });

  it('hears Ctrl-C while its output goes where nothing is waited for', async () => {
    const stop = new AbortController();
    const backend = traceOf(60_000);
    // A timer, as a signal of the system is heard: not before the event loop has its turn.
    setTimeout(() => stop.abort(), 5);
    const { exit } = await run(['events', 'x', '--limit', '60000'], { backend, signal: stop.signal });
    expect(exit).toBe(130);
  });

  it('passes on a warning about a condition', async () => {
    const fine = { ok: true, canonical: 'x', at: 0, length: 1, suggestions: [] };
    const backend = fakeBackend({
      ...openClose,
      'condition.check': () => ({ ...fine, message: 'PPI 99 never occurs' }),
      'events.rows': () => ({ rows: [] }),
    });
    const { exit, stderr } = await run(['events', 't', '--where', 'x'], { backend });
    expect([exit, stderr]).toEqual([0, 'warning: PPI 99 never occurs\nno events match\n']);
  });

  it('says on stderr that nothing matches, with exit 0', async () => {
    const { exit, stdout, stderr } = await run(['events', 't'], { backend: traceOf(0) });
    expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: '', stderr: 'no events match\n' });
  });

  it('shows hostile text as escapes on the terminal and exactly in JSON', async () => {
    const evil = { ...row(0), name: '\u001b]0;owned\u0007\nx', operand: '' };
    const backend = () => fakeBackend({ ...openClose, 'events.rows': () => ({ rows: [evil] }) });
    const text = await run(['events', 't', '--limit', '1', '--columns', 'name'], { backend: backend(), tty: true });
    expect(text.stdout).toContain(String.raw`\x1b]0;owned\x07\x0ax`);
    const json = await run(['events', 't', '--limit', '1', '--columns', 'name', '--json'], { backend: backend() });
    expect(JSON.parse(json.stdout)).toEqual({ name: evil.name });
  });
});

describe('find', () => {
  const find = async (...argv: string[]) => {
    const { exit, stdout, stderr } = await run(['find', 't', 'tens', ...argv], { backend: traceOf(100) });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    return stdout;
  };
  const document = async (...argv: string[]) => SHAPES.find.parse(JSON.parse(await find('--json', ...argv)));

  it('gives the first hit at or after a position, or the last at or before it', async () => {
    const first = async (...argv: string[]) => (await document(...argv)).hits.map(({ seq }) => seq);
    expect(await first()).toEqual([0]);
    expect(await first('--from', '20')).toEqual([20]);
    expect(await first('--from', '21')).toEqual([30]);
    expect(await first('--from', '91')).toEqual([]);
    expect(await first('--reverse')).toEqual([90]);
    expect(await first('--reverse', '--from', 'end')).toEqual([90]);
    expect(await first('--reverse', '--from', '20')).toEqual([20]);
    expect(await first('--reverse', '--from', '19us')).toEqual([10]);
  });

  it('lists every hit with --all, in the direction of the search, and counts them', async () => {
    expect(await document('--all', '--from', '75')).toEqual({
      count: 2,
      hits: [
        { seq: 80, timeNs: 80_000, vcpu: null },
        { seq: 90, timeNs: 90_000, vcpu: 0 },
      ],
    });
    const reverse = await document('--all', '--reverse', '--from', '35', '--limit', '3');
    expect([reverse.count, reverse.hits.map(({ seq }) => seq)]).toEqual([4, [30, 20, 10]]);
    expect(await document('--from', '91', '--all')).toEqual({ count: 0, hits: [] });
  });

  it('prints only a number with --count', async () => {
    expect([
      await find('--count'),
      await find('--count', '--from', '50'),
      await find('--count', '--reverse', '--from', '50'),
    ]).toEqual(['10\n', '5\n', '6\n']);
  });

  it('agrees with a scan for any start, direction and limit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2200 }), fc.nat(2200), fc.boolean(), async (events, from, reverse) => {
        fc.pre(from < events);
        const argv = ['find', 't', 'tens', '--all', '--json', '--from', `${from}`, ...(reverse ? ['--reverse'] : [])];
        const { stdout } = await run(argv, { backend: traceOf(events) });
        const { count, hits } = SHAPES.find.parse(JSON.parse(stdout));
        const tens = range(0, events - 1).filter((seq) => seq % 10 === 0);
        const expected = reverse ? tens.filter((seq) => seq <= from).reverse() : tens.filter((seq) => seq >= from);
        expect([count, hits.map(({ seq }) => seq)]).toEqual([expected.length, expected]);
      }),
      { numRuns: 30 },
    );
  });

  it('shows hits as events', async () => {
    expect(await find('--from', '10')).toBe(
      'event       time s  vCPU  name         operand  detail\n  #10  0.000010000     1  ICC_PCR_EL1  PPI 27   ← 0xa\n',
    );
  });
});
