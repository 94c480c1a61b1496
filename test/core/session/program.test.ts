import { rmSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { Lab } from '../scenario/support.ts';

const lab = new Lab();
afterAll(() => lab.close());
const signal = new AbortController().signal;

async function programOf(scenario: string) {
  await lab.record(scenario);
  const { id } = await lab.backend.handle('trace.open', { path: lab.path('out.gscope') }, signal);
  return lab.backend.handle('scenario.program', { id }, signal);
}

describe('the program of a recorded scenario', () => {
  it('has the lines of each vCPU’s text, with their places in the file and their addresses', async () => {
    const file = lab.path('two.yaml');
    writeFileSync(
      file,
      'name: two\nabout: Two programs.\nvm: { vcpus: 3 }\nguest:\n  programs:\n    - |\n      start: ldr x0, =0x84000002\n        hvc #0\n    - |\n      start:\n        .balign 16\n        movz x0, #2\n        movk x0, #0x8400, lsl #16\n        hvc #0\n',
    );
    const { programs, message } = await programOf(file);
    expect(message).toBe('');
    expect(programs.map(({ vcpus, title }) => [vcpus, title])).toEqual([
      [[0], 'program 0'],
      [[1, 2], 'program 1'],
    ]);
    expect(programs[0]?.lines).toEqual([
      { line: 7, text: 'start: ldr x0, =0x84000002', address: '0x40000000', bytes: 4 },
      { line: 8, text: '  hvc #0', address: '0x40000004', bytes: 4 },
    ]);
    expect(programs[1]?.lines.map(({ line, address }) => [line, address])).toEqual([
      [10, null],
      [11, null],
      [12, '0x40010000'],
      [13, '0x40010004'],
      [14, '0x40010008'],
    ]);
  });

  it('is a disassembly of an image, which the trace carries', async () => {
    // mov x5, #7; gicr x3, cdia; b .
    const words = Uint32Array.of(0xd280_00e5, 0xd528_c303, 0x1400_0000);
    writeFileSync(lab.path('guest.bin'), new Uint8Array(words.buffer));
    const file = lab.path('image.yaml');
    writeFileSync(file, 'name: image\nabout: one\nguest: { image: guest.bin }\nlimit: { time: 1us }\n');
    await lab.record(file);
    rmSync(lab.path('guest.bin'));
    const { id } = await lab.backend.handle('trace.open', { path: lab.path('out.gscope') }, signal);
    const { programs } = await lab.backend.handle('scenario.program', { id }, signal);
    expect(programs[0]).toMatchObject({ vcpus: [0], title: 'image' });
    expect(programs[0]?.lines.map(({ address, text }) => [address, text])).toEqual([
      ['0x40000000', 'mov x5, #0x7'],
      ['0x40000004', 'gicr x3, cdia'],
      ['0x40000008', 'b 0x40000008'],
    ]);
  });

  it('is a part of a large image around the place that is asked for', async () => {
    // 3 MiB of nop between a branch to the end and one to itself: carried compressed.
    const words = new Uint32Array(768 * 1024).fill(0xd503_201f);
    words[0] = 0x1400_0000 + words.length - 1;
    words[words.length - 1] = 0x1400_0000;
    writeFileSync(lab.path('large.bin'), new Uint8Array(words.buffer));
    const file = lab.path('large.yaml');
    writeFileSync(
      file,
      'name: large\nabout: one\nguest: { image: large.bin, memory: 0x400000 }\nlimit: { time: 1us }\n',
    );
    await lab.record(file);
    rmSync(lab.path('large.bin'));
    const { id } = await lab.backend.handle('trace.open', { path: lab.path('out.gscope') }, signal);
    const ask = (around?: string) =>
      lab.backend.handle('scenario.program', { id, ...(around === undefined ? {} : { around }) }, signal);
    const start = await ask();
    expect(start.programs[0]?.lines[0]).toMatchObject({ address: '0x40000000', text: 'b 0x402ffffc' });
    expect(start.message).toBe('766432 other instructions are not shown.');
    const end = await ask('0x402ffffc');
    expect(end.programs[0]?.lines.at(-1)).toMatchObject({ address: '0x402ffffc', text: 'b 0x402ffffc' });
    const middle = await ask('0x40180000');
    expect(middle.programs[0]?.lines[10_000]?.address).toBe('0x40180000');
    expect((await ask('0x10')).programs[0]?.lines[0]?.address).toBe('0x40000000');
  });

  it('says why there is none', async () => {
    const { id } = await lab.backend.handle('trace.open', { path: lab.path('out.gscope') }, signal);
    expect((await lab.backend.handle('scenario.expectations', { id }, signal)).total).toBe(0);
    const { TraceWriter } = await import('../../../core/trace/writer.ts');
    const writer = new TraceWriter(lab.path('plain.gscope'));
    writer.finish({ source: { kind: 'qemu-log', files: [], facts: {} }, gic: 'v5', vcpus: 0 });
    const plain = await lab.backend.handle('trace.open', { path: lab.path('plain.gscope') }, signal);
    const answer = await lab.backend.handle('scenario.program', { id: plain.id }, signal);
    expect(answer).toEqual({ programs: [], message: 'This trace was not recorded from a scenario.' });
  });
});
