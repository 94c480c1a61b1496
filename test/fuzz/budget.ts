/** How long one fuzz test runs: `FUZZ_SECONDS`, 5 unless told. The seed is printed, so that a failure can be run again. */
export function fuzzBudgetMs(): number {
  const seconds = Number(process.env['FUZZ_SECONDS'] ?? '5');
  if (!(seconds > 0)) throw new Error(`FUZZ_SECONDS: ${process.env['FUZZ_SECONDS']} is no number of seconds`);
  return seconds * 1000;
}

/** Numbers that only the seed decides (mulberry32): 0 … n−1. `FUZZ_SEED` repeats a run. */
export function fuzzRandom(name: string): (n: number) => number {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now()) >>> 0;
  console.log(`${name}: FUZZ_SEED=${seed}`);
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * n);
  };
}
