/** Mistakes against the schema in words: what was expected where, and what was found. */
import { type z } from 'zod';
import { type ScenarioProblem } from './errors.ts';
import { type Path, type Source } from './source.ts';

type Issue = z.core.$ZodIssue;

/** One mistake against the schema, in words: what was expected where, and what was found. */
export function problemsOf(source: Source, issue: Issue): ScenarioProblem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      ...source.locateKey(path, key),
      message: `unknown key "${key}"${whereOf(path)}`,
    }));
  if (issue.code === 'invalid_union' && !issue.message.startsWith('expected')) {
    // The alternative that got furthest says best what is wrong.
    const deepest = issue.errors.flat().toSorted((a, b) => b.path.length - a.path.length)[0];
    if (deepest !== undefined) return problemsOf(source, { ...deepest, path: [...path, ...deepest.path] } as Issue);
  }
  const at = source.locate(path);
  const isMissing = issue.code === 'invalid_type' && valueAt(source.value, path) === undefined;
  if (isMissing) return [{ ...at, message: `"${String(path.at(-1) ?? '')}" is missing${whereOf(path.slice(0, -1))}` }];
  const message = issue.message
    .replace(/^Invalid (input|option): /, '')
    .replace(/, received .*$/, '')
    .replace(/^expected (\w+)$/, (whole, type: string) => EXPECTED[type] ?? whole)
    .replace(/^Too /, 'too ');
  const found = issue.code === 'custom' ? '' : `; found ${describe(valueAt(source.value, path))}`;
  return [{ ...at, message: `${whereName(path)}${message}${found}` }];
}

/** Types as a person who writes YAML calls them; `describe` uses the same words. */
const EXPECTED: Readonly<Record<string, string>> = {
  object: 'expected a mapping',
  record: 'expected a mapping',
  array: 'expected a list',
  string: 'expected a text',
  number: 'expected a number',
  boolean: 'expected true or false',
};

const whereOf = (path: Path): string => (path.length === 0 ? '' : ` in "${path.map(String).join('.')}"`);
const whereName = (path: Path): string => (path.length === 0 ? '' : `${path.map(String).join('.')}: `);

export function valueAt(value: unknown, path: Path): unknown {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

function describe(value: unknown): string {
  if (typeof value === 'bigint') return value < 0x1_0000n ? String(value) : `0x${value.toString(16)}`;
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (Array.isArray(value)) return 'a list';
  if (value === null || value === undefined) return 'nothing';
  return typeof value === 'object' ? 'a mapping' : String(value);
}
