/** What a scenario expects of its record as a whole, in the condition language; whoever can search traces decides it. */
import { type Scenario } from './load.ts';
import { type Path, type Position } from './source.ts';

export type RecordExpectation = Position & { readonly condition: string } & (
    | { readonly kind: 'sequence'; readonly index: number }
    | { readonly kind: 'never' }
    | { readonly kind: 'count'; readonly count: number }
  );

/** To be asked when the record is finished. */
export function expectationsOf({ source, data }: Pick<Scenario, 'source' | 'data'>): RecordExpectation[] {
  const at = (...path: Path): Position => source.locate(['expect', ...path]);
  const { sequence, never, counts } = data.expect;
  return [
    ...sequence.map((condition, index) => ({ ...at('sequence', index), condition, kind: 'sequence' as const, index })),
    ...never.map((condition, index) => ({ ...at('never', index), condition, kind: 'never' as const })),
    ...counts.map(({ of: condition, is: count }, index) => ({
      ...at('counts', index),
      condition,
      kind: 'count' as const,
      count,
    })),
  ];
}
