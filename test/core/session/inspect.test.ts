/** Which registers an inspection of a recorded machine tells of, and how much of each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTRACT, type Result } from '../../../core/session/contract.ts';
import { Lab } from '../scenario/support.ts';

const lab = new Lab();
const signal = new AbortController().signal;
afterAll(() => lab.close());

describe('registers of two vCPUs that share a CPU', () => {
  let id = 0;
  let seq = 0;
  beforeAll(async () => {
    const output = lab.path('two.gscope');
    await lab.record('two-vcpus-one-cpu', { output });
    id = (await lab.backend.handle('trace.open', { path: output }, signal)).id;
    const condition = 'kind == irq.acknowledge and vcpu == 1';
    const found = await lab.backend.handle('nav.find', { id, condition, from: -1, direction: 'forward' }, signal);
    seq = found.seq ?? -1;
  });
  async function inspect(vcpu: number, more = {}): Promise<Result<'state.inspect'>> {
    const args = { id, seq, vcpu, baseline: null, ...more };
    return CONTRACT['state.inspect'].result.parse(await lab.backend.handle('state.inspect', args, signal));
  }
  const owners = ({ registers }: Result<'state.inspect'>): string[] => [
    ...new Set(registers.map(({ path }) => path.slice(0, path.indexOf('.')))),
  ];

  it("are the vCPU's own, and those of the CPU while it is on it", async () => {
    expect(owners(await inspect(1))).toEqual(expect.arrayContaining(['vcpu1', 'pcpu0']));
    expect(owners(await inspect(0))).not.toContain('pcpu0');
    for (const vcpu of [0, 1])
      expect(
        owners(await inspect(vcpu))
          .filter((owner) => /^(v|p)cpu/.test(owner))
          .sort(),
      ).toEqual(vcpu === 1 ? ['pcpu0', 'vcpu1'] : ['vcpu0']);
  });

  it('come with fields only where they are asked for, and for priority masks', async () => {
    const whole = await inspect(1);
    const path = 'vcpu1.ICC_CR0_EL1';
    const some = await inspect(1, { decoded: [path] });
    expect(whole.registers.length).toBeGreaterThan(20);
    expect(some.registers.map(({ value }) => value)).toEqual(whole.registers.map(({ value }) => value));
    const decoded = some.registers.filter(({ fields }) => fields.length > 0);
    expect(decoded.find((one) => one.path === path)).toEqual(whole.registers.find((one) => one.path === path));
    const names = new Set(decoded.map(({ name }) => name));
    expect([...names].sort()).toEqual(['ICC_CR0_EL1', 'ICC_PCR_EL1', 'ICH_VMCR_EL2']);
  });
});

describe('the verdict on an interrupt that is pending', () => {
  it('names the mask that holds it back, as a number, and none when nothing does', async () => {
    const output = lab.path('stale.gscope');
    await lab.record('stale-vmcr-after-migration', { output });
    const { id, events } = await lab.backend.handle('trace.open', { path: output }, signal);
    const candidateAt = async (seq: number) => {
      const args = { id, seq, vcpu: 1, baseline: null };
      const { candidates } = CONTRACT['state.inspect'].result.parse(
        await lab.backend.handle('state.inspect', args, signal),
      );
      return candidates.find(({ label }) => label === 'PPI 27');
    };
    const find = { id, condition: 'kind == irq.acknowledge and vcpu == 1', from: -1, direction: 'forward' } as const;
    const { seq } = await lab.backend.handle('nav.find', find, signal);
    // The tick after the restore arrives behind the stale mask and stays there.
    expect(await candidateAt(events - 1)).toMatchObject({ priority: 16, verdict: 'masked', by: 15 });
    expect(await candidateAt((seq ?? 0) - 1)).toMatchObject({ verdict: 'signalled', by: null });
  });
});
