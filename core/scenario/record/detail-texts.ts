/**
 * Details of frequent events as ready text: an object for each event, and its JSON, would cost more than the rest of
 * the event. A text is written once for what it depends on, and looked up from then on.
 */
import { type Detail } from '../../trace/kinds.ts';

/** Texts of one kind that are kept; then all are forgotten. */
const MOST = 1 << 16;
/** The same of texts without a known length. */
const MOST_LONG = 1 << 12;
/** Above every second number. */
const SECOND = 1 << 21;

/** Texts that depend on one or two numbers below 2^32 and 2^21, in the way that `detail` says. */
export function textsOfNumbers(detail: (a: number, b: number) => Detail): (a: number, b?: number) => string {
  const known = new Map<number, string>();
  return (a, b = 0) => {
    const key = a * SECOND + b;
    let text = known.get(key);
    if (text === undefined) {
      if (known.size >= MOST) known.clear();
      known.set(key, (text = JSON.stringify(detail(a, b))));
    }
    return text;
  };
}

/** Texts that depend on two words, neither of which has a blank in it. */
export function textsOfWords(detail: (a: string, b: string) => Detail): (a: string, b: string) => string {
  const known = new Map<string, string>();
  return (a, b) => {
    const key = `${a} ${b}`;
    let text = known.get(key);
    if (text === undefined) {
      if (known.size >= MOST_LONG) known.clear();
      known.set(key, (text = JSON.stringify(detail(a, b))));
    }
    return text;
  };
}

/** Texts that depend on one of a few words, beside facts that are always the same. */
export function textsOfWord(key: string, always?: Detail): (word: string) => string {
  const known = new Map<string, string>();
  return (word) => {
    let text = known.get(word);
    if (text === undefined) known.set(word, (text = JSON.stringify({ [key]: word, ...always })));
    return text;
  };
}
