/** The sixteen conditions: names, and for which flags they hold. */

/** By number; `nv` behaves as `al`. */
export const CONDITIONS = [
  'eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le', 'al', 'nv',
] as const; // prettier-ignore

/** Every spelling and its number. */
export const CONDITION_NUMBERS: ReadonlyMap<string, number> = new Map<string, number>([
  ...CONDITIONS.map((name, number): [string, number] => [name, number]),
  ['hs', 2],
  ['lo', 3],
]);

const HOLDS: readonly ((n: boolean, z: boolean, c: boolean, v: boolean) => boolean)[] = [
  (_n, z) => z,
  (_n, _z, c) => c,
  (n) => n,
  (_n, _z, _c, v) => v,
  (_n, z, c) => c && !z,
  (n, _z, _c, v) => n === v,
  (n, z, _c, v) => n === v && !z,
  () => true,
];

/** By condition: bit `flags` is 1 when the condition holds for the flags N:Z:C:V. */
export const CONDITION_MASKS: readonly number[] = CONDITIONS.map((_, number) => {
  const holds = HOLDS[number >> 1] ?? (() => true);
  let mask = 0;
  for (let flags = 0; flags < 16; flags++) {
    const base = holds((flags & 8) !== 0, (flags & 4) !== 0, (flags & 2) !== 0, (flags & 1) !== 0);
    const inverted = (number & 1) === 1 && number !== 15;
    if (base !== inverted) mask |= 1 << flags;
  }
  return mask;
});
