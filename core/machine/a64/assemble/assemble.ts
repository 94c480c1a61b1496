/**
 * Assembler: source text to a program of real A64 words, in two passes (symbols.ts). A statement is labels, then a
 * directive, a setting (`name = value`) or an instruction.
 *
 * Bounds: 1 MiB of text, 16 MiB of output, 50 errors; nothing that a text says makes it throw. Cost: linear in the
 * text, about a microsecond per token.
 */
import { type Model } from '../../../gic/registers.ts';
import { generalRegister } from '../names/general-registers.ts';
import { type AssemblyScope } from '../operand/operand.ts';
import { Cursor, isMismatch, type Line, type Mismatch, type Token } from '../text/tokens.ts';
import { statements } from '../text/lexer.ts';
import { nearest } from '../names/nearest.ts';
import { DIRECTIVES, type Request, type Standing } from './directives.ts';
import { encodeInstruction } from './encode.ts';
import { asMove, type Literal, literalAt, LiteralPool } from './literals.ts';
import { type Write, MAX_OUTPUT, Output } from './output.ts';
import { type AssemblyResult, ErrorList, type LineEntry, type Program } from './program.ts';
import { type Place, Symbols } from './symbols.ts';

export interface AssembleOptions {
  /** Address of the first byte; a multiple of 4. */
  readonly origin?: bigint;
  /** Constants known from outside; the text may set them anew. */
  readonly symbols?: ReadonlyMap<string, bigint>;
  /** Which GIC architecture a name means where two share one. */
  readonly model?: Model;
}

const MAX_SOURCE = 1024 * 1024;
export const DEFAULT_ORIGIN = 0x4000_0000n;

/** Assembles a program. All problems of the text are in the result. */
export function assemble(source: string, options: AssembleOptions = {}): AssemblyResult {
  const assembler = new Assembler(options);
  return assembler.assemble(source);
}

const TOO_LARGE: Mismatch = {
  column: 1,
  end: 2,
  expected: `a program of at most ${MAX_OUTPUT / 1024 / 1024} MiB`,
  found: 'a larger one',
};

class Assembler {
  readonly #errors = new ErrorList();
  readonly #symbols: Symbols;
  readonly #output: Output;
  readonly #pool = new LiteralPool();
  readonly #globals: { readonly token: Token; readonly line: number }[] = [];
  readonly #model: Model | undefined;
  #order = 0;
  #isFull = false;

  constructor({ origin = DEFAULT_ORIGIN, symbols = new Map<string, bigint>(), model }: AssembleOptions) {
    this.#output = new Output(origin);
    this.#symbols = new Symbols(symbols);
    this.#model = model;
  }

  assemble(source: string): AssemblyResult {
    if (source.length > MAX_SOURCE) {
      this.#errors.add(1, { ...TOO_LARGE, expected: 'at most 1 MiB of text', found: `${source.length} characters` });
      return this.#errors.result();
    }
    let last = 1;
    for (const line of statements(source)) {
      if (this.#isFull) break;
      this.#order++;
      this.#read(line);
      last = line.line;
    }
    this.#placePool(last);
    this.#symbols.restart();
    const bytes = this.#fill();
    this.#checkGlobals();
    return this.#errors.isEmpty ? { ok: true, program: this.#program(bytes) } : this.#errors.result();
  }

  get #place(): Place {
    return { here: this.#output.here, order: this.#order };
  }

  #fail(line: number, mismatch: Mismatch): void {
    this.#errors.add(line, mismatch);
  }

  /** First pass over one statement. */
  #read(line: Line): void {
    const cursor = new Cursor(line.tokens);
    if (!this.#readLabels(line, cursor) || cursor.isAtEnd) return;
    const { token } = cursor;
    const isSetting = token.kind === 'name' && cursor.peek(1).text === '=' && cursor.peek(1).kind === 'mark';
    if (isSetting) {
      cursor.next();
      cursor.next();
      this.#set(line, token, cursor.at);
    } else if (token.kind === 'name' && token.text.startsWith('.')) this.#readDirective(line, cursor);
    else if (token.kind === 'name') this.#readInstruction(line, cursor);
    else this.#fail(line.line, cursor.wanted('a label, an instruction or a directive'));
  }

  #readLabels(line: Line, cursor: Cursor): boolean {
    for (;;) {
      const { token } = cursor;
      const colon = cursor.peek(1);
      if (colon.kind !== 'mark' || colon.text !== ':') return true;
      if (token.kind === 'number' && /^\d{1,6}$/.test(token.text)) {
        this.#symbols.defineNumbered(Number(token.text), this.#place);
      } else if (token.kind !== 'name' || token.text === '.') {
        this.#fail(line.line, cursor.wanted('a label: a name or a number up to 999999'));
        return false;
      } else if (this.#canDefine(line, cursor, token)) this.#symbols.defineLabel(token.text, this.#output.here);
      cursor.next();
      cursor.next();
    }
  }

