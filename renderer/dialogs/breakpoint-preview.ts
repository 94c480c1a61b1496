/** What a breakpoint that is being edited would do: whether its condition is right, and its hits in the whole trace. */
import { type Ref, ref, shallowRef, watch } from 'vue';
import { type Breakpoint, type Result } from '../../core/session/contract.ts';
import { latest } from '../query/latest.ts';
import { HISTOGRAM } from '../stores/breakpoints.ts';
import { type Check } from '../stores/filter.ts';
import { useTrace } from '../stores/trace.ts';
import { backend, isCancelled, messageOf } from '../transport.ts';

type Preview = Result<'breakpoint.preview'>;

export interface BreakpointPreview {
  readonly check: Ref<Check | undefined>;
  /** Undefined while counting, or without a valid condition. */
  readonly preview: Ref<Preview | undefined>;
  readonly failure: Ref<string>;
}

export function useBreakpointPreview(draft: Ref<Breakpoint>): BreakpointPreview {
  const trace = useTrace();
  const check = shallowRef<Check | undefined>();
  const preview = shallowRef<Preview | undefined>();
  const failure = ref('');

  const asker = latest(async (breakpoint: Breakpoint, signal) => {
    const id = trace.info?.id ?? 0;
    const { condition } = breakpoint;
    check.value = await backend().call('condition.check', { id, condition }, signal);
    if (!check.value.ok) return undefined;
    const args = { id, breakpoint, buckets: HISTOGRAM, at: Math.max(0, trace.target) };
    return backend().call('breakpoint.preview', args, signal);
  });
  const facts = () => {
    const { condition, vcpu, ignoreCount, oneShot, action, message } = draft.value;
    return [condition.trim(), vcpu, ignoreCount, oneShot, action, message] as const;
  };
  watch(
    facts,
    async ([condition]) => {
      failure.value = '';
      preview.value = undefined;
      if (condition === '') {
        asker.drop();
        check.value = undefined;
        return;
      }
      try {
        const { id, enabled, action, note, message = '', ignoreCount = 0, oneShot = false, vcpu = null } = draft.value;
        preview.value = await asker.ask({ id, condition, enabled, action, note, message, ignoreCount, oneShot, vcpu });
      } catch (error) {
        if (!isCancelled(error)) failure.value = messageOf(error);
      }
    },
    { immediate: true },
  );
  return { check, preview, failure };
}
