import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { intid } from '../../../core/gic/intid.ts';
import { slotId } from '../../../core/state/brand.ts';
import { wrap } from '../../../core/trace/blob.ts';
import { BLOCK_EVENTS, CHUNK_BLOCKS } from '../../../core/trace/block.ts';
import { STATE_PENDING } from '../../../core/trace/interrupts.ts';
import { ColumnBuilder } from '../../../core/trace/lane-columns.ts';
import { type Lane } from '../../../core/trace/lane-kinds.ts';
import { type Transitions } from '../../../core/trace/lane-tiles.ts';
import { drawLane } from '../../../core/trace/lanes.ts';
import { POSTING } from '../../../core/trace/postings.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { decodeShared, OWN_TILE_TRANSITIONS, sharedBytes } from '../../../core/trace/shared-tiles.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { SUMMARY, random, tracePath } from './support.ts';

const CHUNK_EVENTS = CHUNK_BLOCKS * BLOCK_EVENTS;

describe('a shared tile', () => {
  it('gives each lane its transitions back', () => {
    const transition = fc.tuple(fc.nat(200), fc.nat(2 ** 40), fc.nat(127));
    const lane = fc.tuple(
      fc.nat(63),
      fc.nat(127),
      fc.array(transition, { minLength: 1, maxLength: OWN_TILE_TRANSITIONS - 1 }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(lane, { maxLength: 64, selector: ([place]) => place }), fc.nat(9), (lanes, chunk) => {
        const tiles = new Map<number, Transitions>();
        for (const [place, startCode, list] of lanes) {
          let [at, when] = [chunk * CHUNK_EVENTS, 1e12];
          const seq = Float64Array.from(list, ([step]) => (at += step));
          const time = Float64Array.from(list, ([, step]) => (when += step));
          tiles.set(place, { startCode, count: list.length, seq, time, code: Uint32Array.from(list, ([, , c]) => c) });
        }
        const decoded = decodeShared(wrap(sharedBytes(chunk, tiles)), chunk);
        expect([...decoded].sort(([a], [b]) => a - b)).toEqual([...tiles].sort(([a], [b]) => a - b));
      }),
    );
  });

  it('that is damaged is refused', () => {
    const tile = { startCode: 0, count: 1, seq: Float64Array.of(5), time: Float64Array.of(7), code: Uint32Array.of(1) };
    const bytes = sharedBytes(0, new Map([[3, tile]])).slice();
    expect(() => decodeShared(wrap(bytes), 1)).not.toThrow();
    expect(() => decodeShared(wrap(bytes.subarray(0, -1)), 0)).toThrow(/damaged/);
    const tooMany = {
      ...tile,
      count: 65,
      seq: new Float64Array(65),
      time: new Float64Array(65),
      code: new Uint32Array(65),
    };
    expect(() => decodeShared(wrap(sharedBytes(0, new Map([[3, tooMany]]))), 0)).toThrow(/65 transitions/);
  });
});

