/**
 * The columns of letters that stand for `common_flags` (trace-import-formats §1.3): interrupts off, reschedule, context,
 * preemption depth and more. Kernels with the real-time patches have a column for lazy rescheduling before the context.
 */
const FIRST: Readonly<Record<string, number>> = { d: 0x01, D: 0x81, b: 0x80 };
const SECOND: Readonly<Record<string, number>> = { N: 0x24, n: 0x04, p: 0x20, L: 0x22, l: 0x02, B: 0x26, b: 0x06 };
const CONTEXT: Readonly<Record<string, number>> = { h: 0x08, s: 0x10, H: 0x18, z: 0x40, Z: 0x48 };

/** `common_flags` as far as the columns show them. */
export function flagsOf(columns: string): number {
  const [first = '', second = '', third = '', fourth = ''] = columns;
  // No depth is written with a letter of the context, so the fourth column is that or none.
  return (FIRST[first] ?? 0) | (SECOND[second] ?? 0) | (CONTEXT[third] ?? CONTEXT[fourth] ?? 0);
}
