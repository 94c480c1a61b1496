/**
 * What the text of a line says, whoever prints it and when: an event and its fields.
 *
 * Lines in the same words share one (line-memo.ts), so nobody changes it once it is read. What each field means is the
 * business of the event's row: `a` … `f` are integers, `v` and `w` 64-bit values as two unsigned halves, `s` and `t` text.
 */
import { type EventRow } from './events/row.ts';

export class Said {
  row: EventRow | undefined;
  /** The event's name; for events without a row. */
  name = '';
  /** Where the text after the name begins, from the end of the time stamp. */
  textAt = 0;
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  e = 0;
  f = 0;
  // Signed, as the engine keeps them without memory of their own.
  #vLo = 0;
  #vHi = 0;
  #wLo = 0;
  #wHi = 0;
  s = '';
  t = '';

  get vLo(): number {
    return this.#vLo >>> 0;
  }

  get vHi(): number {
    return this.#vHi >>> 0;
  }

  get wLo(): number {
    return this.#wLo >>> 0;
  }

  get wHi(): number {
    return this.#wHi >>> 0;
  }

  setV(lo: number, hi: number): void {
    this.#vLo = lo | 0;
    this.#vHi = hi | 0;
  }

  setW(lo: number, hi: number): void {
    this.#wLo = lo | 0;
    this.#wHi = hi | 0;
  }

  /** One of its own, to be changed. */
  copy(): Said {
    const { row, name, textAt, a, b, c, d, e, f, vLo, vHi, wLo, wHi, s, t } = this;
    const said = Object.assign(new Said(), { row, name, textAt, a, b, c, d, e, f, s, t });
    said.setV(vLo, vHi);
    said.setW(wLo, wHi);
    return said;
  }
}

/** Of a line that nobody has read. */
export const NOTHING = new Said();
