/** Conditions in a scenario's expectations, checked before anything runs. */
import { check } from '../debug/condition/check.ts';
import { ConditionError, parse } from '../debug/condition/index.ts';
import { type NameSpace } from '../debug/condition/names.ts';
import { type Scenario, type ScenarioProblem } from '../scenario/index.ts';
import { KINDS, type Kind } from '../trace/kinds.ts';

/** What is wrong with them, each at its place in the file. Names that only the run can bring are not judged. */
export function conditionProblems({ source, data, config }: Scenario): ScenarioProblem[] {
  const { sequence, never, counts } = data.expect;
  const names: NameSpace = {
    vcpus: config.vcpus.length,
    slots: [],
    interrupts: [],
    registers: [],
    eventNames: [],
    // The keys of KINDS are the kinds.
    kinds: Object.keys(KINDS) as Kind[],
  };
  const all: readonly (readonly [text: string, path: readonly PropertyKey[]])[] = [
    ...sequence.map((text, index) => [text, ['expect', 'sequence', index]] as const),
    ...never.map((text, index) => [text, ['expect', 'never', index]] as const),
    ...counts.map(({ of }, index) => [of, ['expect', 'counts', index, 'of']] as const),
  ];
  return all.flatMap(([text, path]) => {
    const wrong = mistakeIn(text, names);
    if (wrong === undefined) return [];
    const place = source.locateInText(path, { line: 1, column: wrong.offset + 1 });
    return [{ ...place, message: `condition: ${wrong.message}` }];
  });
}

function mistakeIn(text: string, names: NameSpace): { readonly message: string; readonly offset: number } | undefined {
  try {
    const finding = check(parse(text), names).find(({ severity }) => severity === 'error');
    return finding && { message: finding.message, offset: finding.span.offset };
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    return { message: error.message, offset: error.span.offset };
  }
}
