/**
 * The slots that a block touches as they are read. Their values at the block's start and end are unpacked when something
 * asks for them: a jump into the block needs to know no more than which slots they are (stored-changes.ts).
 */
import { unwrap } from './blob.ts';
import { type TouchedSlots } from './block.ts';
import { ByteReader } from './bytes.ts';
import { damaged } from './errors.ts';

type Values = Omit<TouchedSlots, 'count' | 'slot'>;

export class StoredTouched implements TouchedSlots {
  readonly count: number;
  readonly slot: Uint32Array;
  readonly #what: string;
  /** Where the columns with values begin. */
  readonly #input: ByteReader;
  #values: Values | undefined;

  /** `slots`: how many the trace has. @throws TraceError `damaged` */
  constructor(blob: Uint8Array, block: number, slots: number) {
    this.#what = `touched slots of block ${block}`;
    const input = new ByteReader(unwrap(blob, this.#what, 64 + slots * 24), this.#what);
    const count = input.count(slots, 'slots');
    this.count = count;
    this.slot = input.column(new Uint32Array(count), count);
    for (let i = 0; i < count; i++)
      if ((this.slot[i] ?? 0) >= slots) throw input.fail(`slot ${this.slot[i]}, the trace has ${slots}`);
    this.#input = input;
  }

  get beforeLo(): Uint32Array {
    return this.#all.beforeLo;
  }

  get beforeHi(): Uint32Array {
    return this.#all.beforeHi;
  }

  get afterLo(): Uint32Array {
    return this.#all.afterLo;
  }

  get afterHi(): Uint32Array {
    return this.#all.afterHi;
  }

  get known(): Uint8Array {
    return this.#all.known;
  }

  get #all(): Values {
    return (this.#values ??= this.#unpacked());
  }

  #unpacked(): Values {
    const { count } = this;
    const input = this.#input;
    const words = (): Uint32Array => input.column(new Uint32Array(count), count);
    const [beforeLo, beforeHi, afterLo, afterHi] = [words(), words(), words(), words()];
    const known = input.column(new Uint8Array(count), count);
    input.end();
    for (const flags of known) if (flags > 3) throw damaged(this.#what, `known flags ${flags}`);
    return { beforeLo, beforeHi, afterLo, afterHi, known };
  }
}
