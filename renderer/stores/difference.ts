/**
 * Two pinned positions of the open trace, A and B, and the state that differs between them: what `gicscope state --at A
 * --diff B` prints. A position that is not pinned is the cursor.
 */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef, watch } from 'vue';
import { type Result } from '../../core/session/contract.ts';
import { eventLabel } from '../format/number.ts';
import { latest } from '../query/latest.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';
import { useTrace } from './trace.ts';
import { useUi } from './ui.ts';

export type Difference = Result<'state.slots'>;
export type Pin = 'a' | 'b';
/** Slots that are shown; more are said to be there. */
const MOST_SLOTS = 2000;

export const useDifference = defineStore('difference', () => {
  const trace = useTrace();
  const pins = { a: ref<number | undefined>(), b: ref<number | undefined>() };
  const glob = ref('');
  const found = shallowRef<Difference | undefined>();
  const failure = ref('');
  const at = computed(() => ({ a: pins.a.value ?? trace.target, b: pins.b.value ?? trace.target }));

  watch(
    () => trace.info?.id,
    () => {
      pins.a.value = undefined;
      pins.b.value = undefined;
      found.value = undefined;
    },
  );

  function pin(which: Pin, seq: number | undefined): void {
    pins[which].value = seq;
    if (seq !== undefined) useUi().announce(`Position ${which.toUpperCase()} is event ${eventLabel(seq)}`);
  }
  function swap(): void {
    [pins.a.value, pins.b.value] = [at.value.b, at.value.a];
  }

  const asker = latest(({ a, b, pattern }: { a: number; b: number; pattern: string }, signal) => {
    const id = trace.info?.id ?? 0;
    return backend().call('state.slots', { id, seq: a, glob: pattern, diff: b, limit: MOST_SLOTS }, signal);
  });
  /** Asks for the difference; the last answer stays until the next one is there. */
  async function load(): Promise<void> {
    const pattern = glob.value.trim();
    try {
      const answer = await asker.ask({ ...at.value, pattern: pattern === '' ? '**' : pattern });
      if (answer === undefined) return;
      found.value = answer;
      failure.value = '';
    } catch (error) {
      if (!isCancelled(error)) failure.value = messageOf(error);
    }
  }

  return { a: pins.a, b: pins.b, at, glob, found, failure, pin, swap, load };
});
