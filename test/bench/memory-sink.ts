/** A sink that takes events and forgets them: what a recording costs without its file. */
import { type PackedSink, type ScenarioRun } from '../../core/scenario/index.ts';
import { type Seq, seq } from '../../core/state/brand.ts';

export function memorySink(run: ScenarioRun): PackedSink {
  const { journal } = run.machine;
  let count = 0;
  const take = (): Seq => {
    journal.clear();
    return seq(count++);
  };
  return {
    journal,
    append: take,
    put: take,
    appendPacked: () => seq(take()),
    typeId: () => 1,
    nameId: () => 1,
    interruptField: () => undefined,
    rawLine: () => undefined,
    skip: () => undefined,
    countName: () => undefined,
  };
}
