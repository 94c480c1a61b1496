/**
 * The kernel's own description of an event (trace-import-formats §5.8), which says where each field is. Nothing is
 * assumed about a kernel: identifiers, offsets and sizes come from the file. A field that cannot be understood is kept
 * with its type and shown as bytes.
 */

type FieldShape =
  | 'integer'
  /** `char x[n]`: text to the first NUL. */
  | 'text'
  /** `const char *`: the address of a text that the file may hold. */
  | 'text address'
  | 'pointer'
  | 'array'
  /** `__data_loc`: place and length, counted from the start of the event. */
  | 'located'
  /** `__rel_loc`: counted from the end of the field. */
  | 'relative';

export interface FieldFormat {
  readonly name: string;
  readonly shape: FieldShape;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  /** Of arrays, in bytes; 0: unknown. */
  readonly element: number;
  /** The elements of a `located` or `relative` field are characters. */
  readonly isText: boolean;
  /** The kernel prints it in hexadecimal, or as an address. */
  readonly hex: boolean;
}

export interface EventFormat {
  readonly id: number;
  readonly system: string;
  readonly name: string;
  readonly fields: readonly FieldFormat[];
  readonly byName: ReadonlyMap<string, FieldFormat>;
  readonly common: ReadonlyMap<string, FieldFormat>;
}

/** Fields of one event that are kept; no kernel has near as many. */
const MOST_FIELDS = 200;
const FIELD = /^\s*field:\s*([^;]*);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:(\d+);)?/;
const DECLARATION = /^(.*?)([A-Za-z_]\w*)\s*((?:\[[^\]]*\]\s*)*)$/s;
const SIZES: ReadonlyMap<string, number> = new Map([
  ['char', 1],
  ['signed char', 1],
  ['unsigned char', 1],
  ['u8', 1],
  ['s8', 1],
  ['__u8', 1],
  ['bool', 1],
  ['short', 2],
  ['unsigned short', 2],
  ['u16', 2],
  ['s16', 2],
  ['__u16', 2],
  ['int', 4],
  ['unsigned int', 4],
  ['u32', 4],
  ['s32', 4],
  ['__u32', 4],
  ['u64', 8],
  ['s64', 8],
  ['__u64', 8],
  ['long long', 8],
  ['unsigned long long', 8],
]);

/** The format in a text of `events/…/format`; undefined when it has no name or number. */
export function parseFormat(text: string, system: string, longSize: number): EventFormat | undefined {
  const name = /^name:\s*(\S+)/m.exec(text)?.[1];
  const id = /^ID:\s*(\d+)/m.exec(text)?.[1];
  if (name === undefined || id === undefined) return undefined;
  const print = text.indexOf('print fmt:');
  const hex = hexFields(print < 0 ? '' : text.slice(print + 'print fmt:'.length));
  const fields: FieldFormat[] = [];
  const common = new Map<string, FieldFormat>();
  for (const line of (print < 0 ? text : text.slice(0, print)).split('\n')) {
    const field = parseField(line, hex, longSize);
    if (field === undefined) continue;
    if (field.name.startsWith('common_')) common.set(field.name, field);
    else if (fields.length < MOST_FIELDS) fields.push(field);
  }
  return { id: Number(id), system, name, fields, common, byName: new Map(fields.map((field) => [field.name, field])) };
}

function parseField(line: string, hex: ReadonlySet<string>, longSize: number): FieldFormat | undefined {
  const match = FIELD.exec(line);
  const declared = match?.[1]?.trim();
  if (match === null || declared === undefined || declared.length > 500) return undefined;
  const dynamic = /^__(data|rel)_loc\s+(.*)$/s.exec(declared);
  // `char[] name` is written the other way round than `char name[16]`.
  const plain = dynamic === null ? declared : (dynamic[2] ?? '').replace(/\[\]\s*/, ' ');
  const parts = DECLARATION.exec(plain);
  const name = parts?.[2];
  if (parts === null || name === undefined) return undefined;
  const type = (parts[1] ?? '')
    .replaceAll(/\b(const|volatile)\b/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const size = Number(match[3]);
  const signed = match[4] === undefined ? !/^(unsigned|u\d|__u\d|bool|size_t)/.test(type) : match[4] === '1';
  const isChar = /^(unsigned |signed )?char$/.test(type) || type === 'u8 char';
  const isArray = (parts[3] ?? '') !== '';
  const isPointer = type.endsWith('*');
  const element = isPointer ? longSize : /\b(?<!long )long$/.test(type) ? longSize : SIZES.get(type);
  const isMask = type === 'cpumask_t';
  const shape: FieldShape =
    dynamic !== null && size === 4
      ? dynamic[1] === 'data'
        ? 'located'
        : 'relative'
      : isArray
        ? isChar
          ? 'text'
          : 'array'
        : isPointer
          ? /^char \*$/.test(type)
            ? 'text address'
            : 'pointer'
          : size === 1 || size === 2 || size === 4 || size === 8
            ? 'integer'
            : 'array';
  return {
    name,
    shape,
    offset: Number(match[2]),
    size,
    signed,
    element: isMask ? longSize : (element ?? 0),
    isText: isChar,
    hex: isPointer || isMask || hex.has(name),
  };
}

const CONVERSION = /%[-#0 +]*\d*(?:\.\d+)?(?:hh|h|ll|l|z|j|t)?([a-zA-Z%])/g;

/** Fields that stand alone under a `%x` or `%p` of the print format. */
function hexFields(print: string): ReadonlySet<string> {
  const out = new Set<string>();
  const { format, rest } = literals(print.slice(0, 20_000));
  const conversions = [...format.matchAll(CONVERSION)].map((match) => match[1]).filter((letter) => letter !== '%');
  for (const [i, argument] of topLevel(rest).entries()) {
    const letter = conversions[i];
    if (letter !== 'x' && letter !== 'X' && letter !== 'p') continue;
    const used = [...argument.matchAll(/REC->(\w+)/g)].map((match) => match[1]);
    if (used.length === 1 && used[0] !== undefined) out.add(used[0]);
  }
  return out;
}

/** The leading string literals joined, and what follows them. */
function literals(print: string): { readonly format: string; readonly rest: string } {
  let format = '';
  let at = 0;
  for (;;) {
    while (/\s/.test(print[at] ?? '')) at++;
    if (print[at] !== '"') break;
    const start = ++at;
    while (at < print.length && print[at] !== '"') at += print[at] === '\\' ? 2 : 1;
    format += print.slice(start, at);
    at++;
  }
  return { format, rest: print[at] === ',' ? print.slice(at + 1) : '' };
}

/** The arguments of a list, split at commas outside brackets and texts. */
function topLevel(list: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < list.length; at++) {
    const char = list[at];
    if (char === '"') for (at++; at < list.length && list[at] !== '"'; at++) if (list[at] === '\\') at++;
    if (char === '(' || char === '{' || char === '[') depth++;
    else if (char === ')' || char === '}' || char === ']') depth--;
    else if (char === ',' && depth === 0) {
      out.push(list.slice(start, at));
      start = at + 1;
    }
  }
  out.push(list.slice(start));
  return out;
}
