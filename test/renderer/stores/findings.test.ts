import { createPinia, setActivePinia } from 'pinia';
import { nextTick } from 'vue';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { useFindings } from '../../../renderer/stores/findings.ts';
import { useTrace } from '../../../renderer/stores/trace.ts';

const { trace, asked, answer } = vi.hoisted(() => ({
  trace: { info: undefined as { id: number; finished: boolean } | undefined, target: 0 },
  asked: [] as number[],
  answer: { findings: [] as unknown[], rules: [] as unknown[] },
}));
vi.mock('../../../renderer/stores/trace.ts', async () => {
  const { reactive } = await import('vue');
  const store = reactive(trace);
  return { useTrace: () => store };
});
vi.mock('../../../renderer/transport.ts', () => ({
  backend: () => ({
    call: async (_method: string, { id }: { id: number }) => {
      asked.push(id);
      if (id === 99) throw new Error('the trace is damaged');
      return answer;
    },
  }),
  isCancelled: () => false,
  messageOf: (error: Error) => error.message,
}));

// The double above, made reactive: it has these fields and no others.
const store = useTrace() as unknown as typeof trace;
const settled = async (): Promise<void> => {
  for (let n = 0; n < 10; n++) await nextTick();
};
const finding = (...seqs: number[]) => ({
  rule: 'lock-order',
  title: 'Lock inversion',
  positions: seqs.map((seq) => ({ seq, timeNs: seq, vcpu: 0, what: '' })),
});
const open = async (id: number, finished = true): Promise<void> => {
  store.info = { id, finished };
  await settled();
};

describe('what rules find', () => {
  beforeEach(() => {
    setActivePinia(createPinia());
    asked.length = 0;
    store.info = undefined;
    answer.findings = [finding(3, 20), finding(5, 10)];
    answer.rules = [
      { id: 'lock-order', looked: true },
      { id: 'missing-barrier', looked: false },
    ];
  });

  it('is asked of each trace that is opened, and again when one that grew is finished', async () => {
    const findings = useFindings();
    await settled();
    expect(asked).toEqual([]);
    await open(1, false);
    await open(1, true);
    await open(2);
    expect(asked).toEqual([1, 1, 2]);
    expect(findings.list).toHaveLength(2);
    expect(findings.applied.map(({ id }) => id)).toEqual(['lock-order']);
  });

  it('is gone through in order of where it shows, from the cursor on', async () => {
    const findings = useFindings();
    await open(1);
    store.target = 0;
    expect([findings.near('forward'), findings.near('backward')]).toEqual([10, undefined]);
    store.target = 10;
    expect([findings.near('forward'), findings.near('backward')]).toEqual([20, undefined]);
    store.target = 20;
    expect([findings.near('forward'), findings.near('backward')]).toEqual([undefined, 10]);
  });

  it('says why nothing could be looked for, and forgets it with the next trace', async () => {
    const findings = useFindings();
    await open(99);
    expect([findings.failure, findings.list.length, findings.looking]).toEqual(['the trace is damaged', 0, false]);
    await open(1);
    expect(findings.failure).toBe('');
  });
});
