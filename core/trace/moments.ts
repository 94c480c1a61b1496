/**
 * Moments of lives as they are marked: position, life and index of the leg, three numbers each, in memory that serves
 * again for the next block.
 */
export class Moments {
  #numbers = new Float64Array(3 * 1024);
  #used = 0;

  /** Valid until the next call. */
  get numbers(): Float64Array {
    return this.#numbers.subarray(0, this.#used);
  }

  add(position: number, life: number, leg: number): void {
    const at = this.#used;
    if (at === this.#numbers.length) this.#grow();
    const numbers = this.#numbers;
    numbers[at] = position;
    numbers[at + 1] = life;
    numbers[at + 2] = leg;
    this.#used = at + 3;
  }

  clear(): void {
    this.#used = 0;
  }

  #grow(): void {
    const numbers = new Float64Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}
