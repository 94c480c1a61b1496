/** Names for addresses: kernel functions (kallsyms) and tracepoint texts (printk formats). Parsed when first asked. */
import { textOf } from './bytes.ts';

const MOST_SYMBOLS = 1_000_000;
/** Further from the start of a function is not in it. */
const LONGEST_FUNCTION = 0x10_0000n;

export class Symbols {
  #kallsyms: Uint8Array;
  readonly #texts: ReadonlyMap<bigint, string>;
  #addresses: BigUint64Array | undefined;
  #names: string[] = [];

  constructor(kallsyms: Uint8Array, printk: Uint8Array) {
    this.#kallsyms = kallsyms;
    this.#texts = new Map(
      textOf(printk)
        .split('\n')
        .flatMap((line) => {
          const match = /^0x([0-9a-f]{1,16}) : "(.*)"$/.exec(line);
          return match === null ? [] : [[BigInt(`0x${match[1] ?? '0'}`), match[2] ?? ''] as const];
        }),
    );
  }

  textAt(address: bigint): string | undefined {
    return this.#texts.get(address);
  }

  /** `resched_curr+0x1c`; undefined: in no function that is known. */
  functionAt(address: bigint): string | undefined {
    const addresses = (this.#addresses ??= this.#parse());
    let low = 0;
    let high = addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((addresses[middle] ?? 0n) <= address) low = middle + 1;
      else high = middle;
    }
    const start = addresses[low - 1];
    const name = this.#names[low - 1];
    if (start === undefined || name === undefined || address - start >= LONGEST_FUNCTION) return undefined;
    return `${name}+0x${(address - start).toString(16)}`;
  }

  #parse(): BigUint64Array {
    const found: [bigint, string][] = [];
    for (const line of textOf(this.#kallsyms).split('\n')) {
      const match = /^([0-9a-f]{8,16}) [tTwW] (\S{1,256})/.exec(line);
      if (match === null) continue;
      const address = BigInt(`0x${match[1] ?? '0'}`);
      // All addresses are 0 for users who may not see them.
      if (address !== 0n) found.push([address, match[2] ?? '']);
      if (found.length >= MOST_SYMBOLS) break;
    }
    this.#kallsyms = new Uint8Array();
    found.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#names = found.map(([, name]) => name);
    return BigUint64Array.from(found, ([address]) => address);
  }
}
