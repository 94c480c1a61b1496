/** One life of a vector file, step by step: how many steps agree, and the first that does not. */
import { type JsonObject, type Mismatch, type Played, VectorError, textAt } from './format.ts';

/** What a format does with a step. `Found` is what an operation gives back. */
export interface StepPlayer<Found> {
  /** The operation of this name, or undefined: there is none. */
  operation(name: string): ((step: JsonObject) => Found) | undefined;
  /** What the emulator gave back where it threw. */
  refused(message: string): Found;
  check(number: number, step: JsonObject, found: Found): Mismatch | undefined;
}

/** @throws VectorError with the life and the number of the step for one that no emulator could answer. */
export function playSteps<Found>(id: string, steps: readonly JsonObject[], player: StepPlayer<Found>): Played {
  let first: Mismatch | undefined;
  let matched = 0;
  for (const [number, step] of steps.entries()) {
    const name = textAt(step, 'op');
    const operation = player.operation(name);
    if (operation === undefined) throw new VectorError(`${id}, step ${number}: unknown operation ${name}`);
    let found: Found;
    try {
      found = operation(step);
    } catch (error) {
      if (error instanceof VectorError) throw new VectorError(`${id}, step ${number}: ${error.message}`);
      // An operation that the emulator refuses is a difference, not bad input.
      found = player.refused(error instanceof Error ? error.message : String(error));
    }
    const mismatch = player.check(number, step, found);
    if (mismatch === undefined) matched++;
    else first ??= mismatch;
  }
  return { id, steps: steps.length, matched, first };
}
