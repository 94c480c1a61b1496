/** Every numbered scenario has tests: that they ran under the profiles it names is judged in their own files. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PROFILES } from '../../core/kvm/profiles.ts';
import { ARCHITECTURE, HARDWARE, labelsOf, NAMED_PROFILES } from './named-profiles.ts';

const folder = fileURLToPath(new URL('./', import.meta.url));
const REPLAY = '../core/analysis/replay/gicv3.test.ts';
const files = readdirSync(folder).filter((name) => /^v[35]-.*\.test\.ts$/.test(name));
const labels = new Map(files.map((name) => [name, new Set(labelsOf(readFileSync(folder + name, 'utf8')))]));

describe('the numbered scenarios', () => {
  it('are 92 about PPIs, 46 about SPIs, LPIs and the IRS and 84 about GICv3 and GICv2, each with tests in exactly one file', () => {
    expect(NAMED_PROFILES.size).toBe(92 + 46 + 84);
    for (const label of NAMED_PROFILES.keys()) {
      const wanted = label === HARDWARE.at(-1) ? 0 : 1;
      expect([label, files.filter((name) => labels.get(name)?.has(label) === true).length]).toEqual([label, wanted]);
    }
  });

  it('have a test by replay where they say what hardware does', () => {
    expect(labelsOf(readFileSync(folder + REPLAY, 'utf8'))).toEqual(expect.arrayContaining([...HARDWARE]));
  });

  it('are the only numbers that tests name', () => {
    for (const label of [...labels.values()].flatMap((each) => [...each])) expect(NAMED_PROFILES.has(label)).toBe(true);
  });

  it('name profiles that exist', () => {
    const known = new Set([...PROFILES.map(({ name }) => name), ARCHITECTURE]);
    for (const [label, profiles] of NAMED_PROFILES)
      expect([label, profiles.filter((profile) => !known.has(profile))]).toEqual([label, []]);
  });
});
