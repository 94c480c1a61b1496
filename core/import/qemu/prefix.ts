/**
 * The four beginnings of a line (trace-import-formats §6.1): a UTC time in ISO form, `thread@seconds.micros:`, or
 * nothing, which is both older and newer releases without time stamps. They may be mixed line by line.
 */

/** Seconds since 1970 and the nanoseconds in them; `length` characters of the line were read (0: no prefix). */
export class Prefix {
  length = 0;
  seconds = 0;
  nanos = 0;
  #dateKey = -1;
  #dateSeconds = 0;

  /** Reads the prefix of `text`; false when there is none. */
  read(text: string): boolean {
    this.length = 0;
    const first = text.charCodeAt(0);
    if (!(first >= 48 && first <= 57)) return false;
    return text.charCodeAt(4) === 45 ? this.#readIso(text) : this.#readThread(text);
  }

  /** `2026-11-20T21:55:34.319330Z `; the fraction is missing when it is 0; an offset may stand for Z. */
  #readIso(text: string): boolean {
    const year = digits(text, 0, 4);
    const month = digits(text, 5, 2);
    const day = digits(text, 8, 2);
    const hour = digits(text, 11, 2);
    const minute = digits(text, 14, 2);
    const second = digits(text, 17, 2);
    const valid =
      year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
      hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second <= 60 &&
      text.charCodeAt(7) === 45 && text.charCodeAt(10) === 84 && text.charCodeAt(13) === 58 && text.charCodeAt(16) === 58; // prettier-ignore
    if (!valid) return false;
    let at = 19;
    let nanos = 0;
    if (text.charCodeAt(at) === 46) {
      const start = ++at;
      while (isDigit(text.charCodeAt(at)) && at - start < 9) nanos = nanos * 10 + text.charCodeAt(at++) - 48;
      if (at === start) return false;
      for (let n = at - start; n < 9; n++) nanos *= 10;
    }
    let offset = 0;
    const zone = text.charCodeAt(at);
    if (zone === 90) at++;
    else if (zone === 43 || zone === 45) {
      const hours = digits(text, at + 1, 2);
      const minutes = digits(text, at + 4, 2);
      if (hours < 0 || minutes < 0 || text.charCodeAt(at + 3) !== 58) return false;
      offset = (zone === 43 ? 1 : -1) * (hours * 3600 + minutes * 60);
      at += 6;
    } else return false;
    if (text.charCodeAt(at) !== 32) return false;
    this.seconds = this.#secondsOf(year, month, day) + hour * 3600 + minute * 60 + second - offset;
    this.nanos = nanos;
    this.length = at + 1;
    return true;
  }

  #secondsOf(year: number, month: number, day: number): number {
    const key = year * 416 + month * 32 + day;
    if (key !== this.#dateKey) {
      this.#dateKey = key;
      this.#dateSeconds = Date.UTC(year, month - 1, day) / 1000;
    }
    return this.#dateSeconds;
  }

  /** `4711@1700000000.123456:` and then the event without a blank. */
  #readThread(text: string): boolean {
    let at = 1;
    while (isDigit(text.charCodeAt(at)) && at < 20) at++;
    if (text.charCodeAt(at) !== 64) return false;
    const start = ++at;
    let seconds = 0;
    while (isDigit(text.charCodeAt(at)) && at - start < 12) seconds = seconds * 10 + text.charCodeAt(at++) - 48;
    const micros = digits(text, at + 1, 6);
    if (at === start || text.charCodeAt(at) !== 46 || micros < 0 || text.charCodeAt(at + 7) !== 58) return false;
    this.seconds = seconds;
    this.nanos = micros * 1000;
    this.length = at + 8;
    return true;
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** `count` decimal digits from `at`, or -1. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}
