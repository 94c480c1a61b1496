import { createPinia, setActivePinia } from 'pinia';
import { nextTick } from 'vue';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type ImportPlan, useImportDraft } from '../../../renderer/stores/import-draft.ts';

/** A backend that plans what it is asked about: names that end in `.bad` cannot be imported. */
const { asked, call } = vi.hoisted(() => {
  const questions: { files: string[]; format?: string; offsets: (number | null)[] }[] = [];
  return {
    asked: questions,
    call: async (_method: string, question: { files: string[]; offsets: (number | null)[] }) => {
      questions.push(question);
      const { files } = question;
      const bad = files.filter((file) => file.endsWith('.bad')).length;
      return {
        files: files.map((path) => ({
          path,
          bytes: 1,
          format: path.endsWith('.bad') ? '' : 'ftrace',
          message: '',
          follows: true,
        })),
        recordings: files.map((_file, i) => ({ files: [i], placed: '' })),
        output: '/imports/a.gscope',
        room: { needed: 1, free: 2 },
        problem: bad === 0 ? '' : `${bad} cannot be imported`,
      } satisfies ImportPlan;
    },
  };
});
vi.mock('../../../renderer/transport.ts', () => ({
  backend: () => ({ call }),
  isCancelled: () => false,
  messageOf: String,
}));

const settled = async (): Promise<void> => {
  for (let n = 0; n < 10; n++) await nextTick();
};

describe('what is about to be imported', () => {
  beforeEach(() => {
    setActivePinia(createPinia());
    asked.length = 0;
  });

  it('is planned anew when files come and go, each once', async () => {
    const draft = useImportDraft();
    draft.begin(['/a.txt', '/b.bad']);
    draft.add(['/a.txt']);
    await settled();
    expect(asked.map(({ files }) => files)).toEqual([['/a.txt', '/b.bad']]);
    expect([draft.ready, draft.problem]).toEqual([false, '1 cannot be imported']);
    draft.remove('/b.bad');
    await settled();
    expect([draft.ready, draft.problem]).toEqual([true, '']);
  });

  it('takes offsets with a unit, and waits with one that is none yet', async () => {
    const draft = useImportDraft();
    draft.begin(['/a.txt', '/b.txt']);
    draft.offsets['/b.txt'] = '+1.5';
    await settled();
    expect([draft.ready, draft.wrongOffsets]).toEqual([false, ['/b.txt']]);
    draft.offsets['/b.txt'] = '+1.5ms';
    await settled();
    expect(asked.at(-1)?.offsets).toEqual([null, 1_500_000]);
    expect(draft.request).toEqual({ files: ['/a.txt', '/b.txt'], output: '', offsets: [null, 1_500_000] });
  });

  it('asks for no offsets where none is given, so that one file is imported as it is', async () => {
    const draft = useImportDraft();
    draft.begin(['/a.txt']);
    draft.vcpus = '8';
    draft.keepPartial = true;
    draft.output = ' /to.gscope ';
    await settled();
    expect(draft.request).toEqual({ files: ['/a.txt'], output: '/to.gscope', vcpus: 8, keepPartial: true });
  });

  it('follows one file only', async () => {
    const draft = useImportDraft();
    draft.begin(['/a.txt']);
    await settled();
    expect(draft.canFollow).toBe(true);
    draft.follow = true;
    expect(draft.request.follow).toBe(true);
    draft.add(['/b.txt']);
    await settled();
    expect([draft.canFollow, draft.follow]).toEqual([false, false]);
  });

  it('refuses a number of vCPUs that no machine has', async () => {
    const draft = useImportDraft();
    draft.begin(['/a.txt']);
    await settled();
    for (const [text, wrong] of [
      ['512', false],
      ['513', true],
      ['0', true],
      ['two', true],
    ] as const) {
      draft.vcpus = text;
      expect([text, draft.wrongVcpus, draft.ready]).toEqual([text, wrong, !wrong]);
    }
  });
});
