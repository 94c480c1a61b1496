import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../core/cli/commands/index.ts';
import { CONTRACT } from '../../../core/session/contract.ts';
import { SessionError } from '../../../core/session/failure.ts';
import { fakeBackend, INFO, openClose, run } from './support.ts';

const failing = (code: SessionError['code'], message: string) =>
  fakeBackend({
    'trace.open': () => {
      throw new SessionError({ code, message });
    },
  });

describe('gicscope', () => {
  it('prints help for itself and for every command, with examples, and exits 0', async () => {
    const { exit, stdout, stderr } = await run(['--help']);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    for (const { name, examples } of COMMANDS) {
      expect(stdout).toContain(`  ${name} `);
      for (const argv of [
        [name, '--help'],
        ['help', name],
      ]) {
        const help = await run(argv);
        expect({ exit: help.exit, stderr: help.stderr }).toEqual({ exit: 0, stderr: '' });
        for (const { command } of examples) expect(help.stdout).toContain(command);
      }
    }
  });

  it('prints its version', async () => {
    expect(await run(['--version'])).toEqual({
      exit: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });

  it.each([
    [[], 'Usage: gicscope'],
    [['evnts'], 'Did you mean events?'],
    [['info'], "missing required argument 'TRACE'"],
    [['info', 'a', 'b'], 'too many arguments'],
    [['info', 'a', '--jsn'], 'Did you mean --json?'],
    [['events', 'a', '--limit', '0'], 'An integer of at least 1 is expected.'],
    [['events', 'a', '--limit', '1e3'], 'An integer of at least 1 is expected.'],
    [['events', 'a', '--limit', '9'.repeat(16)], 'An integer of at least 1 and 15 digits is expected.'],
    [['events', 'a', '--where', ''], "option '--where <COND>' argument '' is invalid. It is empty."],
    [['events', ''], "argument 'TRACE' is empty"],
    [['import', 'a.log', '', '-o', 'a.gscope'], "argument 'FILE' is empty"],
    [['import', 'a.log', '-o', ''], "option '-o, --output <TRACE>' argument '' is invalid. It is empty."],
    [['help', 'evnts'], "unknown command 'evnts'"],
    [['events', 'a', '--columns', 'seq,when'], 'One of seq, time, vcpu'],
    [['events', 'a', '--from', 'noon'], 'A position is expected'],
    [['state', 'a'], "required option '--at <P>' not specified"],
    [['state', 'a', '--at'], "write '#1234' in quotes"],
    [['import', 'a.log'], "required option '-o, --output <TRACE>' not specified"],
    [['import', 'a.log', '-o', '-'], 'a trace cannot be written to standard output'],
    [['latency', 'a', '--by', 'vcpu'], 'One of intid, intid,vcpu is expected.'],
    [['export', 'a', '-o', 'a.doc'], 'a.doc does not tell the format: add --format with one of html, md'],
    [['export', 'a', '-o', 'a.html', '--where', 'x'], '--where does not apply to the format html'],
    [['export', 'a', '-o', 'a.csv', '--at', '3'], '--at does not apply to the format csv'],
    [['sql', 'a', 'SELECT 1', '--csv', '--json'], '--csv and --json exclude each other'],
    [['serve', '--port', '99999'], 'An integer from 1 to 65535 is expected.'],
    [['completion', 'tcsh'], 'completion for bash, zsh, fish, not for tcsh'],
    [['open'], 'there is no window here'],
  ])('answers %j with exit 2, an explanation on stderr and nothing on stdout', async (argv, message) => {
    const { exit, stdout, stderr } = await run(argv, { backend: fakeBackend({}) });
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it.each([
    ['usage', 2],
    ['bad-input', 3],
    ['not-found', 3],
    ['cancelled', 130],
  ] as const)('turns a failure %s of the backend into exit %i and one line', async (code, expected) => {
    const backend = failing(code, 'boot.gscope, byte 16: a trace is expected, this is a JPEG');
    const { exit, stdout, stderr } = await run(['info', 'boot.gscope', '--json'], { backend });
    expect({ exit, stdout }).toEqual({ exit: expected, stdout: '' });
    expect(stderr).toBe(
      code === 'cancelled'
        ? 'gicscope: stopped\n'
        : 'gicscope: boot.gscope, byte 16: a trace is expected, this is a JPEG\n',
    );
    expect(backend.closed).toBe(true);
  });

  it('says one line about an internal error, and the stack only with GICSCOPE_DEBUG', async () => {
    const backend = () =>
      fakeBackend({
        'trace.open': () => {
          throw new TypeError('slots is undefined\nsecond line');
        },
      });
    const short = await run(['info', 'x'], { backend: backend() });
    expect(short).toEqual({
      exit: 4,
      stdout: '',
      stderr:
        'gicscope: internal error: slots is undefined\nRun it again with GICSCOPE_DEBUG=1 for details, and report it.\n',
    });
    const long = await run(['info', 'x'], { backend: backend(), env: { GICSCOPE_DEBUG: '1' } });
    expect(long.exit).toBe(4);
    expect(long.stderr).toMatch(/^gicscope: TypeError: slots is undefined\nsecond line\n\s+at /);
  });

  it('opens traces by absolute path and closes what it opened', async () => {
    const backend = fakeBackend(openClose);
    await run(['info', 'boot.gscope'], { backend, cwd: '/home/me' });
    expect(backend.calls).toEqual([
      { method: 'trace.open', args: { path: '/home/me/boot.gscope' } },
      { method: 'trace.interrupts', args: { id: INFO.id } },
      { method: 'analysis.injections', args: { id: INFO.id } },
      { method: 'trace.close', args: { id: INFO.id } },
    ]);
    expect(backend.closed).toBe(true);
  });

  it('ends quietly with 0 when the reader of its output goes away', async () => {
    const backend = fakeBackend(openClose);
    const { exit, stderr } = await run(['info', 'boot.gscope'], { backend, stdoutBreaksAfter: 10 });
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(backend.closed).toBe(true);
  });

  it.each([['--help'], ['info', 'boot.gscope'], ['scenario', 'list', '--json'], ['completion', 'bash']])(
    'says that standard output takes no more (%s %s), and exits with 3',
    async (...argv) => {
      const backend = fakeBackend({ ...openClose, 'scenario.list': () => ({ scenarios: [], profiles: [] }) });
      const { exit, stderr } = await run(argv, { backend, stdoutBreaksAfter: 10, stdoutBreaksWith: 'ENOSPC' });
      expect({ exit, stderr }).toEqual({
        exit: 3,
        stderr: 'gicscope: standard output: no space is left on the disk\n',
      });
    },
  );

  it('stops at Ctrl-C with 130', async () => {
    const controller = new AbortController();
    const backend = fakeBackend({
      ...openClose,
      'trace.open': () => {
        controller.abort();
        return INFO;
      },
    });
    const { exit, stdout } = await run(['info', 'boot.gscope'], { backend, signal: controller.signal });
    expect({ exit, stdout }).toEqual({ exit: 130, stdout: '' });
    expect(backend.calls.at(-1)?.method).toBe('trace.close');
  });

  it('colours a terminal, and nothing else, and nothing with NO_COLOR', async () => {
    const colours = async (tty: boolean, env: Record<string, string> = {}) =>
      (await run(['info', 'boot.gscope'], { backend: fakeBackend(openClose), tty, env })).stdout.includes('\u001b[');
    expect([await colours(true), await colours(false), await colours(true, { NO_COLOR: '1' })]).toEqual([
      true,
      false,
      false,
    ]);
    expect([await colours(true, { NO_COLOR: '' }), await colours(true, { TERM: 'dumb' })]).toEqual([true, false]);
  });

  it('hands open and serve to the shells and returns their exit code', async () => {
    const requests: unknown[] = [];
    const launch = (request: unknown) => {
      requests.push(request);
      return Promise.resolve(5);
    };
    const options = { launch, cwd: '/home/me' };
    expect((await run(['open', 'a.gscope'], options)).exit).toBe(5);
    await run(['serve', '--port', '8642', '--no-open'], options);
    expect(requests).toEqual([
      { shell: 'window', openBrowser: true, trace: '/home/me/a.gscope' },
      { shell: 'browser', openBrowser: false, port: 8642 },
    ]);
  });

  it('offers as export formats exactly those of the contract', async () => {
    const { stdout } = await run(['export', '--help']);
    const formats = [
      ...CONTRACT['report.export'].args.shape.format.options,
      ...CONTRACT['export.text'].args.shape.format.options,
    ];
    expect(stdout).toContain(formats.join(', '));
  });
});
