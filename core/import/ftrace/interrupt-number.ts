/** Interrupt numbers as KVM prints them: flat for GICv2 and GICv3 guests, typed for GICv5 (trace-import-formats §2.2). */
import { type Intid, flatType, splitIntid } from '../../gic/intid.ts';
import { intidOf } from '../../trace/interrupts.ts';

/** From here on a number carries a GICv5 type. */
export const FIRST_TYPED = 2 ** 29;
const LAST = 2 ** 32 - 1;

/** The trace's number for what an event prints; undefined when that is no interrupt. */
export function printedInterrupt(number: number): Intid | undefined {
  if (number > LAST) return undefined;
  if (number >= FIRST_TYPED) {
    const parts = splitIntid(number);
    return parts === undefined ? undefined : intidOf(parts);
  }
  const type = flatType(number);
  return type === undefined || type === 'special' || type === 'reserved' ? undefined : intidOf({ type, number });
}

/** Whether it is an interrupt in GICv5 form. */
export function isTyped(number: number): boolean {
  return number >= FIRST_TYPED && printedInterrupt(number) !== undefined;
}

/** Whether it belongs to one vCPU. */
export function isPrivate(intid: Intid): boolean {
  return intid >>> 29 < 2;
}
