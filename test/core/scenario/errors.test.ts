import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { SHAPES } from '../../../core/cli/shapes.ts';
import { loadScenario, ScenarioError } from '../../../core/scenario/index.ts';
import { createBackend } from '../../../core/session/backend.ts';
import { BUNDLED, Lab } from './support.ts';
import { run as runCli } from '../cli/support.ts';

const lab = new Lab();
afterAll(() => lab.close());

/** A scenario that is right, with lines that a test puts in. */
const text = (more = '', program = 'start:\n      b .'): string =>
  `name: test\nabout: one\nguest:\n  program: |\n    ${program}\n${more}`;

/** Where and how a text is wrong, for the file `t.yaml`. */
function messageOf(source: string): string {
  try {
    loadScenario('t.yaml', source);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return '';
}

describe('a bad scenario', () => {
  it('is none when nothing is wrong with it', () => {
    expect(messageOf(text())).toBe('');
  });

  it.each([
    ['an unknown key', text('evnts: []'), 't.yaml:7:1: unknown key "evnts"'],
    ['a missing key', 'name: test\nguest: { program: "b ." }', 't.yaml:1:1: "about" is missing'],
    [
      'a wrong type',
      text('seed: many'),
      't.yaml:7:7: seed: expected a whole number from 0 to 4294967295; found "many"',
    ],
    [
      'a number out of range',
      text('host:\n  cpus: 65'),
      't.yaml:8:9: host.cpus: expected a whole number from 1 to 64; found 65',
    ],
    ['an unknown profile', text('profile: never'), 't.yaml:7:10: no profile "never"; there are mainline'],
    [
      'an unknown device',
      text('vm: { device: gicv9 }'),
      't.yaml:7:15: vm.device: expected vgicv5, vgicv3, vgicv2 or none; found "gicv9"',
    ],
    ['an unknown action', text('events:\n  - at: 1us\n    do: { explode: {} }'), 't.yaml:9:11: unknown key "explode"'],
    [
      'two actions in one',
      text('events:\n  - at: 1us\n    do: { pause: {}, run: {} }'),
      't.yaml:9:9: events.0.do: expected exactly one action',
    ],
    [
      'an event without a time',
      text('events:\n  - do: { stop: {} }'),
      't.yaml:8:5: events.0: expected either `at` (a time) or `when` (a label)',
    ],
    ['a time without a unit', text('limit: { time: "12" }'), 't.yaml:7:16: limit.time: expected a time with its unit'],
    [
      'a limit without end',
      text('limit: { time: 5000s }'),
      't.yaml:7:16: limit.time: expected a time with its unit, such as 12us or 1.5ms, at most 100s',
    ],
    [
      'an unknown errno',
      text('events:\n  - at: 1us\n    do: { stop: {}, result: EFOO }'),
      't.yaml:9:29: events.0.do.result: expected 0 or one of EPERM',
    ],
    [
      'a value of more than 64 bits',
      text('guest2: 1').replace('guest2: 1', 'expect: { end: { vm.ppiMask: 0x10000000000000000 } }'),
      't.yaml:7:30: expect.end.vm.ppiMask: expected a number of at most 64 bits',
    ],
    [
      'an unknown label',
      text('events:\n  - when: { label: nowhere }\n    do: { stop: {} }'),
      't.yaml:8:20: expected a label of the guest (start); found "nowhere"',
    ],
    [
      'a vCPU that does not exist',
      text('events:\n  - at: 1us\n    do: { pause: { vcpu: 3 } }'),
      't.yaml:9:26: expected a vCPU from 0 to 0, found 3',
    ],
    ['assembly', text('', 'start:\n      mov x1, #1\n      frobnicate x2'), 't.yaml:7:7: expected'],
    ['a register in assembly', text('', 'start:\n      msr ICC_PPI_ENABLR0_EL1, x1'), 't.yaml:6:11: expected'],
    [
      'no program at all',
      'name: test\nabout: one\nguest: {}',
      't.yaml:3:8: guest: expected exactly one of `program`, `programs` and `image`',
    ],
    [
      'a missing image',
      'name: test\nabout: one\nguest: { image: none.bin }',
      "t.yaml:3:17: expected a file with the guest's memory image",
    ],
    ['a text', 'hello\nworld', 't.yaml:1:1: expected a mapping; found "hello world"'],
    ['a list where names are wanted', 'name: test\nhost: [1]', 't.yaml:2:7: host: expected a mapping; found a list'],
    ['broken YAML', 'name: test\nabout: [one', 't.yaml:2:12: Flow sequence'],
    ['two keys of one name', 'name: a\nname: b', 't.yaml:2:1: Map keys must be unique'],
  ])('%s is told with its place and what was expected', (_what, source, expected) => {
    expect(messageOf(source)).toContain(expected);
  });

  it('tells all its mistakes at once', () => {
    expect(messageOf(text('seed: -1\nprofil: x\nhost: { cpus: 0 }')).split('\n')).toHaveLength(3);
  });

  it('may not blow up by aliases', () => {
    const levels = Array.from(
      { length: 9 },
      (_, n) => `l${n + 1}: &l${n + 1} [${Array(20).fill(`*l${n}`).join(', ')}]`,
    );
    const bomb = `l0: &l0 [x]\n${levels.join('\n')}\n`;
    expect(messageOf(bomb)).toMatch(/^t\.yaml:\d+:\d+: expected at most 100 uses of aliases/);
    const big = `a: &a ${'x'.repeat(9_000_000)}\nb: [${Array(150).fill('*a').join(', ')}]\n`;
    expect(messageOf(big)).toMatch(/expected at most 100 uses of aliases/);
    expect(messageOf(`name: ${'x'.repeat(10_000_001)}`)).toContain('t.yaml:1:1: expected at most 10000000 characters');
  });

  it('may not nest without end', () => {
    for (const levels of [200, 5000, 100_000])
      expect(messageOf('['.repeat(levels) + ']'.repeat(levels)), `${levels}`).toMatch(
        /^t\.yaml:\d+:\d+: expected at most 64 levels$/,
      );
  });

  it('is found by its machine when a register or slot does not exist or is too narrow', async () => {
    const file = lab.path('slots.yaml');
    const at =
      'expect:\n  at:\n    - { label: start, registers: { X99: 1 } }\n  end:\n    vcpu0.nothing: 1\n    vcpu0.inGuest: 2\n';
    writeFileSync(file, text(at));
    const { problems } = await lab.check(file);
    expect(problems).toEqual([
      { line: 9, column: 36, message: 'unknown register "X99" of a vCPU (perhaps X19, X29, X9)' },
      { line: 11, column: 5, message: expect.stringContaining('unknown slot "vcpu0.nothing"') as string },
      { line: 12, column: 20, message: 'expected a value of 1 bits for vcpu0.inGuest, found 0x2' },
    ]);
  });

  it('names what was probably meant', async () => {
    const file = lab.path('near.yaml');
    const set = '    do: { setRegister: { register: ICC_PCR_EL2, value: 1 } }\n';
    const at =
      'expect:\n  at:\n    - { label: start, registers: { ICC_CR1_EL1: 1 } }\n  end:\n    vcpu0.inGest: 1\n' +
      `events:\n  - at: 0ns\n${set}`;
    writeFileSync(file, text(at));
    const { problems } = await lab.check(file);
    expect(problems.map(({ message }) => message)).toEqual([
      'unknown register "ICC_CR1_EL1" of a vCPU (perhaps ICC_CR0_EL1, ICC_PCR_EL1)',
      expect.stringContaining('unknown slot "vcpu0.inGest" (perhaps vcpu0.inGuest)') as string,
      expect.stringContaining('unknown register "ICC_PCR_EL2" (perhaps ICC_PCR_EL1)') as string,
    ]);
  });

  it.each([
    ['kind == nonsense', 'condition: there is no kind nonsense; there are register.access, mmio.access,'],
    ['kind == irq.acknowlege', 'condition: there is no kind irq.acknowlege; did you mean irq.acknowledge?'],
    ['vcpu == 0 and origin == gust', 'condition: there is no origin gust; did you mean guest?'],
    ['kind == irq.pend and intdi == 3', 'condition: events have nothing called intdi; did you mean intid?'],
  ])('is one that expects what no event can be: %s', async (condition, message) => {
    const file = lab.path('kinds.yaml');
    writeFileSync(file, text(`expect:\n  sequence:\n    - ${condition}\n`));
    const { problems } = await lab.check(file);
    const word = condition.split(' ').findLast((each) => /nonsense|acknowlege|gust|intdi/.test(each)) ?? '';
    expect(problems).toEqual([
      { line: 9, column: 7 + condition.indexOf(word), message: expect.stringContaining(message) as string },
    ]);
  });
});

describe('gicscope record and scenario', () => {
  const run = async (...argv: string[]): Promise<{ exit: number; out: string; err: string }> => {
    const { exit, stdout, stderr } = await runCli(argv, { cwd: lab.folder });
    return { exit, out: stdout, err: stderr };
  };

  it('exit with 3 and the place for a bad scenario, and write nothing', async () => {
    writeFileSync(lab.path('bad.yaml'), text('seed: many'));
    const { exit, err } = await run('record', 'bad.yaml', '-o', 'bad.gscope');
    expect(exit).toBe(3);
    expect(err).toContain('bad.yaml:7:7: seed: expected a whole number');
    expect((await run('info', 'bad.gscope')).exit).toBe(3);
    expect((await run('scenario', 'check', 'bad.yaml')).exit).toBe(3);
    expect((await run('record', 'no-such', '-o', 'x.gscope')).exit).toBe(3);
    expect((await run('record', 'bad.yaml', '-o', 'x.gscope', '--profile', 'none')).exit).toBe(2);
  });

  it('exit with 1 when an expectation is not met, with expected, found and place', async () => {
    mkdirSync(lab.path('sub'), { recursive: true });
    writeFileSync(
      lab.path('sub/wrong.yaml'),
      text(
        'expect:\n  halted: idle\n  counts:\n    - { of: kind == vcpu.entry, is: 7 }\n  never:\n    - kind == vcpu.entry\nlimit: { time: 1us }\n',
      ),
    );
    const file = join('sub', 'wrong.yaml');
    const { exit, err } = await run('record', file, '-o', 'wrong.gscope', '--expect');
    expect(exit).toBe(1);
    expect(err).toContain('wrong.yaml:8:11: why the run ended: expected idle, found limit');
    expect(err).toContain('wrong.yaml:10:7: kind == vcpu.entry: expected 7 times, found 1 times');
    expect(err).toMatch(/wrong\.yaml:12:7: kind == vcpu\.entry: expected no event, found #\d+/);
    expect((await run('record', file, '-o', 'wrong.gscope', '--overwrite')).exit).toBe(0);
    expect((await run('record', file, '-o', 'wrong.gscope')).exit).toBe(2);
  });

  it('run a raw image that stands beside the scenario', async () => {
    // mov x5, #7; b .
    writeFileSync(lab.path('guest.bin'), Uint8Array.from([0xe5, 0x00, 0x80, 0xd2, 0x00, 0x00, 0x00, 0x14]));
    writeFileSync(
      lab.path('image.yaml'),
      'name: image\nabout: one\nguest: { image: guest.bin }\nlimit: { time: 1us }\nexpect: { end: { vcpu0.X5: 7, vcpu0.PC: 0x40000004 } }\n',
    );
    expect((await run('record', 'image.yaml', '-o', 'image.gscope', '--expect')).exit).toBe(0);
  });

  it('end an endless guest at its limit', async () => {
    writeFileSync(lab.path('endless.yaml'), text('limit: { time: 1ms }'));
    const { exit, err } = await run('record', 'endless.yaml', '-o', 'endless.gscope', '--expect');
    expect(exit).toBe(0);
    expect(err).toContain('1.00 ms of virtual time, ended limit');
  });

  it('refuse an endless guest without one, and leave no trace', async () => {
    writeFileSync(lab.path('endless.yaml'), text());
    const { exit, err } = await run('record', 'endless.yaml', '-o', 'none.gscope');
    expect(exit).toBe(3);
    expect(err).toMatch(
      /endless\.yaml:\d+:\d+: expected a guest that ends by itself .* within 1 ms; it still ran then/,
    );
    expect((await run('info', 'none.gscope')).exit).toBe(3);
  });

  it('point at what is wrong in a condition before anything runs', async () => {
    const conditions =
      'expect:\n  sequence:\n    - kind == vcpu.entry and\n  never: [value ~ 3]\n  counts: [{ of: kind ==, is: 1 }]\n';
    writeFileSync(lab.path('conditions.yaml'), text(conditions));
    const { exit, err } = await run('scenario', 'check', 'conditions.yaml');
    expect(exit).toBe(3);
    expect(err).toMatch(/conditions\.yaml:9:29: condition: expected a condition/);
    expect(err).toMatch(/conditions\.yaml:11:25: condition: expected a value/);
  });

  it('print the documented JSON', async () => {
    const recorded = await run('record', 'dvi-on', '-o', 'json.gscope', '--json');
    expect(SHAPES.record.parse(JSON.parse(recorded.out))).toMatchObject({ halted: 'poweredOff', failed: 0 });
    for (const words of [['list'], ['list', '--profiles'], ['check', 'dvi-on', 'bad.yaml']]) {
      const { out } = await run('scenario', ...words, '--json');
      expect(Object.keys(SHAPES.scenario.parse(JSON.parse(out))).length).toBeGreaterThan(0);
    }
  });

  it('print the documented JSON of a run of all, here two of them', async () => {
    const samples = lab.path('two');
    mkdirSync(samples);
    for (const name of ['dvi-on.yaml', 'dvi-off.yaml']) copyFileSync(join(BUNDLED, name), join(samples, name));
    const backend = createBackend({ version: 'test', samples, imports: lab.folder });
    const { exit, stdout } = await runCli(['scenario', 'run-all', '--json'], { cwd: lab.folder, backend });
    expect(exit).toBe(0);
    const parsed = SHAPES.scenario.parse(JSON.parse(stdout));
    expect(JSON.stringify(parsed)).toMatch(/dvi-off[^]*dvi-on/);
  });

  it('list the bundled scenarios and the profiles', async () => {
    expect((await run('scenario', 'list')).out).toContain('vgic-v5-selftest');
    expect((await run('scenario', 'list', '--profiles')).out).toContain('series-queued');
    expect((await run('scenario', 'check', 'dvi-on')).out).toContain('dvi-on: nothing wrong');
    expect((await run('scenario', 'dance')).exit).toBe(2);
  });
});
