/**
 * The seed of every test that draws its inputs. It is the same in every run, so that a commit passes or fails whoever
 * tests it; `FUZZ_SEED=n` draws others, `FUZZ_SEED=any` new ones each time. Failures print what was drawn, and the seed.
 */
import fc from 'fast-check';

export const SEED = seedOf(process.env['FUZZ_SEED'] ?? '20261121');

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });

function seedOf(text: string): number {
  const seed = text === 'any' ? Date.now() : Number(text);
  if (text === '' || !Number.isInteger(seed)) throw new Error(`FUZZ_SEED: ${text} is neither a whole number nor any`);
  return seed >>> 0;
}
