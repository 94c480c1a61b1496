/**
 * The order of events of several recordings: always the earliest that waits, and of equal times that of the first
 * recording. Importers run side by side; one that is far ahead waits in `pace`, so that at most MOST_WAITING events of
 * each are in memory.
 */
import { type Lane } from './lane.ts';

const MOST_WAITING = 20_000;

export class Merger {
  readonly #lanes: readonly Lane[];
  /** Importers that wait, by lane. */
  readonly #waiting = new Map<Lane, () => void>();
  #isAligned: () => boolean;

  /** `isAligned`: whether each recording's distance is known. */
  constructor(lanes: readonly Lane[], isAligned: () => boolean) {
    this.#lanes = lanes;
    this.#isAligned = isAligned;
  }

  /** Called by an importer between pieces: lets go what can go, and waits while the others are behind. */
  async pace(lane: Lane): Promise<void> {
    this.drain();
    while (lane.waiting > MOST_WAITING)
      await new Promise<void>((resolve) => {
        this.#waiting.set(lane, resolve);
      });
  }

  /** An importer has ended. */
  done(lane: Lane): void {
    lane.isDone = true;
    this.drain();
  }

  drain(): void {
    if (!this.#isAligned()) return;
    for (;;) {
      let first: Lane | undefined;
      let least = Infinity;
      for (const lane of this.#lanes) {
        const time = lane.nextTime();
        if (time === undefined) {
          if (!lane.isDone) return this.#wake();
        } else if (time < least) {
          least = time;
          first = lane;
        }
      }
      if (first === undefined) break;
      first.release();
    }
    this.#wake();
  }

  #wake(): void {
    for (const [lane, resolve] of [...this.#waiting])
      if (lane.waiting <= MOST_WAITING / 2) {
        this.#waiting.delete(lane);
        resolve();
      }
  }
}
