/** Which keys an event had already, as bits: what an event does twice counts once. Emptied when the event is over. */
export class EventMarks {
  #bits = new Uint8Array(256);
  #keys = new Uint32Array(64);
  #count = 0;

  /** True the first time that this bit of the key comes since `clear`. */
  first(key: number, bit: number): boolean {
    if (key >= this.#bits.length) this.#growBits(Math.max(key + 1, this.#bits.length * 2));
    const before = this.#bits[key] ?? 0;
    if (before & bit) return false;
    this.#bits[key] = before | bit;
    if (before === 0) this.#note(key);
    return true;
  }

  clear(): void {
    for (let i = 0; i < this.#count; i++) this.#bits[this.#keys[i] ?? 0] = 0;
    this.#count = 0;
  }

  #note(key: number): void {
    if (this.#count === this.#keys.length) {
      const keys = new Uint32Array(this.#count * 2);
      keys.set(this.#keys);
      this.#keys = keys;
    }
    this.#keys[this.#count++] = key;
  }

  #growBits(capacity: number): void {
    const bits = new Uint8Array(capacity);
    bits.set(this.#bits);
    this.#bits = bits;
  }
}
