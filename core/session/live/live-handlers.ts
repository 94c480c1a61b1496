/** `live.*`: recordings that are watched and steered while they run. */
import { resolve } from 'node:path';
import { type Group, type SessionContext } from '../handlers.ts';
import { recordJob } from '../record-handlers.ts';

type Methods = 'live.start' | 'live.status' | 'live.list' | 'live.control';

export function liveHandlers(context: SessionContext): Group<Methods> {
  const { live } = context;
  return {
    'live.start': ({ paused, ...request }) =>
      live.start({ ...recordJob(context, request), paused, overwrite: request.overwrite }),
    'live.status': ({ live: id }) => live.state(id),
    'live.list': () => ({ recordings: live.all }),
    'live.control': ({ live: id, action, vcpu }) => live.control(id, action, vcpu ?? null),
  };
}

/** Lets open traces that a recording writes take in what is new, and tells of it. */
export function followLive({ traces, push }: Pick<SessionContext, 'traces' | 'push'>, path: string): void {
  for (const { id, reader, path: open } of traces.all) {
    if (open !== resolve(path)) continue;
    const before = reader.count;
    const events = reader.refresh();
    const { complete, duration } = reader;
    if (events !== before || complete) push('grown', { id, events, durationNs: duration, finished: complete });
  }
}
