/** Bookmarks of the open trace, with their times. Adding and removing can be undone. */
import { defineStore } from 'pinia';
import { ref, shallowRef, watch } from 'vue';
import { type Bookmark } from '../../core/session/contract.ts';
import { guarded } from '../query/guarded.ts';
import { backend } from '../transport.ts';
import { record } from '../undo.ts';
import { useTrace } from './trace.ts';

export interface TimedBookmark extends Bookmark {
  readonly time: number;
}

export const useBookmarks = defineStore('bookmarks', () => {
  const trace = useTrace();
  /** Ascending in position. */
  const list = shallowRef<readonly TimedBookmark[]>([]);
  const failure = ref('');

  watch(
    () => trace.info?.id,
    async (id) => {
      list.value = [];
      if (id === undefined) return;
      await guarded(failure, async () => show(id, (await backend().call('bookmark.list', { id })).bookmarks));
    },
    { immediate: true },
  );

  const at = (seq: number): TimedBookmark | undefined => list.value.find((one) => one.seq === seq);

  async function show(id: number, bookmarks: readonly Bookmark[]): Promise<void> {
    const timed = await Promise.all(
      bookmarks.map(async (bookmark) => ({ ...bookmark, time: await timeOf(id, bookmark.seq) })),
    );
    if (trace.info?.id === id) list.value = timed.toSorted((a, b) => a.seq - b.seq);
  }
  async function timeOf(id: number, seq: number): Promise<number> {
    if (seq < 0) return 0;
    const args = { id, from: seq, count: 1, direction: 'forward', filter: '' } as const;
    return (await backend().call('events.rows', args)).rows[0]?.time ?? 0;
  }
  async function save(bookmark: Bookmark): Promise<Bookmark> {
    const id = trace.info?.id ?? 0;
    const { bookmark: saved } = await backend().call('bookmark.save', { id, bookmark });
    const time = await timeOf(id, saved.seq);
    const others = list.value.filter((one) => one.id !== saved.id);
    if (trace.info?.id === id) list.value = [...others, { ...saved, time }].toSorted((a, b) => a.seq - b.seq);
    return saved;
  }
  async function drop(number: number): Promise<void> {
    await backend().call('bookmark.remove', { id: trace.info?.id ?? 0, bookmark: number });
    list.value = list.value.filter((one) => one.id !== number);
  }

  /** Sets the bookmark at a position, or removes the one that is there. */
  async function toggle(seq: number): Promise<void> {
    const there = at(seq);
    await guarded(failure, async () => {
      if (there === undefined) {
        let saved = await save({ id: 0, seq, note: '' });
        record({
          title: 'Add bookmark',
          undo: () => drop(saved.id),
          async redo() {
            saved = await save({ id: 0, seq, note: '' });
          },
        });
        return;
      }
      await drop(there.id);
      let again: Bookmark = there;
      record({
        title: 'Remove bookmark',
        async undo() {
          again = await save({ id: 0, seq, note: there.note });
        },
        redo: () => drop(again.id),
      });
    });
  }

  /** Writes the note of the bookmark at a position; makes it if there is none. */
  async function annotate(seq: number, note: string): Promise<void> {
    await guarded(failure, async () => void (await save({ id: at(seq)?.id ?? 0, seq, note })));
  }

  return { list, failure, at, toggle, annotate };
});
