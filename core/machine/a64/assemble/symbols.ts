/**
 * Names of a program. Labels have one address each. A constant (`.equ`, `.set`, `name = …`) may be set again; a use
 * takes the value of the last setting before it, or the final one when all come later. Numbered labels (`1:`) may be
 * repeated; `1b` and `1f` are the nearest before and after.
 *
 * The source is gone through twice: first to give every label its address (settings that need later names stay open),
 * then again to assemble, with all names known.
 */
import { evaluate, type Scope, type Value } from '../text/expression.ts';
import { Cursor, isMismatch, type Line, type Mismatch, type Token } from '../text/tokens.ts';

/** A setting whose expression could not be evaluated when it was read: it needs names that come later. */
interface Open {
  readonly tokens: readonly Token[];
  readonly at: number;
  readonly place: Place;
  /** What its other names meant there. */
  readonly known: ReadonlyMap<string, Value | Open>;
  /** Once evaluated: the value, or that it has none. */
  result: Value | 'none' | undefined;
}

/** Where a statement is: its address, and its number in the source for numbered labels. */
export interface Place {
  readonly here: bigint;
  readonly order: number;
}

/** `.set name, expression`: the expression begins at token `at`. */
export interface Setting {
  readonly name: string;
  readonly line: Line;
  readonly at: number;
  readonly place: Place;
}

interface Numbered {
  readonly address: bigint;
  readonly order: number;
}

/** Longest chain of constants defined by constants that come later. */
const MAX_CHAIN = 100;

export class Symbols {
  readonly #labels = new Map<string, bigint>();
  readonly #predefined: ReadonlyMap<string, bigint>;
  readonly #numbered = new Map<number, Numbered[]>();
  #final = new Map<string, Value | Open>();
  #present = new Map<string, Value | Open>();
  readonly #settings: Setting[] = [];
  #repeated = 0;
  #isSecond = false;
  #depth = 0;

  constructor(predefined: ReadonlyMap<string, bigint>) {
    this.#predefined = predefined;
  }

  isLabel(name: string): boolean {
    return this.#labels.has(name);
  }

  isConstant(name: string): boolean {
    return this.#present.has(name) || this.#final.has(name) || this.#predefined.has(name);
  }

  get labels(): ReadonlyMap<string, bigint> {
    return this.#labels;
  }

  defineLabel(name: string, address: bigint): void {
    this.#labels.set(name, address);
  }

  defineNumbered(number: number, place: Place): void {
    const list = this.#numbered.get(number) ?? [];
    list.push({ address: place.here, order: place.order });
    this.#numbered.set(number, list);
  }

  /** First pass: a setting, to be repeated in the second. */
  set(setting: Setting): void {
    this.#evaluate(setting);
    this.#settings.push(setting);
  }

  /** Second pass: settings that stand before the statement of this number, and what is wrong with them. */
  repeatSettings(order: number, fail: (line: number, mismatch: Mismatch) => void): void {
    for (; this.#repeated < this.#settings.length; this.#repeated++) {
      const setting = this.#settings[this.#repeated];
      if (setting === undefined || setting.place.order > order) return;
      const mismatch = this.#evaluate(setting);
      if (mismatch !== undefined) fail(setting.line.line, mismatch);
    }
  }

  #evaluate({ name, line: { tokens }, at, place }: Setting): Mismatch | undefined {
    const cursor = new Cursor(tokens, at);
    const value = evaluate(cursor, this.scope(place));
    this.#present.set(name, isMismatch(value) ? this.#open(tokens, at, place) : value);
    if (isMismatch(value)) return value;
    return cursor.isAtEnd ? undefined : cursor.wanted('the end of the line');
  }

  #open(tokens: readonly Token[], at: number, place: Place): Open {
    const known = new Map<string, Value | Open>();
    for (const { kind, text } of tokens.slice(at)) {
      const constant = kind === 'name' ? this.#present.get(text) : undefined;
      if (constant !== undefined) known.set(text, constant);
    }
    return { tokens, at, place, known, result: undefined };
  }

  /** Begins the second pass: settings start over, but later ones are known. */
  restart(): void {
    this.#final = this.#present;
    this.#present = new Map();
    this.#isSecond = true;
  }

  /** What names mean at a place. */
  scope(place: Place): Scope {
    const scope: Scope = {
      here: place.here,
      symbol: (name) => this.#find(name),
      local: (number, direction) => this.#local(number, direction, place.order),
    };
    return this.#isSecond ? scope : { ...scope, known: 'a label or constant that is defined before this line' };
  }

  /** Final values of all constants that have one. */
  *constants(): Generator<readonly [name: string, value: bigint]> {
    for (const name of this.#present.keys()) {
      const value = this.#find(name);
      if (value !== undefined) yield [name, value.value];
    }
  }

  /** A name in the source: a label, the last setting before, one from outside, or one that comes later. */
  #find(name: string): Value | undefined {
    const outside = this.#predefined.get(name);
    const constant =
      this.#present.get(name) ?? (outside === undefined ? this.#final.get(name) : { value: outside, isAddress: false });
    return this.#valueOf(name, constant);
  }

  #valueOf(name: string, constant: Value | Open | undefined): Value | undefined {
    const address = this.#labels.get(name);
    if (address !== undefined) return { value: address, isAddress: true };
    return constant === undefined || 'value' in constant ? constant : this.#resolve(constant);
  }

  /** Evaluates an open setting; undefined when it depends on itself or on nothing that is defined. */
  #resolve(open: Open): Value | undefined {
    // Before all names are known an answer would be no answer for later.
    if (!this.#isSecond || this.#depth >= MAX_CHAIN || open.result === 'none') return undefined;
    if (open.result !== undefined) return open.result;
    this.#depth++;
    const scope = this.scope(open.place);
    const value = evaluate(new Cursor(open.tokens, open.at), {
      ...scope,
      symbol: (name) => this.#valueOf(name, open.known.get(name) ?? this.#final.get(name)),
    });
    this.#depth--;
    open.result = isMismatch(value) ? 'none' : value;
    return isMismatch(value) ? undefined : value;
  }

  #local(number: number, direction: 'b' | 'f', order: number): Value | undefined {
    const list = this.#numbered.get(number) ?? [];
    // Labels of a statement come before what follows them in it.
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((list[middle]?.order ?? 0) <= order) low = middle + 1;
      else high = middle;
    }
    const found = list[direction === 'b' ? low - 1 : low];
    return found === undefined ? undefined : { value: found.address, isAddress: true };
  }
}
