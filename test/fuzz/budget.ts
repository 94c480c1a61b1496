import { type Random, randomOf } from '../support/damage.ts';

/** How long one fuzz test runs: `FUZZ_SECONDS`, 5 unless told. The seed is printed, so that a failure can be run again. */
export function fuzzBudgetMs(): number {
  const seconds = Number(process.env['FUZZ_SECONDS'] ?? '5');
  if (!(seconds > 0)) throw new Error(`FUZZ_SECONDS: ${process.env['FUZZ_SECONDS']} is no number of seconds`);
  return seconds * 1000;
}

/** Numbers that only the seed decides. `FUZZ_SEED` repeats a run. */
export function fuzzRandom(name: string): Random {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now()) >>> 0;
  console.log(`${name}: FUZZ_SEED=${seed}`);
  return randomOf(seed);
}
