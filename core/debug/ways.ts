/**
 * Ways from the cursor, as a person types them at "go to": `next change of vcpu1.ICC_PCR_EL1.PRIORITY`, `previous access
 * of ICC_PCR_EL1 on vcpu 1`, `next kind == vcpu.exit`. A way is a direction and a condition; what is behind the first
 * words is completed and judged by the condition language. Pure.
 */
import { complete, type Completion } from './condition/complete.ts';
import { type NameSpace } from './condition/names.ts';
import { quote } from './condition/words.ts';
import { type Direction } from './search.ts';

export interface Way {
  readonly direction: Direction;
  readonly condition: string;
  /** What is looked for, in the words of the person. */
  readonly what: string;
}

const DIRECTION = /^\s*(next|previous|prev)\s+/i;
const OF = /^(change|access|read|write|execution)\s+of\s+/i;
const ON_VCPU = /\s+on\s+vcpu\s*\(?\s*(\d{1,3})\s*\)?\s*$/i;

/** The way that a text describes; undefined: it is a place, not a way. */
export function readWay(text: string): Way | undefined {
  const led = DIRECTION.exec(text);
  if (led === null) return undefined;
  const what = text.slice(led[0].length).trim();
  const direction = led[1]?.toLowerCase() === 'next' ? 'forward' : 'backward';
  return { direction, what, condition: conditionOf(what) };
}

function conditionOf(what: string): string {
  const of = OF.exec(what);
  if (of === null) return what;
  const verb = of[1]?.toLowerCase() ?? '';
  const rest = what.slice(of[0].length);
  const scope = ON_VCPU.exec(rest);
  const subject = (scope === null ? rest : rest.slice(0, scope.index)).trim();
  const on = scope === null ? '' : ` on vcpu ${scope[1] ?? ''}`;
  if (verb === 'change') return `${subject} changes${on}`;
  return `${verb === 'execution' ? 'execute' : verb} ${quote(subject.replace(/^"(.*)"$/, '$1'))}${on}`;
}

const STARTS = [
  { text: 'next', description: 'then a change, an access or a condition' },
  { text: 'previous', description: 'then a change, an access or a condition' },
  { text: 'start', description: 'the first event' },
  { text: 'end', description: 'the last event' },
];
const FORMS = [
  { text: 'change of', description: 'then a slot, a field or an interrupt' },
  { text: 'access of', description: 'then a register or an instruction' },
  { text: 'write of', description: 'then a register' },
  { text: 'read of', description: 'then a register' },
  { text: 'execution of', description: 'then an instruction' },
];

/** Candidates at character `cursor` of such a text. */
export function completeWay(text: string, cursor: number, names: NameSpace): Completion {
  const before = text.slice(0, Math.max(0, Math.min(cursor, text.length)));
  const led = DIRECTION.exec(before);
  if (led === null) return fitting(STARTS, before, 0);
  const at = led[0].length;
  const rest = before.slice(at);
  const of = OF.exec(rest);
  if (of === null) {
    const forms = fitting(FORMS, rest, at);
    const { from, candidates } = complete(rest, rest.length, names);
    if (from > 0) return { from: at + from, candidates };
    return { from: at, candidates: [...forms.candidates, ...candidates].slice(0, MOST) };
  }
  // The condition that the words stand for, so that the same names are offered.
  const verb = of[1]?.toLowerCase() ?? '';
  const lead = verb === 'change' ? 'changed(' : `${verb === 'execution' ? 'execute' : verb} `;
  const subject = rest.slice(of[0].length);
  const { from, candidates } = complete(lead + subject, lead.length + subject.length, names);
  return { from: Math.max(0, from - lead.length) + at + of[0].length, candidates };
}

/** What a completion offers at most (the contract's limit). */
const MOST = 200;

function fitting(words: Completion['candidates'], typed: string, offset: number): Completion {
  const lead = typed.length - typed.trimStart().length;
  const wanted = typed.trimStart().toLowerCase();
  return {
    from: offset + lead,
    candidates: words.filter(({ text }) => text.startsWith(wanted) && text !== wanted),
  };
}
