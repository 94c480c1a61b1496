/** The event columns of a block as bytes, and back; times and lines as differences. */
import { unwrap } from './blob.ts';
import { BLOCK_EVENTS, type BlockEvents } from './block.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { type EventColumns } from './columns.ts';
import { damaged } from './errors.ts';
import { LAST_VCPU } from './limits.ts';
import { type StoredColumn } from './stored-column.ts';

const TWO31 = 0x8000_0000;
const TWO32 = 0x1_0000_0000;

const scratch = new ByteWriter(1 << 18);
const scratchLo = new Uint32Array(BLOCK_EVENTS);
const scratchHi = new Uint32Array(BLOCK_EVENTS);

/** The first `count` events of a block, not yet wrapped; valid until the next call. */
export function eventBytes(columns: EventColumns, count: number): Uint8Array {
  const out = scratch.clear();
  out.varint(count);
  out.varint(columns.time[0] ?? 0);
  differences(columns.time, count, out);
  out.columnOf(columns.type, count);
  for (let i = 0; i < count; i++) scratchLo[i] = (columns.vcpu[i] ?? 0) + 1;
  out.column(scratchLo, count);
  out.columnOf(columns.small, count);
  out.column(columns.name, count);
  out.columnOf(columns.flags, count);
  out.column(columns.valueLo, count);
  out.column(columns.valueHi, count);
  out.column(columns.argLo, count);
  out.column(columns.argHi, count);
  out.varint(columns.line[0] ?? 0);
  differences(columns.line, count, out);
  return out.view();
}

/** Differences from one number to the next as two columns: zigzag, so that falling numbers stay small. */
function differences(values: Float64Array, count: number, out: ByteWriter): void {
  let last = values[0] ?? 0;
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    const step = value - last;
    last = value;
    if (step >= 0 && step < TWO31) {
      scratchLo[i] = step * 2;
      scratchHi[i] = 0;
    } else {
      const zigzag = step < 0 ? -2 * step - 1 : 2 * step;
      scratchLo[i] = zigzag;
      scratchHi[i] = Math.floor(zigzag / TWO32);
    }
  }
  out.column(scratchLo, count);
  out.column(scratchHi, count);
}

/** @throws TraceError `damaged` */
export function decodeEvents(blob: Uint8Array, block: number, count: number): BlockEvents {
  return new StoredEvents(blob, block, count);
}

/**
 * A block's events, whose columns are unpacked when they are first asked for: a search that tests one column costs
 * a quarter of one that reads all. The layout is checked at once.
 */
class StoredEvents implements BlockEvents {
  readonly firstSeq: number;
  readonly count: number;
  readonly #what: string;
  readonly #firstTime: number;
  readonly #firstLine: number;
  readonly #times: readonly [StoredColumn, StoredColumn];
  readonly #lines: readonly [StoredColumn, StoredColumn];
  readonly #stored;
  #time: Float64Array | undefined;
  #type: Uint16Array | undefined;
  #vcpu: Int16Array | undefined;
  #small: Uint16Array | undefined;
  #name: Uint32Array | undefined;
  #flags: Uint8Array | undefined;
  #valueLo: Uint32Array | undefined;
  #valueHi: Uint32Array | undefined;
  #argLo: Uint32Array | undefined;
  #argHi: Uint32Array | undefined;
  #line: Float64Array | undefined;

  constructor(blob: Uint8Array, block: number, count: number) {
    this.#what = `events of block ${block}`;
    const input = new ByteReader(unwrap(blob, this.#what, 64 + BLOCK_EVENTS * 64), this.#what);
    const stored = input.count(BLOCK_EVENTS, 'events');
    if (stored !== count) throw input.fail(`${stored} events, the table of blocks says ${count}`);
    this.firstSeq = block * BLOCK_EVENTS;
    this.count = count;
    const column = (): StoredColumn => input.stored(count);
    this.#firstTime = input.varint();
    this.#times = [column(), column()];
    this.#stored = {
      type: column(),
      vcpu: column(),
      small: column(),
      name: column(),
      flags: column(),
      valueLo: column(),
      valueHi: column(),
      argLo: column(),
      argHi: column(),
    };
    this.#firstLine = input.varint();
    this.#lines = [column(), column()];
    input.end();
  }

  get time(): Float64Array {
    return (this.#time ??= this.#differences(this.#firstTime, this.#times));
  }

  get line(): Float64Array {
    return (this.#line ??= this.#differences(this.#firstLine, this.#lines));
  }

  get vcpu(): Int16Array {
    if (this.#vcpu !== undefined) return this.#vcpu;
    const { count } = this;
    const stored = this.#stored.vcpu.read(scratchLo);
    const vcpu = new Int16Array(count);
    for (let i = 0; i < count; i++) {
      const plusOne = stored[i] ?? 0;
      if (plusOne > LAST_VCPU + 1) throw damaged(`event #${this.firstSeq + i}`, `its vCPU is ${plusOne - 1}`);
      vcpu[i] = plusOne - 1;
    }
    this.#vcpu = vcpu;
    return vcpu;
  }

  get type(): Uint16Array {
    return (this.#type ??= this.#stored.type.read(new Uint16Array(this.count)));
  }

  get small(): Uint16Array {
    return (this.#small ??= this.#stored.small.read(new Uint16Array(this.count)));
  }

  get flags(): Uint8Array {
    return (this.#flags ??= this.#stored.flags.read(new Uint8Array(this.count)));
  }

  get name(): Uint32Array {
    return (this.#name ??= this.#words(this.#stored.name));
  }

  get valueLo(): Uint32Array {
    return (this.#valueLo ??= this.#words(this.#stored.valueLo));
  }

  get valueHi(): Uint32Array {
    return (this.#valueHi ??= this.#words(this.#stored.valueHi));
  }

  get argLo(): Uint32Array {
    return (this.#argLo ??= this.#words(this.#stored.argLo));
  }

  get argHi(): Uint32Array {
    return (this.#argHi ??= this.#words(this.#stored.argHi));
  }

  #words(column: StoredColumn): Uint32Array {
    return column.read(new Uint32Array(this.count));
  }

  #differences(first: number, columns: readonly [StoredColumn, StoredColumn]): Float64Array {
    const { count } = this;
    const lo = columns[0].read(scratchLo);
    const hi = columns[1].read(scratchHi);
    const out = new Float64Array(count);
    let value = first;
    for (let i = 0; i < count; i++) {
      const low = lo[i] ?? 0;
      const high = hi[i] ?? 0;
      if (high === 0) value += (low & 1) === 0 ? low >>> 1 : -(low >>> 1) - 1;
      else {
        const half = high * TWO31 + (low >>> 1);
        value += (low & 1) === 0 ? half : -half - 1;
      }
      out[i] = value;
    }
    if (!Number.isSafeInteger(value)) throw damaged(this.#what, 'a sum of differences exceeds 53 bits');
    return out;
  }
}
