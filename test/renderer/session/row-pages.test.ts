import { describe, expect, it, vi } from 'vitest';
import { type EventRow } from '../../../core/session/contract.ts';
import { createRowPages, PAGE } from '../../../renderer/session/row-pages.ts';

const row = (seq: number): EventRow => ({
  seq,
  time: seq * 10,
  vcpu: 0,
  origin: 'guest',
  kind: 'other',
  name: `event ${seq}`,
  operand: '',
  arrow: '',
  detail: '',
  register: null,
  op: null,
  value: null,
  intid: null,
});

/** A trace of `total` events; a filter `every 3` keeps each third. */
function makePages(total: number) {
  const questions: string[] = [];
  const matches = (filter: string): number[] =>
    Array.from({ length: total }, (_, seq) => seq).filter((seq) => filter === '' || seq % 3 === 0);
  const pages = createRowPages(
    {
      async rows(from, count, filter) {
        questions.push(`rows ${from}`);
        return matches(filter)
          .filter((seq) => seq >= from)
          .slice(0, count)
          .map(row);
      },
      async atRank(rank, filter) {
        questions.push(`rank ${rank}`);
        return matches(filter)[rank] ?? null;
      },
    },
    () => undefined,
    () => undefined,
  );
  return { pages, questions };
}
const settled = (pages: { readonly waiting: boolean }): Promise<void> =>
  vi.waitFor(() => expect(pages.waiting).toBe(false));

describe('pages of rows', () => {
  it('take the index for the position without a filter', async () => {
    const { pages, questions } = makePages(1e6);
    pages.need(500_000, 500_010);
    await settled(pages);
    expect(pages.row(500_005)?.seq).toBe(500_005);
    expect(questions).toEqual([`rows ${Math.floor(500_000 / PAGE) * PAGE}`]);
  });
  it('ask for the rank only where no page leads on', async () => {
    const { pages, questions } = makePages(3000);
    pages.reset('every 3');
    pages.need(0, 5);
    await settled(pages);
    pages.need(PAGE, PAGE + 5);
    await settled(pages);
    pages.need(10 * PAGE, 10 * PAGE + 5);
    await settled(pages);
    expect(pages.row(PAGE + 1)?.seq).toBe((PAGE + 1) * 3);
    expect(pages.row(10 * PAGE)?.seq).toBe(10 * PAGE * 3);
    expect(questions.filter((question) => question.startsWith('rank'))).toEqual([`rank ${10 * PAGE}`]);
  });
  it('ask nothing twice', async () => {
    const { pages, questions } = makePages(1000);
    pages.need(0, 10);
    pages.need(1, 11);
    await settled(pages);
    pages.need(0, 10);
    expect(questions).toHaveLength(1);
  });
  it('drop the answers to another filter', async () => {
    const { pages } = makePages(1000);
    pages.need(0, 10);
    pages.reset('every 3');
    pages.need(0, 10);
    await settled(pages);
    expect(pages.row(1)?.seq).toBe(3);
  });

  it('ask again for a page that was not full when the trace has grown', async () => {
    const { pages, questions } = makePages(PAGE + 10);
    pages.need(0, PAGE + 9);
    await settled(pages);
    pages.grow();
    pages.need(0, PAGE + 9);
    await settled(pages);
    expect(questions).toEqual(['rows 0', `rows ${PAGE}`, `rows ${PAGE}`]);
    expect(pages.row(PAGE + 9)?.seq).toBe(PAGE + 9);
  });
});
