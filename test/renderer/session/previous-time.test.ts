import { createPinia, setActivePinia } from 'pinia';
import { effectScope, nextTick } from 'vue';
import { beforeEach, describe, expect, it } from 'vitest';
import { previousTime } from '../../../renderer/session/previous-time.ts';
import { type Moment } from '../../../renderer/stores/moment.ts';
import { useTrace } from '../../../renderer/stores/trace.ts';

const moment = (seq: number, time: number, previous: number | undefined): Moment => ({
  seq,
  time,
  previous,
  row: undefined,
  vcpu: 0,
  states: new Map(),
  baseline: undefined,
  before: false,
});

beforeEach(() => setActivePinia(createPinia()));

describe('the time since the previous stop', () => {
  it('is that of the moment on screen, also while the next one is on its way', async () => {
    const trace = useTrace();
    const scope = effectScope();
    const since = scope.run(previousTime);
    const arrive = async (next: Moment): Promise<void> => {
      trace.moment = next;
      await nextTick();
    };
    await arrive(moment(4, 100, undefined));
    expect(since?.value).toBeUndefined();
    await arrive(moment(9, 250, 4));
    expect(since?.value).toBe(150);
    trace.previousStop = 9;
    await nextTick();
    expect(since?.value).toBe(150);
    await arrive(moment(7, 210, 9));
    expect(since?.value).toBe(-40);
    await arrive(moment(8, 230, 6));
    expect(since?.value).toBeUndefined();
    scope.stop();
  });
});
