import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { check, parse, print } from '../../../../core/debug/condition/index.ts';
import { resolvePosition } from '../../../../core/debug/positions.ts';
import { readWay } from '../../../../core/debug/ways.ts';
import { bind } from '../../../../core/debug/search/bind.ts';
import { FILTER_KEYS } from '../../../../core/debug/condition/filter.ts';
import { RESERVED, SUBJECT_FIELDS } from '../../../../core/debug/condition/words.ts';
import { STATE_WORDS } from '../../../../core/debug/condition/ast.ts';
import { NAMES } from './names.ts';

const TEXT = readFileSync(new URL('../../../../docs/conditions.md', import.meta.url), 'utf8');

/** Sections by title. */
const SECTIONS = new Map(TEXT.split(/^#{2,3} /m).map((part) => [part.slice(0, part.indexOf('\n')), part]));

/** Code in the given column of a section's tables. */
function column(title: string, index: number): string[] {
  const section = SECTIONS.get(title);
  if (section === undefined) throw new Error(`no section ${title}`);
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  const cells = rows.map((row) => row.replaceAll('\\|', '¦').split('|')[index + 1] ?? '');
  return cells.flatMap((cell) =>
    [...cell.matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? '').replaceAll('¦', '|')),
  );
}

const FENCED = [...TEXT.matchAll(/```condition\n([\s\S]*?)```/g)].flatMap((match) =>
  (match[1] ?? '').trim().split('\n'),
);
const TABLES = ['State of interrupts', 'Registers and GIC instructions', 'Slots and fields by path', 'Facts about events', 'Latency', 'Putting conditions together', 'The filter bar']; // prettier-ignore
const names = {
  ...NAMES,
  types: [{ kind: 'irq.line', origin: 'guest' }] as const,
  texts: [''],
  fieldId: () => undefined,
};

describe('docs/conditions.md', () => {
  it.each([...FENCED, ...TABLES.flatMap((title) => column(title, 0))])('shows a condition that works: %s', (text) => {
    const expr = parse(text);
    expect(print(parse(print(expr)))).toBe(print(expr));
    expect(check(expr, names).filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(() => bind(names, expr)).not.toThrow();
  });

  it('has enough examples for that to mean something', () => {
    expect(FENCED.length).toBeGreaterThan(15);
    for (const title of TABLES) expect(column(title, 0).length, title).toBeGreaterThan(2);
  });

  it('says truly what filter tokens are short for', () => {
    const rows = (SECTIONS.get('The filter bar') ?? '').split('\n').filter((line) => line.startsWith('| `'));
    for (const row of rows) {
      const [, token, long] = /^\| `([^`]+)`(?:, `[^`]+`)? *\| `([^`]+)` *\|$/.exec(row) ?? [];
      expect(token, row).toBeDefined();
      expect(print(parse(token ?? '')), row).toBe(print(parse(long ?? '')));
    }
    for (const key of Object.keys(FILTER_KEYS)) expect(SECTIONS.get('The filter bar')).toContain(`\`${key}:`);
  });

  it('names every word that the language keeps, every field and every state', () => {
    const grammar = SECTIONS.get('Grammar') ?? '';
    const kept = /The words `([^`]+)`/.exec(grammar)?.[1]?.split(/\s+/) ?? [];
    expect(kept.toSorted()).toEqual([...RESERVED].toSorted());
    for (const field of SUBJECT_FIELDS) expect(grammar).toContain(`"${field}"`);
    for (const word of STATE_WORDS) expect(SECTIONS.get('State of interrupts')).toContain(word);
  });

  it('shows positions and ways that go-to understands', () => {
    const trace = { count: 5_000, duration: 2_000_000_000, seqAtTime: () => 7, timeOf: () => 0 };
    const typed = column('Go to', 0);
    expect(typed.length).toBeGreaterThan(6);
    const ways = typed.flatMap((text) => readWay(text) ?? []);
    expect(ways.length).toBeGreaterThan(3);
    for (const { condition } of ways)
      expect(
        check(parse(condition), names).filter(({ severity }) => severity === 'error'),
        condition,
      ).toEqual([]);
    for (const text of typed)
      if (readWay(text) === undefined) expect(resolvePosition(text, 100, trace).error, text).toBe('');
  });
});
