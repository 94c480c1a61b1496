/** On which physical CPU a vCPU is: by the machine's own slots, and by the guest entries of a recorded host. */
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { Lab } from '../scenario/support.ts';

const lab = new Lab();
const signal = new AbortController().signal;
afterAll(() => lab.close());

async function opened(path: string): Promise<(seq: number, vcpu: number) => Promise<number | null>> {
  const { id } = await lab.backend.handle('trace.open', { path }, signal);
  return async (seq, vcpu) =>
    (await lab.backend.handle('state.inspect', { id, seq, vcpu, baseline: null, lanesOnly: true }, signal)).pcpu;
}

describe('the physical CPU of a vCPU', () => {
  it('is the one that the emulated machine has it loaded on, and none while another has its place', async () => {
    const output = lab.path('two.gscope');
    await lab.record('two-vcpus-one-cpu', { output });
    const pcpuAt = await opened(output);
    const { id } = await lab.backend.handle('trace.open', { path: output }, signal);
    const condition = 'kind == irq.acknowledge and vcpu == 1';
    const { seq } = await lab.backend.handle('nav.find', { id, condition, from: -1, direction: 'forward' }, signal);
    expect([await pcpuAt(seq ?? -1, 0), await pcpuAt(seq ?? -1, 1)]).toEqual([null, 0]);
  });

  it('is that of the last guest entry of a recorded host, whatever was asked before', async () => {
    const entered = [
      ['CPU 0/KVM-10', 2],
      ['CPU 1/KVM-11', 5],
      ['CPU 0/KVM-10', 3],
      ['CPU 1/KVM-11', 5],
    ] as const;
    const lines = entered.map(
      ([thread, cpu], n) => `${thread} [00${cpu}] ..... 1.00000${n}: kvm_entry: PC: 0xffff800080010000`,
    );
    const [source, output] = [lab.path('host.txt'), lab.path('host.gscope')];
    writeFileSync(source, `# tracer: nop\n#\n${lines.map((line) => ` ${line}\n`).join('')}`);
    const task = await lab.task('import.start', { files: [source], output, overwrite: true });
    expect(task.error).toBeNull();
    const pcpuAt = await opened(output);
    // Forwards, backwards, and from one end to the other.
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [3, 0, 2, 1],
    ])
      for (const seq of order)
        expect([seq, await pcpuAt(seq, 0), await pcpuAt(seq, 1)]).toEqual([seq, seq < 2 ? 2 : 3, seq < 1 ? null : 5]);
    expect(await pcpuAt(-1, 0)).toBeNull();
  });
});