/** 200 SPIs that change rarely, and SPI 7, which changes often in the third chunk only; five chunks and a part. */
describe('a trace of many interrupts', () => {
  const SPIS = 200;
  const BUSY = 7;
  const EVENTS = 5 * CHUNK_EVENTS + 12_345;
  /** Per SPI: position of each change. */
  const truth: number[][] = Array.from({ length: SPIS }, () => []);
  let reader: TraceReader;

  beforeAll(() => {
    const path = tracePath();
    const writer = new TraceWriter(path);
    const { journal } = writer;
    const next = random(3);
    const slots = Array.from({ length: Math.ceil(SPIS / 64) }, (_, i) =>
      journal.layout.claim({ path: `pending${i}`, width: 64, initial: 0n }),
    );
    for (let spi = 0; spi < SPIS; spi++)
      writer.interruptField(intid('spi', spi), undefined, 'pending', {
        slot: slots[spi >> 6] ?? slotId(0),
        lsb: spi & 63,
        width: 1,
      });
    const type = writer.typeId('vcpu.wake', 'hypervisor');
    for (let i = 0; i < EVENTS; i++) {
      const isBusy = i >= 2 * CHUNK_EVENTS && i < 3 * CHUNK_EVENTS && i % 512 === 0;
      if (isBusy || i % 700 === 0) {
        const spi = isBusy ? BUSY : next(SPIS);
        const slot = slots[spi >> 6] ?? slotId(0);
        journal.write(slot, journal.read(slot) ^ (1n << BigInt(spi & 63)));
        truth[spi]?.push(i);
      }
      writer.appendPacked(type, -1, 0, 0, 0, 0, 0, 0, 0, i * 10);
      if (i === CHUNK_EVENTS + 5000) writer.flush();
    }
    writer.finish(SUMMARY);
    reader = new TraceReader(path);
  });

  const laneOf = (spi: number): Lane | undefined => reader.laneTiles.laneOf('interrupt', spi);

  it('has every transition of every lane, and the code before any chunk', () => {
    for (let spi = 0; spi < SPIS; spi++) {
      const lane = laneOf(spi);
      const expected = truth[spi] ?? [];
      if (lane === undefined) throw new Error(`SPI ${spi} has no lane`);
      const tiles = reader.laneTiles.transitions(lane, 0, 5).map(([, tile]) => tile);
      expect(tiles.flatMap(({ seq }) => [...seq])).toEqual(expected);
      expect(tiles.flatMap(({ time }) => [...time])).toEqual(expected.map((at) => at * 10));
      const codes = tiles.flatMap(({ code }) => [...code]);
      expect(codes.map((code) => code & STATE_PENDING)).toEqual(expected.map((_, i) => (i + 1) & 1));
      for (const chunk of [0, 1, 3, 5]) {
        const before = expected.filter((at) => at < chunk * CHUNK_EVENTS).length;
        expect(reader.laneTiles.codeBefore(lane, chunk) & STATE_PENDING).toBe(before & 1);
      }
    }
  });

  it('makes tiles of their own and of groups only for lanes that are worth them', () => {
    const rows = reader.sql('SELECT id >> 48 AS level, count(*) FROM tile GROUP BY 1 ORDER BY 1', 9).rows;
    // Exact: density of each chunk, and SPI 7 in one; group: SPI 7; shared: four pages in six chunks, but
    // the few changes of the last one miss a page.
    expect(rows).toEqual([
      [0n, 7n],
      [1n, 1n],
      [2n, 23n],
    ]);
  });

  it('draws lanes from all kinds of tiles as from their transitions', () => {
    const end = reader.duration + 1;
    for (const spi of [BUSY, 0, 63, 64, 199])
      for (const window of [
        { start: 0, end, columns: 300 },
        { start: end * 0.3, end, columns: 50 },
      ]) {
        const lane = laneOf(spi);
        if (lane === undefined) throw new Error(`SPI ${spi} has no lane`);
        const drawing = drawLane(reader, lane, window);
        const expected = (truth[spi] ?? []).filter((at) => at * 10 >= window.start).length;
        if (drawing.mode === 'segments') expect(drawing.code.length - 1).toBe(expected);
        else {
          const columns = new ColumnBuilder(
            lane.kind,
            window.start,
            end,
            window.columns,
            reader.laneTiles.codeBefore(lane, 0),
          );
          for (const [, tile] of reader.laneTiles.transitions(lane, 0, 5))
            for (let i = 0; i < tile.count; i++) columns.add(tile.time[i] ?? 0, tile.code[i] ?? 0);
          const exact = columns.finish();
          if (spi !== BUSY) expect(drawing).toEqual(exact);
          const sum = (list: Uint32Array): number => list.reduce((a, b) => a + b, 0);
          expect(sum(drawing.transitions)).toBe(expected);
        }
      }
  });

  it('counts in postings what changed, also over a flush in the middle of a block', () => {
    for (const [spi, expected] of truth.entries()) {
      const { blocks, events, total } = reader.postings.get(POSTING.fieldChanged, spi);
      expect(total).toBe(expected.length);
      expect(blocks).toEqual([...new Set(expected.map((at) => Math.floor(at / BLOCK_EVENTS)))]);
      expect(events).toEqual(blocks.map((b) => expected.filter((at) => Math.floor(at / BLOCK_EVENTS) === b).length));
    }
    expect([...reader.postings.keys(POSTING.fieldChanged)].sort((a, b) => a - b)).toEqual([...truth.keys()]);
  });
});
