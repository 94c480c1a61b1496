import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nanoseconds } from '../../../../core/state/brand.ts';
import { WatchedWriter } from '../../../../core/session/live/watched-writer.ts';

describe('the writer of a session that is being recorded', () => {
  it('shows the detail of each event, whichever way it was given', () => {
    const folder = mkdtempSync(join(tmpdir(), 'watched-writer-'));
    try {
      const writer = new WatchedWriter(join(folder, 'a.gscope'), {});
      const details: (string | undefined)[] = [];
      writer.watcher = ({ detail }) => details.push(detail);
      const event = { kind: 'other', event: 'ap.queue' } as const;
      const type = writer.typeId('other', 'hypervisor');
      const name = writer.nameId('ap.queue');
      writer.append({ ...event, origin: 'hypervisor', time: nanoseconds(1), detail: { intid: 1 } });
      writer.put(event, 'hypervisor', undefined, -1, 2, 0, '{"intid":2}');
      writer.appendPacked(type, -1, 0, name, 0, 0, 0, 0, 0, 3, 0, '{"intid":3}');
      writer.appendPacked(type, -1, 0, name, 0, 0, 0, 0, 0, 4);
      writer.abort();
      expect(details).toEqual(['{"intid":1}', '{"intid":2}', '{"intid":3}', undefined]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
