import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter, LONGEST_LINE } from '../../../../core/import/source/lines.ts';

interface Given {
  readonly lines: [number, string][];
  readonly long: [number, string][];
}

function split(chunks: readonly Uint8Array[]): Given {
  const given: Given = { lines: [], long: [] };
  /** Lines told of together that are still to come one by one. */
  const told: [number, number, number][] = [];
  const splitter = new LineSplitter({
    onLines: (first, _page, start, ends, count) => {
      expect(told).toEqual([]);
      for (let i = 0; i < count; i++) told.push([first + i, i === 0 ? start : (ends[i - 1] ?? 0) + 1, ends[i] ?? 0]);
    },
    onLine: (line, page, start, end) => {
      const text = page.text(start, end);
      expect(Buffer.from(page.bytes.subarray(start, end)).toString()).toBe(text);
      if (told.length > 0) expect([line, start, end]).toEqual(told.shift());
      given.lines.push([line, text]);
    },
    onLong: (beginning, line) => given.long.push([line, beginning]),
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  expect(told).toEqual([]);
  return given;
}

/** Cuts bytes at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...at].map((start, i) => bytes.slice(start, at[i] ?? bytes.length));
}

describe('the line splitter', () => {
  it('numbers lines from 1 and gives the last one without a line end too', () => {
    expect(split([Buffer.from('one\ntwo\r\n\nfour')]).lines).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, ''],
      [4, 'four'],
    ]);
    expect(split([Buffer.from('one\n')]).lines).toEqual([[1, 'one']]);
    expect(split([])).toEqual({ lines: [], long: [] });
  });

  it('tells of the lines of a piece together first, unless line ends or lengths differ', () => {
    const told: [number, string][] = [];
    const splitter = new LineSplitter({
      onLines: (first, page, start, ends, count) => told.push([first, page.text(start, (ends[count - 1] ?? 0) + 1)]),
      onLine: () => undefined,
      onLong: () => undefined,
    });
    const long = `${'x'.repeat(LONGEST_LINE)}\n`;
    const pieces = ['one\ntwo\nthr', 'ee\n\nfive\n', 'six\r\nseven\n', long, 'nine\n'];
    for (const piece of pieces) splitter.push(Buffer.from(piece));
    expect(told).toEqual([
      [1, 'one\ntwo\n'],
      [4, '\nfive\n'],
      [9, 'nine\n'],
    ]);
  });

  it('gives the same lines however the bytes are cut, also inside a character', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\r\n]/g, ''));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), fc.array(fc.nat(400), { maxLength: 8 }), (lines, places) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        expect(split(cut(bytes, places)).lines.map(([, text]) => text)).toEqual(lines);
      }),
    );
  });

  it('passes over a line above 1 MiB, keeps its beginning, and goes on', () => {
    const long = Buffer.alloc(LONGEST_LINE + 1, 'x');
    for (const pieces of [[long], [long.subarray(0, 70_000), long.subarray(70_000)]]) {
      const { lines, long: kept } = split([Buffer.from('a\n'), ...pieces, Buffer.from('\nb\n')]);
      expect(lines).toEqual([
        [1, 'a'],
        [3, 'b'],
      ]);
      expect(kept).toEqual([[2, 'x'.repeat(4096)]]);
    }
  });

  it('still gives a line of exactly 1 MiB', () => {
    const { lines, long } = split([Buffer.alloc(LONGEST_LINE, 'x'), Buffer.from('\n')]);
    expect([lines.length, lines[0]?.[1].length, long.length]).toEqual([1, LONGEST_LINE, 0]);
  });

  it('holds no more of an endless line than the bound', () => {
    const splitter = new LineSplitter({ onLine: () => undefined, onLong: () => undefined });
    const piece = Buffer.alloc(256 * 1024, 'x');
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 1024; i++) splitter.push(piece);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    splitter.end();
    expect(splitter.count).toBe(1);
  });
});
