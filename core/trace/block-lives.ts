/** Which events of a block are legs of which lives, as a blob and back. */
import { unwrap } from './blob.ts';
import { BLOCK_EVENTS, type BlockLives, CHANGE_LIMIT } from './block.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

const scratch = new ByteWriter(1 << 12);

/** `moments`: position, life, leg, position, life, leg … of block `block`. Not yet wrapped, valid until the next call. */
export function lifeBytes(moments: Float64Array, block: number): Uint8Array {
  const count = Math.floor(moments.length / 3);
  const column = new Uint32Array(count);
  let first = count === 0 ? 0 : Number.MAX_SAFE_INTEGER;
  for (let i = 0; i < count; i++) first = Math.min(first, moments[3 * i + 1] ?? 0);
  const out = scratch.clear();
  out.varint(count);
  for (let i = 0; i < count; i++) column[i] = (moments[3 * i] ?? 0) - block * BLOCK_EVENTS;
  out.column(column, count);
  out.varint(first);
  for (let i = 0; i < count; i++) column[i] = (moments[3 * i + 1] ?? 0) - first;
  out.column(column, count);
  for (let i = 0; i < count; i++) column[i] = moments[3 * i + 2] ?? 0;
  out.column(column, count);
  return out.view();
}

/** @throws TraceError `damaged` */
export function decodeLives(blob: Uint8Array, block: number, events: number): BlockLives {
  const what = `lives of block ${block}`;
  const input = new ByteReader(unwrap(blob, what), what);
  const count = input.count(CHANGE_LIMIT, 'moments');
  const event = input.column(new Uint32Array(count), count);
  const first = input.varint();
  const life = Float64Array.from(input.column(new Uint32Array(count), count), (step) => first + step);
  const leg = input.column(new Uint8Array(count), count);
  input.end();
  for (let i = 0; i < count; i++)
    if ((event[i] ?? 0) >= events || (leg[i] ?? 0) > 4) throw input.fail(`event ${event[i]} has leg ${leg[i]}`);
  return { count, event, life, leg };
}
