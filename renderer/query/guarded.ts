/** Actions whose failure a person reads. */
import { type Ref } from 'vue';
import { isCancelled, messageOf } from '../transport.ts';

/** Runs an action and leaves in `failure` why it failed, '' where it did not; that it was cancelled is no failure. */
export async function guarded(failure: Ref<string>, action: () => Promise<void>): Promise<void> {
  failure.value = '';
  try {
    await action();
  } catch (error) {
    if (!isCancelled(error)) failure.value = messageOf(error);
  }
}
