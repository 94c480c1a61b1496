/**
 * Units and identities as types: a position is not a time is not an index.
 * A branded number costs nothing at run time; only the constructors below make one.
 */
declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Index of a cell of the state vector, dense from 0. */
export type SlotId = Brand<number, 'SlotId'>;
/** Dense position of an event in a trace: 0, 1, 2 … */
export type Seq = Brand<number, 'Seq'>;
/** Index of a virtual CPU, 0 … 511. */
export type VcpuId = Brand<number, 'VcpuId'>;
/** Time in nanoseconds since the start of the trace; an integer below 2^53. */
export type Nanoseconds = Brand<number, 'Nanoseconds'>;

export const slotId = (n: number): SlotId => n as SlotId;
export const seq = (n: number): Seq => n as Seq;
export const vcpuId = (n: number): VcpuId => n as VcpuId;
export const nanoseconds = (n: number): Nanoseconds => n as Nanoseconds;

/** Ends a `switch` over a union: the compiler proves that nothing is left. */
export function assertNever(value: never, what = 'value'): never {
  throw new Error(`unexpected ${what}: ${JSON.stringify(value)}`);
}
