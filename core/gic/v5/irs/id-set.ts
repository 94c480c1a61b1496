/**
 * A set of numbers below 2^24 that knows its smallest one. Bit maps in levels: a bit of level n + 1 says that a word of
 * level n is not 0. Adding, removing and finding the smallest touch one word per level, whatever the size: four levels
 * for 65,536 numbers. Memory is one bit per number up to the largest ever added.
 */
export class IdSet {
  #levels: Uint32Array[] = [new Uint32Array(1)];

  add(id: number): void {
    while (id >= (this.#levels[0]?.length ?? 0) * 32) this.#grow();
    let at = id;
    for (const level of this.#levels) {
      const word = at >>> 5;
      const before = level[word] ?? 0;
      level[word] = before | (1 << (at & 31));
      if (before !== 0) return;
      at = word;
    }
  }

  delete(id: number): void {
    let at = id;
    for (const level of this.#levels) {
      const word = at >>> 5;
      if (word >= level.length) return;
      const after = (level[word] ?? 0) & ~(1 << (at & 31));
      level[word] = after;
      if (after !== 0) return;
      at = word;
    }
  }

  /** The smallest number, or -1. */
  first(): number {
    let at = 0;
    for (let n = this.#levels.length - 1; n >= 0; n--) {
      const word = this.#levels[n]?.[at] ?? 0;
      if (word === 0) return -1;
      at = at * 32 + 31 - Math.clz32(word & -word);
    }
    return at;
  }

  /** Is it empty? */
  get isEmpty(): boolean {
    return (this.#levels.at(-1)?.[0] ?? 0) === 0;
  }

  /** 32 times as many numbers: every level grows, and one is put on top. */
  #grow(): void {
    const levels = this.#levels.map((level) => {
      const larger = new Uint32Array(level.length * 32);
      larger.set(level);
      return larger;
    });
    levels.push(new Uint32Array([this.isEmpty ? 0 : 1]));
    this.#levels = levels;
  }
}
