import { type Random, randomOf } from '../support/damage.ts';
import { SEED } from '../support/seed.ts';

/** How long one fuzz test runs: `FUZZ_SECONDS`, 5 unless told. The seed is printed, so that a failure can be run again. */
export function fuzzBudgetMs(): number {
  const seconds = Number(process.env['FUZZ_SECONDS'] ?? '5');
  if (!(seconds > 0)) throw new Error(`FUZZ_SECONDS: ${process.env['FUZZ_SECONDS']} is no number of seconds`);
  return seconds * 1000;
}

/** Numbers that only the seed decides. see support/seed.ts. */
export function fuzzRandom(name: string): Random {
  console.log(`${name}: FUZZ_SEED=${SEED}`);
  return randomOf(SEED);
}
