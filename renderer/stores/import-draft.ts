/**
 * What a person is about to import: the files, what is said about them, and the plan that the backend makes of it. The
 * plan is asked for anew at each change of what it depends on; the last one stays until the next is there.
 */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { type Args, type Result } from '../../core/session/contract.ts';
import { FRAME_LIST_FORM, parseDuration, parseFrameList } from '../../core/session/vocabulary.ts';
import { latest } from '../query/latest.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';
import { type ImportRequest } from './imports.ts';

export type ImportPlan = Result<'import.plan'>;

/** From where it is known where the registers of a recorded guest are: its own accesses, its device tree, a person. */
export type RegisterSource = 'found' | 'tree' | 'list';

export const useImportDraft = defineStore('import-draft', () => {
  const files = shallowRef<readonly string[]>([]);
  /** By path, as typed: `+1.5ms`. Empty: to be found. */
  const offsets = ref<Record<string, string>>({});
  /** By path: whether it was recorded inside the guest. */
  const guests = ref<Record<string, boolean>>({});
  /** Id of a format; empty: by content. */
  const format = ref('');
  /** As typed; empty: as the source says. */
  const vcpus = ref('');
  const registers = ref<RegisterSource>('found');
  /** Path of a device tree; counts while `registers` says so, as `frames` does. */
  const dtb = ref('');
  /** As typed: `GICD=0x8000000,GICR=0x80a0000`. */
  const frames = ref('');
  const output = ref('');
  /** Whether to go on with what an earlier import left; undefined: a person has not said. */
  const goOn = ref<boolean | undefined>();
  /** Whether the trace that is there may go. */
  const replace = ref(false);
  const keepPartial = ref(false);
  const follow = ref(false);
  const plan = shallowRef<ImportPlan | undefined>();
  const failure = ref('');

  const given = computed(() => files.value.map((file) => offsets.value[file]?.trim() ?? ''));
  const offsetsNs = computed(() => given.value.map((text) => (text === '' ? null : parseDuration(text))));
  const wrongOffsets = computed(() => files.value.filter((_file, i) => offsetsNs.value[i] === undefined));
  const wrongVcpus = computed(() => vcpus.value !== '' && !/^([1-9]\d?|[1-4]\d\d|50\d|51[0-2])$/.test(vcpus.value));
  /** Of those that were recorded inside the guest, their places among the files. */
  const inGuests = computed(() => {
    const places = files.value.flatMap((file, i) => (guests.value[file] === true ? [i] : []));
    return places.length === 0 ? {} : { guests: places };
  });
  const frameList = computed(() => (frames.value.trim() === '' ? [] : parseFrameList(frames.value)));
  const wrongFrames = computed(() => registers.value === 'list' && frameList.value === undefined);
  const said = computed(() => {
    if (registers.value === 'tree' && dtb.value !== '') return { dtb: dtb.value };
    return registers.value === 'list' ? { frames: [...(frameList.value ?? [])] } : {};
  });
  /** Why what is said of the registers cannot be used. */
  const registerProblem = computed(() => {
    if (wrongFrames.value) return `${FRAME_LIST_FORM}.`;
    return registers.value === 'found' ? '' : (plan.value?.registers.problem ?? '');
  });
  const earlier = computed(() => plan.value?.earlier ?? undefined);
  /** A log that is followed can be gone on with also where its trace is complete. */
  const canGoOn = computed(
    () => earlier.value?.state === 'cut' || (follow.value && earlier.value?.state === 'complete'),
  );
  const goesOn = computed(() => canGoOn.value && (goOn.value ?? earlier.value?.state === 'cut'));
  /** A trace stands where a person wants theirs. */
  const isTaken = computed(() => output.value.trim() !== '' && earlier.value !== undefined && !goesOn.value);
  /** One plain source of a format that can be read as it comes. */
  const canFollow = computed(() => files.value.length === 1 && plan.value?.files[0]?.follows === true);
  const isPlanned = computed(() => plan.value?.files.length === files.value.length && !waiting.value);
  const problem = computed(() => {
    if (failure.value !== '') return failure.value;
    if (wrongOffsets.value.length > 0) return 'An offset is a number with a unit, such as +1.5ms.';
    if (wrongVcpus.value) return 'The number of vCPUs is 1 to 512.';
    return isPlanned.value ? (plan.value?.problem ?? '') : '';
  });
  /** What is in the way at the output; also while the next plan is on its way. */
  const outputProblem = computed(() => {
    if (!isTaken.value || (replace.value && earlier.value?.state !== 'busy')) return '';
    return `${earlier.value?.message ?? ''} Choose another name${earlier.value?.state === 'busy' ? '' : ' or replace it'}.`;
  });
  const ready = computed(
    () =>
      files.value.length > 0 &&
      isPlanned.value &&
      [problem, registerProblem, outputProblem].every(({ value }) => value === ''),
  );

  const waiting = ref(false);
  const planner = latest((asked: Args<'import.plan'>, signal) => backend().call('import.plan', asked, signal));
  /** What the plan depends on. An offset that is not one yet waits until it is. */
  const question = computed(() => ({
    files: [...files.value],
    ...(format.value === '' ? {} : { format: format.value }),
    offsets: offsetsNs.value.map((ns) => ns ?? null),
    ...inGuests.value,
    ...said.value,
    ...(output.value.trim() === '' ? {} : { output: output.value.trim() }),
  }));
  async function look(): Promise<void> {
    failure.value = '';
    if (files.value.length === 0) {
      planner.drop();
      plan.value = undefined;
      return;
    }
    waiting.value = true;
    try {
      const answer = await planner.ask(question.value);
      if (answer === undefined) return;
      plan.value = answer;
      if (!canFollow.value) follow.value = false;
    } catch (error) {
      if (!isCancelled(error)) failure.value = messageOf(error);
    }
    waiting.value = false;
  }
  watch(question, (now, before) => {
    if (JSON.stringify(now) !== JSON.stringify(before)) void look();
  });

  /** Begins anew with these files. */
  function begin(paths: readonly string[]): void {
    files.value = [];
    offsets.value = {};
    guests.value = {};
    format.value = '';
    vcpus.value = '';
    registers.value = 'found';
    dtb.value = '';
    frames.value = '';
    output.value = '';
    goOn.value = undefined;
    replace.value = false;
    keepPartial.value = false;
    follow.value = false;
    plan.value = undefined;
    failure.value = '';
    add(paths);
  }
  /** A device tree among them is that of the recorded machine. */
  function add(paths: readonly string[]): void {
    const isTree = (path: string): boolean => /\.dtb$/i.test(path);
    const tree = paths.find(isTree);
    if (tree !== undefined) takeTree(tree);
    files.value = [...new Set([...files.value, ...paths.filter((path) => !isTree(path))])];
  }
  function takeTree(path: string): void {
    registers.value = 'tree';
    dtb.value = path;
  }
  function remove(path: string): void {
    files.value = files.value.filter((file) => file !== path);
    delete offsets.value[path];
    delete guests.value[path];
  }

  /** The name that is gone on with, else one that a person chose, else one that nothing has. */
  const where = computed(() => {
    const left = earlier.value;
    if (left !== undefined && goesOn.value) return { output: left.path, resume: true };
    const named = output.value.trim();
    if (named === '') return { output: left === undefined ? '' : (plan.value?.output ?? '') };
    return { output: named, ...(left !== undefined && replace.value ? { overwrite: true } : {}) };
  });
  /** What is asked of the backend when the person agrees. */
  const request = computed<ImportRequest>(() => ({
    files: [...files.value],
    ...where.value,
    ...(format.value === '' ? {} : { format: format.value }),
    ...(vcpus.value === '' ? {} : { vcpus: Number(vcpus.value) }),
    ...(given.value.every((text) => text === '') ? {} : { offsets: offsetsNs.value.map((ns) => ns ?? null) }),
    ...inGuests.value,
    ...said.value,
    ...(keepPartial.value ? { keepPartial: true } : {}),
    ...(follow.value ? { follow: true } : {}),
  }));

  return {
    files,
    offsets,
    guests,
    format,
    vcpus,
    registers,
    dtb,
    frames,
    output,
    goOn,
    replace,
    keepPartial,
    follow,
    plan,
    failure,
    wrongOffsets,
    wrongVcpus,
    canFollow,
    registerProblem,
    earlier,
    canGoOn,
    goesOn,
    isTaken,
    outputProblem,
    problem,
    ready,
    request,
    begin,
    add,
    takeTree,
    remove,
  };
});
