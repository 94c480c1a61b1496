/**
 * Value change dump (IEEE 1364-2005 §18) for waveform viewers: every slot is a variable in the scopes of its path,
 * unknown is `x`, one time unit is 1 ns. The filter does not apply: waveforms without some of their changes lie.
 *
 * A part covers a range of events. Its first change writes the time again, which viewers take as the same moment.
 */
import { type ListFormat, type ListSource } from './format.ts';

/** Events a part covers. */
const PART = 20_000;
const FIRST_CODE = 33;
const CODES = 94;

/** Identifier codes are short strings of printable characters. */
export function codeOf(slot: number): string {
  let left = slot;
  let code = '';
  do {
    code += String.fromCharCode(FIRST_CODE + (left % CODES));
    left = Math.floor(left / CODES) - 1;
  } while (left >= 0);
  return code;
}

/** `x!`, `1!`, `b101 !`. */
export function changeText(width: number, code: string, value: bigint | undefined): string {
  if (width === 1) return `${value === undefined ? 'x' : value & 1n}${code}\n`;
  return `b${value === undefined ? 'x' : BigInt.asUintN(width, value).toString(2)} ${code}\n`;
}

interface Scope {
  readonly scopes: Map<string, Scope>;
  readonly variables: { readonly name: string; readonly slot: number; readonly width: number }[];
}

/** Names in a VCD have no white space; brackets would read as a bit range. */
const nameText = (part: string): string => part.replace(/[^A-Za-z0-9_$.+-]/g, '_') || '_';

function declarations(slots: ListSource['slots']): string {
  const root: Scope = { scopes: new Map(), variables: [] };
  for (const [slot, { path, width }] of slots.entries()) {
    const parts = path.split('.').map(nameText);
    const name = parts.pop() ?? '_';
    let scope = root;
    for (const part of parts) {
      let inner = scope.scopes.get(part);
      if (inner === undefined) {
        inner = { scopes: new Map(), variables: [] };
        scope.scopes.set(part, inner);
      }
      scope = inner;
    }
    scope.variables.push({ name, slot, width });
  }
  return scopeText('trace', root);
}

/** Scopes nest as deep as a path has parts; paths are bounded by the trace file. */
function scopeText(name: string, { scopes, variables }: Scope): string {
  const inner = [
    ...variables.map(({ name: variable, slot, width }) => `$var wire ${width} ${codeOf(slot)} ${variable} $end\n`),
    ...[...scopes].map(([part, scope]) => scopeText(part, scope)),
  ];
  return `$scope module ${name} $end\n${inner.join('')}$upscope $end\n`;
}

function header(source: ListSource, from: number): string {
  const value = source.stateAt(from - 1);
  const values = source.slots.map(({ width }, slot) => changeText(width, codeOf(slot), value(slot)));
  const time = from > 0 ? source.timeOf(from - 1) : 0;
  return (
    '$version gicscope $end\n$timescale 1ns $end\n' +
    `${declarations(source.slots)}$enddefinitions $end\n#${time}\n$dumpvars\n${values.join('')}$end\n`
  );
}

export const vcd: ListFormat = {
  title: 'State changes as waveforms',
  mediaType: 'text/x-vcd',
  async part(source, { from, to, header: withHeader }) {
    const end = Math.min(to, from + PART - 1);
    const out = withHeader ? [header(source, from)] : [];
    let written = Number.NaN;
    let records = 0;
    for (let seq = from; seq <= end; seq += 1) {
      const changes = source.changesOf(seq);
      if (changes.length === 0) continue;
      const time = source.timeOf(seq);
      if (time !== written) out.push(`#${time}\n`);
      written = time;
      for (const { slot, after } of changes) out.push(changeText(source.slots[slot]?.width ?? 64, codeOf(slot), after));
      records += changes.length;
    }
    // The last time stands alone, so that a viewer shows the trace to its end.
    if (end === to && to >= from && source.timeOf(to) !== written) out.push(`#${source.timeOf(to)}\n`);
    return { text: out.join(''), records, next: end < to ? end + 1 : null };
  },
};
