/**
 * The filter of the event list: chips that are all required. A chip is a filter token (`vcpu:1`, `-name:kvm_*`, a word)
 * or a whole condition. Each is checked before it is added; what is typed is checked while typing.
 */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { type Result } from '../../core/session/contract.ts';
import { combine, splitTokens } from '../filter-text.ts';
import { latest } from '../query/latest.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';
import { record } from '../undo.ts';
import { useTrace } from './trace.ts';

export type Check = Result<'condition.check'>;

export const useFilter = defineStore('filter', () => {
  const trace = useTrace();
  const chips = shallowRef<readonly string[]>([]);
  const draft = ref('');
  const check = shallowRef<Check | undefined>();
  /** Matches in the whole trace; undefined while counting. */
  const total = ref<number | undefined>();
  const failure = ref('');
  const condition = computed(() => combine(chips.value));

  const checker = latest((text: string, signal) => {
    const id = trace.info?.id ?? 0;
    return backend().call('condition.check', { id, condition: text }, signal);
  });
  watch(draft, async (text) => {
    if (text.trim() === '') {
      checker.drop();
      check.value = undefined;
      return;
    }
    try {
      check.value = (await checker.ask(text.trim())) ?? check.value;
    } catch (error) {
      if (!isCancelled(error)) failure.value = messageOf(error);
    }
  });

  const counter = latest((text: string, signal) => {
    const id = trace.info?.id ?? 0;
    return backend().call('events.rank', { id, filter: text, seq: Math.max(trace.target, 0) }, signal);
  });
  watch([condition, () => trace.info?.events], async ([text]) => {
    failure.value = '';
    if (trace.info === undefined || text === '') {
      counter.drop();
      total.value = undefined;
      return;
    }
    total.value = undefined;
    try {
      const answer = await counter.ask(text);
      if (answer !== undefined) total.value = answer.total;
    } catch (error) {
      if (!isCancelled(error)) failure.value = messageOf(error);
    }
  });
  watch(
    () => trace.info?.id,
    () => {
      chips.value = [];
      draft.value = '';
    },
  );

  function set(next: readonly string[], title: string): void {
    const before = chips.value;
    chips.value = next;
    record({ title, undo: () => void (chips.value = before), redo: () => void (chips.value = next) });
  }
  /** Adds what was typed. @returns whether it was valid. */
  async function add(text: string): Promise<boolean> {
    const trimmed = text.trim();
    if (trimmed === '' || trace.info === undefined) return false;
    const answer = await backend().call('condition.check', { id: trace.info.id, condition: trimmed });
    if (!answer.ok) {
      check.value = answer;
      return false;
    }
    const added = splitTokens(trimmed).filter((token) => !chips.value.includes(token));
    set([...chips.value, ...added], 'Add filter');
    draft.value = '';
    check.value = undefined;
    return true;
  }
  function remove(chip: string): void {
    set(
      chips.value.filter((one) => one !== chip),
      'Remove filter',
    );
  }
  function clear(): void {
    if (chips.value.length > 0) set([], 'Clear filters');
    draft.value = '';
  }

  return { chips, draft, check, total, failure, condition, add, remove, clear };
});
