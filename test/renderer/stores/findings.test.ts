import { createPinia, setActivePinia } from 'pinia';
import { nextTick } from 'vue';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Args, type Result, type TraceInfo } from '../../../core/session/contract.ts';
import { useFindings } from '../../../renderer/stores/findings.ts';
import { useTrace } from '../../../renderer/stores/trace.ts';
import { connectTo } from '../double-backend.ts';

type Found = Result<'analysis.findings'>;
const asked: number[] = [];
let answer: Found = { findings: [], rules: [] };

function find({ id }: Args<'analysis.findings'>): Found {
  asked.push(id);
  if (id === 99) throw new Error('the trace is damaged');
  return answer;
}

const TRACE: TraceInfo = {
  id: 0,
  path: '/a.gscope',
  fileName: 'a.gscope',
  fileBytes: 0,
  gic: 'v5',
  source: { kind: 'scenario', files: [], facts: {} },
  profile: null,
  vcpus: 1,
  events: 100,
  durationNs: 0,
  kinds: {},
  names: {},
  lines: null,
  busiest: null,
  lanes: { others: [], intids: new Uint32Array(), vcpus: new Int32Array(), flags: new Uint8Array() },
  complete: true,
  finished: true,
  writable: false,
};

const settled = async (): Promise<void> => {
  for (let n = 0; n < 10; n++) await nextTick();
};
const finding = (...seqs: number[]): Found['findings'][number] => ({
  rule: 'lock-order',
  severity: 'error',
  intid: null,
  title: 'Lock inversion',
  explanation: '',
  clause: '',
  count: seqs.length,
  positions: seqs.map((seq) => ({ seq, timeNs: seq, vcpu: 0, what: '' })),
});
const rule = (id: string, looked: boolean): Found['rules'][number] => ({ id, about: '', clause: '', looked });

/** As if the trace had been opened: the store of the open trace has its facts. */
async function open(id: number, finished = true): Promise<void> {
  useTrace().info = { ...TRACE, id, finished };
  await settled();
}

describe('what rules find', () => {
  beforeEach(() => {
    connectTo({ 'analysis.findings': find });
    setActivePinia(createPinia());
    asked.length = 0;
    answer = {
      findings: [finding(3, 20), finding(5, 10)],
      rules: [rule('lock-order', true), rule('missing-barrier', false)],
    };
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
    const store = useTrace();
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