  /** Names are used once, and never hide a register. */
  #canDefine(line: Line, cursor: Cursor, token: Token): boolean {
    if (generalRegister(token.text) !== undefined)
      this.#fail(line.line, cursor.wanted('a name that is no register', token));
    else if (this.#symbols.isLabel(token.text) || this.#symbols.isConstant(token.text))
      this.#fail(line.line, {
        ...cursor.wanted('a new name', token),
        found: `\`${token.text}\`, which is defined already`,
      });
    else return true;
    return false;
  }

  #set(line: Line, name: Token, at: number): void {
    const cursor = new Cursor(line.tokens, at);
    if (this.#symbols.isLabel(name.text) || generalRegister(name.text) !== undefined || name.text === '.') {
      this.#fail(line.line, cursor.wanted('a name that is no label and no register', name));
      return;
    }
    this.#symbols.set({ name: name.text, line, at, place: this.#place });
  }

  #readDirective(line: Line, cursor: Cursor): void {
    const token = cursor.next();
    const directive = DIRECTIVES.get(token.text.toLowerCase());
    if (directive === undefined) {
      this.#fail(
        line.line,
        cursor.wanted('a directive', token, () => likeThis(token.text)),
      );
      return;
    }
    const request = directive(cursor, this.#standing());
    if (isMismatch(request)) this.#fail(line.line, request);
    else this.#carryOut(line, request);
  }

  #standing(): Standing {
    return {
      scope: this.#symbols.scope(this.#place),
      scopeAt: (place) => this.#symbols.scope(place),
      origin: this.#output.origin,
      offset: this.#output.size,
      afterCode: this.#output.items.at(-1)?.kind === 'code',
    };
  }

  #carryOut(line: Line, request: Request): void {
    switch (request.does) {
      case 'emit':
        if (request.size > 0) this.#emit(line, request.size, request.kind, request.write);
        break;
      case 'set':
        this.#set(line, request.name, request.at);
        break;
      case 'global':
        for (const token of request.names) this.#globals.push({ token, line: line.line });
        break;
      case 'pool':
        this.#placePool(line.line);
        break;
      case 'nothing':
        break;
    }
  }

  #emit(line: Line, size: number, kind: LineEntry['kind'], write: Write): void {
    if (!this.#output.append({ size, line: line.line, order: this.#order, kind, write })) {
      this.#isFull = true;
      this.#fail(line.line, TOO_LARGE);
    }
  }

  #readInstruction(line: Line, cursor: Cursor): void {
    const start = cursor.at;
    if (this.#output.here % 4n !== 0n) {
      this.#fail(line.line, {
        ...cursor.wanted('an address that is a multiple of 4 (put `.balign 4` before)'),
        found: `0x${this.#output.here.toString(16)}`,
      });
      return;
    }
    const equals = literalAt(line.tokens, start);
    if (equals === undefined) {
      this.#emit(line, 4, 'code', (bytes, place) => this.#encode(bytes, new Cursor(line.tokens, start), place));
      return;
    }
    const tokens = asMove(line.tokens, start, equals, this.#symbols.scope(this.#place));
    if (tokens !== undefined)
      this.#emit(line, 4, 'code', (bytes, place) => this.#encode(bytes, new Cursor(tokens), place));
    else this.#readLiteral(line, start, equals);
  }

  #readLiteral(line: Line, start: number, equals: number): void {
    const { tokens } = line;
    const mnemonic = tokens[start]?.text.toLowerCase();
    const is64 = mnemonic === 'ldr' && generalRegister(tokens[start + 1]?.text ?? '')?.width === 'x';
    const place = this.#place;
    const literal: Literal = this.#pool.add(
      { size: is64 ? 8 : 4, tokens, at: equals + 1, place, line: line.line, address: 0n },
      this.#symbols.scope(place),
    );
    const from = tokens[equals];
    const end = tokens.at(-1);
    if (from === undefined || end === undefined) return;
    this.#emit(line, 4, 'code', (bytes, at) => {
      const target: Token = { ...from, kind: 'number', value: literal.address, end: end.column };
      return this.#encode(bytes, new Cursor([...tokens.slice(start, equals), target, end]), at);
    });
  }

  #encode(bytes: DataView, cursor: Cursor, place: Place): Mismatch | undefined {
    const scope = this.#symbols.scope(place);
    const full: AssemblyScope = this.#model === undefined ? scope : { ...scope, model: this.#model };
    const word = encodeInstruction(cursor, full);
    if (typeof word !== 'number') return word;
    bytes.setUint32(0, word, true);
    return undefined;
  }

  #placePool(line: number): void {
    if (this.#isFull || this.#pool.place(this.#output, this.#symbols, line, this.#order)) return;
    this.#isFull = true;
    this.#fail(line, TOO_LARGE);
  }

  /** Second pass: settings and items again, in the order of the source, with every name known. */
  #fill(): Uint8Array {
    const bytes = new Uint8Array(this.#output.size);
    const fail = (line: number, mismatch: Mismatch): void => this.#fail(line, mismatch);
    for (const item of this.#output.items) {
      this.#symbols.repeatSettings(item.order, fail);
      const view = new DataView(bytes.buffer, item.offset, item.size);
      const place = { here: this.#output.origin + BigInt(item.offset), order: item.order };
      const mismatch = item.write(view, place);
      if (mismatch !== undefined) this.#fail(item.line, mismatch);
    }
    this.#symbols.repeatSettings(Infinity, fail);
    return bytes;
  }

  #checkGlobals(): void {
    for (const { token, line } of this.#globals)
      if (!this.#symbols.isLabel(token.text) && !this.#symbols.isConstant(token.text))
        this.#fail(line, {
          column: token.column,
          end: token.end,
          expected: 'a label or constant that is defined',
          found: `\`${token.text}\``,
        });
  }

  #program(bytes: Uint8Array): Program {
    const symbols = new Map<string, bigint>(this.#symbols.labels);
    for (const [name, value] of this.#symbols.constants()) symbols.set(name, value);
    return {
      origin: this.#output.origin,
      bytes,
      symbols,
      labels: new Set(this.#symbols.labels.keys()),
      globals: new Set(this.#globals.map(({ token }) => token.text)),
      lines: this.#output.items.map(({ offset, size, line, kind }) => ({ offset, size, line, kind })),
    };
  }
}

function likeThis(directive: string): string {
  const near = nearest(directive, DIRECTIVES.keys());
  return near.length > 0 ? ` (perhaps ${near.join(', ')})` : ` (one of ${[...DIRECTIVES.keys()].join(' ')})`;
}
