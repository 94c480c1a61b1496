import { createPinia, setActivePinia } from 'pinia';
import { nextTick } from 'vue';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Args } from '../../../core/session/contract.ts';
import { type ImportPlan, useImportDraft } from '../../../renderer/stores/import-draft.ts';
import { connectTo } from '../double-backend.ts';

const asked: Args<'import.plan'>[] = [];
const left: { trace: ImportPlan['earlier'] } = { trace: null };

/** Plans what it is asked about: names that end in `.bad` cannot be imported. */
function plan(question: Args<'import.plan'>): ImportPlan {
  asked.push(question);
  const { files } = question;
  const bad = files.filter((file) => file.endsWith('.bad')).length;
  return {
    files: files.map((path) => ({
      path,
      bytes: 1,
      format: path.endsWith('.bad') ? '' : 'ftrace',
      message: '',
      follows: true,
      insideGuests: true,
    })),
    recordings: files.map((_file, i) => ({ files: [i], placed: '' })),
    output: '/imports/a.gscope',
    earlier: left.trace,
    registers: { needed: true, frames: '', problem: question.dtb === '/not.dtb' ? 'no device tree' : '' },
    room: { needed: 1, free: 2 },
    problem: bad === 0 ? '' : `${bad} cannot be imported`,
  };
}

const settled = async (): Promise<void> => {
  for (let n = 0; n < 10; n++) await nextTick();
};

describe('what is about to be imported', () => {
  beforeEach(() => {
    connectTo({ 'import.plan': plan });
    setActivePinia(createPinia());
    asked.length = 0;
    left.trace = null;
  });

  it('has files that were recorded inside the guest, by their places', async () => {
    const draft = useImportDraft();
    draft.begin(['/host.txt', '/guest.txt']);
    draft.guests['/guest.txt'] = true;
    await settled();
    expect(asked.at(-1)?.guests).toEqual([1]);
    expect(draft.request.guests).toEqual([1]);
    draft.remove('/host.txt');
    expect(draft.request.guests).toEqual([0]);
    draft.remove('/guest.txt');
    draft.add(['/guest.txt']);
    expect(draft.request.guests).toBeUndefined();
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

  it('asks with the device tree or the frames that are chosen, and not before they are right', async () => {
    const draft = useImportDraft();
    draft.begin(['/a.txt', '/not.dtb']);
    await settled();
    expect([draft.files, draft.registers, draft.dtb]).toEqual([['/a.txt'], 'tree', '/not.dtb']);
    expect([draft.ready, draft.registerProblem]).toEqual([false, 'no device tree']);
    draft.dtb = '/virt.dtb';
    await settled();
    expect([draft.ready, draft.request.dtb]).toEqual([true, '/virt.dtb']);
    draft.registers = 'list';
    draft.frames = 'GICD=8000000';
    await settled();
    expect([draft.ready, draft.registerProblem]).toEqual([false, expect.stringContaining('such as GICD=0x8000000')]);
    draft.frames = 'gicd=0x8000000, GICR=0x80A0000';
    await settled();
    expect(draft.ready).toBe(true);
    expect(asked.at(-1)).toMatchObject({
      frames: [
        { name: 'GICD', base: '0x8000000' },
        { name: 'GICR', base: '0x80a0000' },
      ],
    });
    expect(draft.request.dtb).toBeUndefined();
  });

  it('goes on with an import that was cut off, unless a person says otherwise', async () => {
    left.trace = { path: '/imports/old.gscope', state: 'cut', events: 7, message: 'cut off.' };
    const draft = useImportDraft();
    draft.begin(['/a.txt']);
    await settled();
    expect(draft.request).toEqual({ files: ['/a.txt'], output: '/imports/old.gscope', resume: true });
    draft.goOn = false;
    expect(draft.request).toEqual({ files: ['/a.txt'], output: '/imports/a.gscope' });
    draft.output = '/imports/old.gscope';
    await settled();
    expect([draft.ready, draft.outputProblem]).toEqual([false, 'cut off. Choose another name or replace it.']);
    draft.replace = true;
    expect([draft.ready, draft.request.overwrite]).toEqual([true, true]);
  });

  it('goes on with a complete trace only where a log is followed and it was asked for', async () => {
    left.trace = { path: '/imports/old.gscope', state: 'complete', events: 7, message: '' };
    const draft = useImportDraft();
    draft.begin(['/a.txt']);
    await settled();
    expect([draft.canGoOn, draft.request.resume, draft.ready]).toEqual([false, undefined, true]);
    draft.follow = true;
    expect([draft.canGoOn, draft.request.resume]).toEqual([true, undefined]);
    draft.goOn = true;
    expect(draft.request).toMatchObject({ output: '/imports/old.gscope', resume: true, follow: true });
  });
});
