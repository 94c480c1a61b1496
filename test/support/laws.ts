/**
 * Assertions for laws that are asked a million times in a run. They compare first and build an assertion only where the
 * comparison fails, so that a failure reads as always; a chain of `expect` costs about 10 µs, which is most of the time
 * of a property otherwise.
 */
import { expect } from 'vitest';
import { type StateVector } from '../../core/state/state-vector.ts';

/** As `expect(found, about).toBe(expected)`. */
export function same<T>(found: T, expected: T, about?: string): void {
  if (!Object.is(found, expected)) expect(found, about).toBe(expected);
}

/** As `expect(found, about).toEqual(expected)` for lists of plain values. */
export function sameList<T extends string | number | bigint | boolean | undefined>(
  found: readonly T[],
  expected: readonly T[],
  about?: string,
): void {
  const equal = found.length === expected.length && found.every((value, n) => Object.is(value, expected[n]));
  if (!equal) expect(found, about).toEqual(expected);
}

/** Whether every slot is alike in both, known or not: `StateVector.equals` by comparing memory. */
export function sameState(a: StateVector, b: StateVector): boolean {
  const { size } = a;
  return size === b.size && alike(a.lo, b.lo, size * 4) && alike(a.hi, b.hi, size * 4) && alike(a.known, b.known, size);
}

const views = new WeakMap<ArrayBufferLike, Buffer>();

/** Whether the buffers of two arrays begin with the same bytes. */
function alike(a: Uint8Array | Uint32Array, b: Uint8Array | Uint32Array, bytes: number): boolean {
  return viewOf(a.buffer).compare(viewOf(b.buffer), 0, bytes, 0, bytes) === 0;
}

function viewOf(buffer: ArrayBufferLike): Buffer {
  let view = views.get(buffer);
  if (view === undefined) views.set(buffer, (view = Buffer.from(buffer)));
  return view;
}
