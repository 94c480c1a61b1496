/**
 * A scenario's text as plain values, with the way back from a value to its line and column.
 *
 * Bounds: 10 MB of text, 100 uses of aliases, 64 levels; nothing that a text says makes it run away. Whole numbers
 * come as bigint, so that 64-bit values stay exact.
 */
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  visit,
} from 'yaml';
import { ScenarioError, type ScenarioProblem } from './errors.ts';

export type Path = readonly PropertyKey[];
export interface Position {
  readonly line: number;
  readonly column: number;
}

const MAX_TEXT = 10_000_000;
const MAX_ALIASES = 100;
const MAX_DEPTH = 64;
const TOO_DEEP = `expected at most ${MAX_DEPTH} levels`;
const START: Position = { line: 1, column: 1 };

/** Open brackets at which nobody means what is written; the YAML library exhausts its stack some way beyond. */
const OPEN_BRACKETS = 500;

/** Where too many brackets are open. Those in strings count as well: nobody has hundreds of them without an end. */
function tooDeep(text: string): number | undefined {
  let open = 0;
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    open = bracket === '[' || bracket === '{' ? open + 1 : Math.max(0, open - 1);
    if (open > OPEN_BRACKETS) return index;
  }
  return undefined;
}

function positionIn(text: string, index: number): Position {
  const before = text.slice(0, index).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

export class Source {
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
  readonly #document: Document;
  readonly #lines: LineCounter;

  /** @throws ScenarioError when the text is no YAML, or too much of it. */
  constructor(file: string, text: string) {
    if (text.length > MAX_TEXT)
      throw new ScenarioError(file, [
        { ...START, message: `expected at most ${MAX_TEXT} characters, found ${text.length}` },
      ]);
    this.file = file;
    this.text = text;
    this.#lines = new LineCounter();
    const deep = tooDeep(text);
    if (deep !== undefined) throw this.#error(positionIn(text, deep), TOO_DEEP);
    this.#document = parseDocument(text, { intAsBigInt: true, lineCounter: this.#lines, prettyErrors: false });
    const problems = this.#document.errors.map(({ message, pos }) => ({
      ...this.#at(pos[0]),
      message: firstLine(message),
    }));
    if (problems.length > 0) throw new ScenarioError(file, problems);
    this.#bound();
    try {
      this.value = this.#document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      throw this.#error(START, `expected at most ${MAX_ALIASES} uses of aliases: ${messageOf(error)}`);
    }
  }

  /** Where a value begins; of something absent, where what should hold it begins. */
  locate(path: Path): Position {
    for (let length = path.length; length >= 0; length--) {
      const node = this.#node(path.slice(0, length));
      if (node?.range) return this.#at(node.range[0]);
    }
    return START;
  }

  /** Where a key of a mapping begins. */
  locateKey(path: Path, key: string): Position {
    const map = this.#node(path);
    if (isMap(map))
      for (const pair of map.items)
        if (isPair(pair) && isScalar(pair.key) && pair.key.value === key && pair.key.range)
          return this.#at(pair.key.range[0]);
    return this.locate(path);
  }

  /** Where a place inside a text value is in the file; both 1-based. */
  locateInText(path: Path, { line, column }: Position): Position {
    const node = this.#node(path);
    const start = this.locate(path);
    if (!isScalar(node)) return start;
    const isBlock = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED;
    if (!isBlock) return line === 1 ? { line: start.line, column: start.column + column - 1 } : start;
    const lines = this.text.split('\n');
    const first = lines.slice(start.line).find((each) => each.trim() !== '') ?? '';
    const indent = first.length - first.trimStart().length;
    return { line: start.line + line, column: column + indent };
  }

  error(path: Path, message: string): ScenarioError {
    return this.#error(this.locate(path), message);
  }

  fail(problems: readonly ScenarioProblem[]): ScenarioError {
    return new ScenarioError(this.file, problems);
  }

  #error(position: Position, message: string): ScenarioError {
    return new ScenarioError(this.file, [{ ...position, message }]);
  }

  /** Counts aliases and levels before anything is built of them. */
  #bound(): void {
    let aliases = 0;
    let bad: ScenarioError | undefined;
    visit(this.#document, {
      Alias: (_key, node) => {
        if (++aliases <= MAX_ALIASES) return undefined;
        bad = this.#error(this.#at(node.range?.[0] ?? 0), `expected at most ${MAX_ALIASES} uses of aliases`);
        return visit.BREAK;
      },
      Collection: (_key, node, path) => {
        if (path.length <= MAX_DEPTH * 2) return undefined;
        bad = this.#error(this.#at(node.range?.[0] ?? 0), TOO_DEEP);
        return visit.BREAK;
      },
    });
    if (bad !== undefined) throw bad;
  }

  #node(path: Path): Node | undefined {
    if (path.length === 0) return isNode(this.#document.contents) ? this.#document.contents : undefined;
    const found: unknown = this.#document.getIn([...path], true);
    return isNode(found) ? found : undefined;
  }

  #at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

const firstLine = (text: string): string => text.split('\n')[0] ?? text;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
