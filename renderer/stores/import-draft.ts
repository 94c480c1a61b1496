/**
 * What a person is about to import: the files, what is said about them, and the plan that the backend makes of it. The
 * plan is asked for anew at each change of what it depends on; the last one stays until the next is there.
 */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { type Result } from '../../core/session/contract.ts';
import { parseDuration } from '../../core/session/vocabulary.ts';
import { latest } from '../query/latest.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';
import { type ImportRequest } from './imports.ts';

export type ImportPlan = Result<'import.plan'>;

export const useImportDraft = defineStore('import-draft', () => {
  const files = shallowRef<readonly string[]>([]);
  /** By path, as typed: `+1.5ms`. Empty: to be found. */
  const offsets = ref<Record<string, string>>({});
  /** Id of a format; empty: by content. */
  const format = ref('');
  /** As typed; empty: as the source says. */
  const vcpus = ref('');
  const output = ref('');
  const keepPartial = ref(false);
  const follow = ref(false);
  const plan = shallowRef<ImportPlan | undefined>();
  const failure = ref('');

  const given = computed(() => files.value.map((file) => offsets.value[file]?.trim() ?? ''));
  const offsetsNs = computed(() => given.value.map((text) => (text === '' ? null : parseDuration(text))));
  const wrongOffsets = computed(() => files.value.filter((_file, i) => offsetsNs.value[i] === undefined));
  const wrongVcpus = computed(() => vcpus.value !== '' && !/^([1-9]\d?|[1-4]\d\d|50\d|51[0-2])$/.test(vcpus.value));
  /** One plain source of a format that can be read as it comes. */
  const canFollow = computed(() => files.value.length === 1 && plan.value?.files[0]?.follows === true);
  const isPlanned = computed(() => plan.value?.files.length === files.value.length && !waiting.value);
  const problem = computed(() => {
    if (failure.value !== '') return failure.value;
    if (wrongOffsets.value.length > 0) return 'An offset is a number with a unit, such as +1.5ms.';
    if (wrongVcpus.value) return 'The number of vCPUs is 1 to 512.';
    return isPlanned.value ? (plan.value?.problem ?? '') : '';
  });
  const ready = computed(() => files.value.length > 0 && isPlanned.value && problem.value === '');

  const waiting = ref(false);
  const planner = latest(async (question: Pick<ImportRequest, 'files' | 'format' | 'offsets'>, signal) =>
    backend().call('import.plan', question, signal),
  );
  /** What the plan depends on. An offset that is not one yet waits until it is. */
  const question = computed(() => ({
    files: [...files.value],
    ...(format.value === '' ? {} : { format: format.value }),
    offsets: offsetsNs.value.map((ns) => ns ?? null),
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
    format.value = '';
    vcpus.value = '';
    output.value = '';
    keepPartial.value = false;
    follow.value = false;
    plan.value = undefined;
    failure.value = '';
    add(paths);
  }
  function add(paths: readonly string[]): void {
    files.value = [...new Set([...files.value, ...paths])];
  }
  function remove(path: string): void {
    files.value = files.value.filter((file) => file !== path);
    delete offsets.value[path];
  }

  /** What is asked of the backend when the person agrees. */
  const request = computed<ImportRequest>(() => ({
    files: [...files.value],
    output: output.value.trim(),
    ...(format.value === '' ? {} : { format: format.value }),
    ...(vcpus.value === '' ? {} : { vcpus: Number(vcpus.value) }),
    ...(given.value.every((text) => text === '') ? {} : { offsets: offsetsNs.value.map((ns) => ns ?? null) }),
    ...(keepPartial.value ? { keepPartial: true } : {}),
    ...(follow.value ? { follow: true } : {}),
  }));

  return {
    files,
    offsets,
    format,
    vcpus,
    output,
    keepPartial,
    follow,
    plan,
    failure,
    wrongOffsets,
    wrongVcpus,
    canFollow,
    problem,
    ready,
    request,
    begin,
    add,
    remove,
  };
});
