/** A sink that takes events and forgets them: what a recording costs without its file. */
import { type PackedSink, type ScenarioRun } from '../../core/scenario/index.ts';
import { seq } from '../../core/state/brand.ts';

export function memorySink(run: ScenarioRun): PackedSink {
  const { journal } = run.machine;
  let count = 0;
  const take = (): number => {
    journal.clear();
    return count++;
  };
  return {
    journal,
    append: () => seq(take()),
    appendPacked: take,
    typeId: () => 1,
    nameId: () => 1,
    interruptField: () => undefined,
    rawLine: () => undefined,
    skip: () => undefined,
    countName: () => undefined,
  };
}
