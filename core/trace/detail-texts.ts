/**
 * The texts of events' details, each stored once: recorders say the same few things of thousands of events (of a KVM
 * recording's 72,626 details 1,868 are different), so an event keeps the number of its text.
 *
 * Known texts are kept until they are too many or too long together; then they are forgotten, and a text that comes
 * again gets another number. Numbers are dense and only grow. Cost: a look-up by text an event that has details.
 */
import { type Writes } from './writes.ts';
import { type TextBlock } from './rows.ts';

const MOST_TEXTS = 1 << 16;
const MOST_CHARACTERS = 8 * 1024 * 1024;

export class DetailTexts {
  readonly #write: (rows: TextBlock) => void;
  readonly #ids = new Map<string, number>();
  #characters = 0;
  #next = 0;
  /** Texts that are not rows yet, from `#saved` on. */
  #texts: string[] = [];
  #saved = 0;

  constructor(writes: Writes) {
    this.#write = writes.textTable('detail', ['id', 'text']);
  }

  /** The number of a text. */
  idOf(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    if (this.#ids.size >= MOST_TEXTS || this.#characters + text.length > MOST_CHARACTERS) {
      this.#ids.clear();
      this.#characters = 0;
    }
    const id = this.#next++;
    this.#ids.set(text, id);
    this.#characters += text.length;
    this.#texts.push(text);
    return id;
  }

  /** Writes the texts that are new since the last call. */
  save(): void {
    if (this.#texts.length === 0) return;
    const first = this.#saved;
    this.#write({ keys: this.#texts.map((_, i) => first + i), texts: this.#texts });
    this.#saved = this.#next;
    this.#texts = [];
  }
}
