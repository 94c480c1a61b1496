/**
 * Which profiles each numbered scenario names, and the check that its tests ran under all of them: fixtures note the
 * profile that they are made with, and after a file's last test each number in its test names is judged. A number has
 * its tests in one file; what scenarios repeat of the worked examples on the bare interface is in v5-worked-examples. PPI
 * scenarios and those of GICv3 that are not listed name `mainline`; PPI scenarios marked LATER the queued series.
 */
import { afterAll, afterEach, expect, type RunnerTask, type RunnerTestFile } from 'vitest';

/** The bare interface, or the physical IRS: no KVM. */
export const ARCHITECTURE = 'architecture';
const ANY = ['H1', 'H3', 'Q'];

const PPI: Readonly<Record<number, readonly string[]>> = {
  39: [ARCHITECTURE],
  40: [ARCHITECTURE, 'mainline'],
  41: [ARCHITECTURE],
  // A pure function of two saved registers.
  42: [],
  44: [ARCHITECTURE],
  77: ['restore-unmasked'],
  78: ['series-queued'],
  79: ['series-queued', 'restore-unmasked'],
  80: ['series-first', 'series-queued'],
  81: ['mainline', 'masked', 'series-queued'],
  83: ['series-queued'],
  84: ['series-queued'],
  87: [ARCHITECTURE],
  88: [ARCHITECTURE],
};
/** S01 … S46 in order. */
const SPI: readonly (readonly string[])[] = [
  ['Q'],
  ['H3'],
  ['Q'],
  ['H3'],
  ['H3'],
  ['H3'],
  ANY,
  ANY,
  ['H3'],
  ['H3'],
  ['H3'],
  ['H3'],
  ['H3'],
  ['H1'],
  ['Q'],
  ['Q'],
  ['Q'],
  ['Q'],
  ['H3'],
  ANY,
  ['Q'],
  ['H3', 'Q'],
  ANY,
  ANY,
  ['H3', 'Q'],
  ['H3', 'Q'],
  ['Q'],
  ['Q'],
  ['Q'],
  ['Q'],
  ['H3', 'Q'],
  ANY,
  ANY,
  ANY,
  ...Array.from({ length: 6 }, () => [ARCHITECTURE]),
  ANY,
  ['Q'],
  ['H1', 'H3'],
  ['Q'],
  ['H3'],
  ['Q'],
];

/** Scenarios of GICv3 and GICv2 that name something else than today's KVM; 78 and 84 have no machine of their own. */
const V3: Readonly<Record<number, readonly string[]>> = {
  17: ['mainline', 'vgicv3-2014'],
  78: [],
  84: [],
};

/** Scenarios that say what hardware does too: tested where recordings of it are replayed; the last one nowhere else. */
export const HARDWARE = ['V3-081', 'V3-082', 'V3-083', 'V3-084'] as const;

/** Scenarios by the label that test names begin with. */
export const NAMED_PROFILES: ReadonlyMap<string, readonly string[]> = new Map([
  ...Array.from(
    { length: 92 },
    (_, n) => [`V5-${String(n + 1).padStart(3, '0')}`, PPI[n + 1] ?? ['mainline']] as const,
  ),
  ...Array.from({ length: 84 }, (_, n) => [`V3-${String(n + 1).padStart(3, '0')}`, V3[n + 1] ?? ['mainline']] as const),
  ...SPI.map((profiles, n) => [`SPI-S${String(n + 1).padStart(2, '0')}`, profiles] as const),
]);

const LABEL = /\[((?:V5|V3|SPI)-S?\d+)\]/g;
export const labelsOf = (name: string): string[] => [...name.matchAll(LABEL)].map(([, label = '']) => label);

const ran = new Map<string, Set<string>>();

/** A fixture is made for the test that runs. */
export function noteProfile(profile: string): void {
  for (const label of labelsOf(expect.getState().currentTestName ?? '')) {
    const profiles = ran.get(label) ?? new Set();
    ran.set(label, profiles.add(profile));
  }
}

/** Judges the file that is about to run, if it is one of scenarios. Call once in each (`support/each-file.ts` does). */
export function judgeNamedProfiles(): void {
  if (!expect.getState().testPath?.startsWith(import.meta.dirname)) return;
  let file: RunnerTestFile | undefined;
  ran.clear();
  afterEach(({ task }) => {
    file = task.file;
  });
  afterAll(() => {
    for (const [label, passed] of allPassed(file?.tasks ?? [])) {
      if (!passed) continue;
      const missing = (NAMED_PROFILES.get(label) ?? []).filter((profile) => ran.get(label)?.has(profile) !== true);
      expect(missing, `${label} names profiles that no test of it ran under`).toEqual([]);
    }
  });
}

/** Labels of a file's tests, each with whether all of its tests ran and passed: a filter may leave some out. */
function allPassed(tasks: readonly RunnerTask[]): Map<string, boolean> {
  const out = new Map<string, boolean>();
  const visit = (task: RunnerTask): void => {
    if (task.type === 'suite') for (const each of task.tasks) visit(each);
    else
      for (const label of labelsOf(task.name))
        out.set(label, (out.get(label) ?? true) && task.result?.state === 'pass');
  };
  for (const each of tasks) visit(each);
  return out;
}
