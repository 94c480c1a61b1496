/** Time stamps of text: seconds with a fraction, or one number of a clock that counts something else. */

export interface TextTime {
  seconds: number;
  nanos: number;
  isCount: boolean;
  count: bigint;
  /** Since the beginning of the recorder's buffer, which nothing says when it was. */
  isRelative: boolean;
}

/** `fraction`: six or nine digits; without one the number is a count. */
export function setTime(whole: string, fraction: string | undefined, into: TextTime): void {
  into.isRelative = false;
  into.isCount = fraction === undefined;
  if (fraction === undefined) into.count = BigInt(whole);
  else {
    into.seconds = Number(whole);
    into.nanos = Number(fraction.padEnd(9, '0'));
  }
}

export function setMicros(micros: number, isRelative: boolean, into: TextTime): void {
  into.isRelative = isRelative;
  into.isCount = false;
  into.seconds = Math.floor(micros / 1e6);
  into.nanos = (micros % 1e6) * 1000;
}
