/**
 * The reference: a condition evaluated event by event, straight from `docs/conditions.md`, with bigints and maps and
 * no index. Slow on purpose, and written apart from the search engine. Two things are remembered, because most events
 * change nothing: which places a subject means, and what a test of state said of this very state.
 */
import { registerByName } from '../../../../core/gic/registers.ts';
import { type Change } from '../../../../core/state/journal.ts';
import { type BitRange, type InterruptDescriptor, INTERRUPT_FIELDS } from '../../../../core/trace/interrupts.ts';
import { KINDS, type KindSpec, type NewEvent } from '../../../../core/trace/kinds.ts';
import { type Life } from '../../../../core/trace/life.ts';
import { type Expr, type Subject, type Value } from '../../../../core/debug/condition/ast.ts';
import { children } from '../../../../core/debug/condition/parse.ts';
import { type NameSpace } from '../../../../core/debug/condition/names.ts';

export interface Moment {
  readonly seq: number;
  readonly event: NewEvent;
  readonly changes: readonly Change[];
  /** State after the event; index = slot. */
  readonly state: readonly (bigint | undefined)[];
}

type Bits = (value: bigint | undefined) => bigint | undefined;
interface Place {
  readonly range: BitRange;
  readonly vcpu: number | undefined;
  readonly words: readonly string[] | undefined;
}

const bitsOf =
  ({ lsb, width }: BitRange): Bits =>
  (value) =>
    value === undefined ? undefined : (value >> BigInt(lsb)) & ((1n << BigInt(width)) - 1n);

const patterns = { whole: new Map<string, RegExp>(), dotted: new Map<string, RegExp>() };

function pattern(glob: string, dots: boolean): RegExp {
  const among = dots ? patterns.dotted : patterns.whole;
  const known = among.get(glob);
  if (known !== undefined) return known;
  const made = makePattern(glob, dots);
  among.set(glob, made);
  return made;
}

function makePattern(glob: string, dots: boolean): RegExp {
  const any = dots ? '[^.]*' : '.*';
  const one = dots ? '[^.]' : '.';
  const source = glob.replace(/\*\*|[*?]|[\\^$.|+()[\]{}]/g, (part) =>
    part === '**' ? '.*' : part === '*' ? any : part === '?' ? one : `\\${part}`,
  );
  return new RegExp(`^${source}$`, 'is');
}

const TYPE_NUMBERS: Readonly<Record<string, number>> = { sgi: 0, ppi: 1, lpi: 2, spi: 3 };

export class Naive {
  readonly #names: NameSpace;
  readonly #paths = new Map<string, Place[]>();
  readonly #found = new Map<string, InterruptDescriptor[]>();
  readonly #opens = new Map<Expr, Set<number>>();
  readonly #ends = new Map<number, Life[]>();
  readonly #subjects = new Map<Subject, { readonly scope: number | undefined; readonly places: Place[] }>();
  readonly #told = new Map<Expr, { scope: number | undefined; state: Moment['state']; holds: boolean }>();

  constructor(names: NameSpace, lives: readonly Life[]) {
    this.#names = names;
    for (const life of lives)
      for (const { seq } of Object.values(life.moments)) this.#ends.set(seq, [...(this.#ends.get(seq) ?? []), life]);
  }

  holds(expr: Expr, at: Moment, scope?: number, register?: string): boolean {
    if (!isTestOfState(expr)) return this.#holds(expr, at, scope, register);
    const told = this.#told.get(expr);
    if (told !== undefined && told.state === at.state && told.scope === scope) return told.holds;
    const holds = this.#holds(expr, at, scope, register);
    this.#told.set(expr, { scope, state: at.state, holds });
    return holds;
  }

  #holds(expr: Expr, at: Moment, scope: number | undefined, register: string | undefined): boolean {
    const inside = (child: Expr, vcpu = scope): boolean => this.holds(child, at, vcpu, register);
    const onScope = scope === undefined || at.event.vcpu === scope;
    switch (expr.type) {
      case 'and':
        return expr.terms.every((term) => inside(term));
      case 'or':
        return expr.terms.some((term) => inside(term));
      case 'not':
        return !inside(expr.term) && (onScope || this.#isState(expr.term));
      case 'on':
        return inside(expr.term, expr.vcpu);
      case 'if':
        return this.#if(expr.event, expr.state, at, scope, register);
      case 'edge':
        return this.#places(
          expr.subject,
          scope,
          expr.subject.type === 'interrupt' && expr.subject.field === undefined,
        ).some(
          (place) =>
            (place.vcpu !== undefined || onScope) && at.changes.some((change) => isEdge(expr.edge, change, place)),
        );
      case 'truth': {
        const { operand, mask } = expr;
        const set = (value: bigint | undefined): boolean =>
          value !== undefined && (mask === undefined ? value : value & mask) !== 0n;
        if (operand.type === 'name') return onScope && this.#facts(operand.name, at, register).some(({ value }) => typeof value === 'bigint' && set(value)); // prettier-ignore
        if (operand.type === 'latency') return false;
        return this.#places(operand, scope).some((place) => set(bitsOf(place.range)(at.state[place.range.slot])));
      }
      case 'compare':
        return this.#compare(expr, at, scope, register);
      case 'access': {
        const { event } = at;
        if (!onScope || !('op' in event)) return false;
        const name = 'register' in event ? event.register : event.what;
        if (expr.op !== 'access' && event.op !== expr.op) return false;
        const mnemonic = name.includes(' ') ? name.slice(name.indexOf(' ') + 1) : name;
        const match = pattern(expr.register, false);
        if (!match.test(name) && !match.test(mnemonic)) return false;
        return expr.where === undefined || this.holds(expr.where, at, scope, name);
      }
      case 'text': {
        const match = pattern(`*${expr.text}*`, false);
        const { source, kind } = at.event;
        return (
          onScope && [source ?? kind, payloadName(at.event)].some((text) => text !== undefined && match.test(text))
        );
      }
    }
  }

  #if(event: Expr, state: Expr, at: Moment, scope: number | undefined, register: string | undefined): boolean {
    const both = (vcpu: number | undefined): boolean => this.holds(event, at, vcpu, register) && this.holds(state, at, vcpu, register); // prettier-ignore
    if (scope !== undefined || this.#open(state).size === 0) return both(scope);
    const said = saidVcpu(event);
    if (said !== undefined) return this.holds(event, at, scope, register) && this.holds(state, at, said, register);
    if (this.#open(event).size > 0) return [...this.#open(state)].some((vcpu) => both(vcpu));
    if (!this.holds(event, at, scope, register)) return false;
    return this.holds(state, at, at.event.vcpu, register) && (at.event.vcpu === undefined || this.#open(state).has(at.event.vcpu)); // prettier-ignore
  }

  /** vCPUs of private state that does not say which. */
  #open(expr: Expr): Set<number> {
    const known = this.#opens.get(expr) ?? this.#findOpen(expr);
    this.#opens.set(expr, known);
    return known;
  }

  #findOpen(expr: Expr): Set<number> {
    if (expr.type === 'on') return new Set();
    const out = new Set<number>();
    const subject =
      expr.type === 'edge'
        ? expr.subject
        : expr.type === 'truth'
          ? expr.operand
          : expr.type === 'compare'
            ? expr.left
            : undefined;
    if (subject?.type === 'path' && !/^vcpu\d+\./.test(subject.path))
      for (const { vcpu } of this.#places(subject, undefined)) if (vcpu !== undefined) out.add(vcpu);
    if (subject?.type === 'interrupt')
      for (const { vcpu } of this.#interrupts(subject.kind, subject.number)) if (vcpu !== undefined) out.add(vcpu);
    for (const child of children(expr)) for (const vcpu of this.#open(child)) out.add(vcpu);
    return out;
  }

  #isState(expr: Expr): boolean {
    if (expr.type === 'compare' || expr.type === 'truth') return isTestOfState(expr);
    if (expr.type === 'edge' || expr.type === 'access' || expr.type === 'text') return false;
    return children(expr).every((child) => this.#isState(child));
  }

  #interrupts(kind: string, number: number): InterruptDescriptor[] {
    const key = `${kind} ${number}`;
    const known =
      this.#found.get(key) ??
      this.#names.interrupts.filter(
        ({ intid }) => (intid & 0xffffff) === number && (kind === 'irq' || intid >>> 29 === TYPE_NUMBERS[kind]),
      );
    this.#found.set(key, known);
    return known;
  }

  #places(subject: Subject, scope: number | undefined, every = false): Place[] {
    const known = this.#subjects.get(subject);
    if (known !== undefined && known.scope === scope) return known.places;
    const all = subject.type === 'path' ? this.#pathPlaces(subject.path) : this.#fieldPlaces(subject, every);
    const places = all.filter(({ vcpu }) => scope === undefined || vcpu === undefined || vcpu === scope);
    this.#subjects.set(subject, { scope, places });
    return places;
  }

  #fieldPlaces(subject: Extract<Subject, { type: 'interrupt' }>, every: boolean): Place[] {
    const wanted = every ? INTERRUPT_FIELDS : subject.field === 'state' ? (['pending', 'active', 'enabled', 'masked'] as const) : []; // prettier-ignore
    const fields = subject.field === undefined || subject.field === 'state' ? wanted : [subject.field];
    return this.#interrupts(subject.kind, subject.number).flatMap((entry) =>
      fields.flatMap((field) => {
        const range = entry.fields[field];
        return range === undefined ? [] : [{ range, vcpu: entry.vcpu, words: undefined }];
      }),
    );
  }

  #pathPlaces(path: string): Place[] {
    const known = this.#paths.get(path);
    if (known !== undefined) return known;
    const globbed = /[*?]/.test(path);
    const find = (text: string): number[] => {
      const ids = (match: RegExp): number[] =>
        this.#names.slots.flatMap((slot, id) => (match.test(slot.path) ? [id] : []));
      const whole = ids(pattern(text, true));
      if (whole.length > 0 || text.startsWith('**')) return whole;
      return ids(globbed ? pattern(`**.${text}`, true) : new RegExp(`\\.${text.replace(/[.]/g, '\\.')}$`, 'i'));
    };
    const vcpuOf = (at: string): number | undefined => {
      const match = /^vcpu(\d+)\./.exec(at);
      return match === null ? undefined : Number(match[1]);
    };
    let out = find(path).map((id): Place => {
      const slot = this.#names.slots[id];
      return { range: range(id, 0, slot?.width ?? 0), vcpu: vcpuOf(slot?.path ?? ''), words: slot?.values };
    });
    const dot = path.lastIndexOf('.');
    if (out.length === 0 && dot > 0)
      out = find(path.slice(0, dot)).flatMap((id): Place[] => {
        const slot = this.#names.slots[id];
        const field = registerByName(slot?.register ?? '')?.byName.get(path.slice(dot + 1));
        if (slot === undefined || field === undefined) return [];
        return [{ range: range(id, field.lsb, field.msb - field.lsb + 1), vcpu: vcpuOf(slot.path), words: undefined }];
      });
    this.#paths.set(path, out);
    return out;
  }

  /** Values of a payload field or, after `where`, of a register's field. */
  #facts(
    name: string,
    { event }: Moment,
    register: string | undefined,
  ): { value: unknown; words?: readonly string[]; type: string }[] {
    const field = register === undefined ? undefined : registerByName(register)?.byName.get(name);
    if (field !== undefined) {
      const value = 'value' in event ? event.value : undefined;
      return [{ value: value === undefined ? undefined : (value >> field.shift) & field.mask, type: 'u64' }];
    }
    const spec: KindSpec = KINDS[event.kind];
    const payload = spec.fields[name];
    if (payload === undefined) return [];
    const value: unknown = Reflect.get(event, name);
    const type = typeof payload.type === 'string' ? payload.type : 'word';
    return [{ value: typeof value === 'number' ? BigInt(value) : value, type }];
  }

  #compare(
    expr: Extract<Expr, { type: 'compare' }>,
    at: Moment,
    scope: number | undefined,
    register: string | undefined,
  ): boolean {
    // prettier-ignore
    const { left, op, right } = expr;
    const onScope = scope === undefined || at.event.vcpu === scope;
    const number = (value: bigint | undefined, words?: readonly string[]): boolean =>
      compareNumber(op, value === undefined ? undefined : value & (expr.mask ?? -1n), right, words);
    switch (left.type) {
      case 'interrupt': {
        const instances = this.#interrupts(left.kind, left.number).filter(
          ({ vcpu }) => scope === undefined || vcpu === undefined || vcpu === scope,
        );
        if (left.field === 'state') return instances.some((entry) => compareText(op, stateOf(entry, at), right, true));
        return instances.some(({ fields }) => {
          const place = left.field === undefined || left.field === 'state' ? undefined : fields[left.field];
          return number(place === undefined ? undefined : bitsOf(place)(at.state[place.slot]), left.field === 'handling' ? ['edge', 'level'] : ['false', 'true']); // prettier-ignore
        });
      }
      case 'path':
        return this.#places(left, scope).some((place) =>
          number(bitsOf(place.range)(at.state[place.range.slot]), place.words),
        );
      case 'latency': {
        const [from, to] = left.legs ?? [undefined, 'acknowledged'];
        return (
          onScope &&
          (this.#ends.get(at.seq) ?? []).some(({ moments }) => {
            const end = moments[to];
            const begin = from === undefined ? (moments.raised ?? moments.pending) : moments[from];
            return end?.seq === at.seq && begin !== undefined && number(BigInt(end.time - begin.time));
          })
        );
      }
      case 'name':
        return onScope && this.#fact(expr, left.name, at, register, number);
    }
  }

  #fact(
    { op, right }: Extract<Expr, { type: 'compare' }>,
    name: string,
    at: Moment,
    register: string | undefined,
    number: (value: bigint | undefined, words?: readonly string[]) => boolean,
  ): boolean {
    const { event } = at;
    if (register === undefined || registerByName(register)?.byName.get(name) === undefined)
      switch (name) {
        case 'seq':
          return number(BigInt(at.seq));
        case 'time':
          return number(BigInt(event.time));
        case 'vcpu':
          return number(event.vcpu === undefined ? undefined : BigInt(event.vcpu));
        case 'kind':
          return compareText(op, event.kind, right);
        case 'origin':
          return compareText(op, event.origin, right, true);
        case 'name':
          return event.source === undefined && isNothing(right)
            ? op !== '!='
            : compareText(op, event.source ?? event.kind, right);
        case 'text': {
          const texts = [event.kind, event.source ?? '', payloadName(event) ?? '', ...Object.entries(event.detail ?? {}).map(([key, value]) => `${key} ${String(value)}`)]; // prettier-ignore
          const found = texts.some((text) => compareText('~', text, right));
          return op === '~' ? found : !found;
        }
      }
    return this.#facts(name, at, register).some(({ value, type }) => {
      if (type === 'text') return compareText(op, typeof value === 'string' ? value : undefined, right);
      if (type === 'word') return compareText(op, typeof value === 'string' ? value : undefined, right);
      if (type === 'bool') return isNothing(right) ? op === '!=' : number(value === true ? 1n : 0n, ['false', 'true']);
      const actual = typeof value === 'bigint' ? value : undefined;
      return type === 'intid' ? compareNumber(op, actual, anyType(right)) : number(actual);
    });
  }
}

/** Whether only the state after the event decides it. */
function isTestOfState(expr: Expr): boolean {
  const subject = expr.type === 'compare' ? expr.left : expr.type === 'truth' ? expr.operand : undefined;
  return subject?.type === 'interrupt' || subject?.type === 'path';
}

function range(slot: number, lsb: number, width: number): BitRange {
  return { slot: slot as BitRange['slot'], lsb, width };
}

/** A bare number names an interrupt of any type. */
function anyType(value: Value): Value {
  if (value.type === 'set') return { ...value, items: value.items.map(anyType) };
  const isBare = value.type === 'number' && value.value <= 0xff_ffffn;
  return isBare ? { type: 'interrupt', kind: 'irq', number: Number(value.value), span: value.span } : value;
}

function isEdge(edge: string, { slot, before, after }: Change, place: Place): boolean {
  if (slot !== place.range.slot) return false;
  const bits = bitsOf(place.range);
  const [b, a] = [bits(before), bits(after)];
  if (edge === 'changes') return a !== b;
  if (edge === 'rises') return a !== undefined && a > (b ?? 0n);
  return a !== undefined && b !== undefined && a < b;
}

function saidVcpu(expr: Expr): number | undefined {
  if (expr.type === 'on') return expr.vcpu;
  return expr.type === 'and' ? expr.terms.map(saidVcpu).find((vcpu) => vcpu !== undefined) : undefined;
}

/** The text in the event's payload that stands for its name. */
function payloadName(event: NewEvent): string | undefined {
  const spec: KindSpec = KINDS[event.kind];
  const entry = Object.entries(spec.fields).find(([, { place }]) => place.at === 'name');
  const value: unknown = entry === undefined ? undefined : Reflect.get(event, entry[0]);
  return typeof value === 'string' ? value : undefined;
}

function stateOf({ fields }: InterruptDescriptor, { state }: Moment): string {
  const value = (field: 'pending' | 'active' | 'enabled' | 'masked'): bigint | undefined => {
    const place = fields[field];
    return place === undefined ? undefined : bitsOf(place)(state[place.slot]);
  };
  const [pending, active] = [value('pending'), value('active')];
  if (pending === undefined && active === undefined) return 'unknown';
  if (active === 1n) return pending === 1n ? 'active and pending' : 'active';
  if (pending === 1n) return value('masked') === 1n ? 'masked' : 'pending';
  return value('enabled') === 0n ? 'disabled' : 'inactive';
}

function isNothing(value: Value): boolean {
  return value.type === 'text' && /^(none|unknown)$/i.test(value.text);
}

const items = (value: Value): readonly Value[] => (value.type === 'set' ? value.items : [value]);

function numberOf(value: Value, words: readonly string[] | undefined): bigint {
  switch (value.type) {
    case 'number':
      return BigInt.asUintN(64, value.value);
    case 'duration':
      return BigInt(value.ns);
    case 'position':
      return BigInt(value.seq);
    case 'text':
      return BigInt(words?.indexOf(value.text) ?? -1);
    default:
      return -1n;
  }
}

function sameNumber(actual: bigint, value: Value, words: readonly string[] | undefined): boolean {
  if (value.type === 'range') return actual >= numberOf(value.from, words) && actual <= numberOf(value.to, words);
  if (value.type === 'interrupt')
    return (actual & 0xff_ffffn) === BigInt(value.number) && (value.kind === 'irq' || actual >> 29n === BigInt(TYPE_NUMBERS[value.kind] ?? -1)); // prettier-ignore
  return actual === numberOf(value, words);
}

function compareNumber(op: string, actual: bigint | undefined, right: Value, words?: readonly string[]): boolean {
  if (actual === undefined) return (op === '==' || op === 'in') && items(right).some(isNothing);
  const known = items(right).filter((item) => !isNothing(item));
  switch (op) {
    case '==':
    case 'in':
      return known.some((item) => sameNumber(actual, item, words));
    case '!=':
      return !known.some((item) => sameNumber(actual, item, words));
    case '<':
      return actual < numberOf(right, words);
    case '<=':
      return actual <= numberOf(right, words);
    case '>':
      return actual > numberOf(right, words);
    default:
      return actual >= numberOf(right, words);
  }
}

function compareText(op: string, actual: string | undefined, right: Value, unknownIsAWord = false): boolean {
  const wanted = items(right).filter((item) => unknownIsAWord || !isNothing(item));
  if (actual === undefined) return (op === '==' || op === 'in') && items(right).some(isNothing);
  const is = (item: Value): boolean => item.type === 'text' && pattern(item.text, false).test(actual);
  const has = (item: Value): boolean => item.type === 'text' && pattern(`*${item.text}*`, false).test(actual);
  switch (op) {
    case '==':
    case 'in':
      return wanted.some(is);
    case '!=':
      return !wanted.some(is);
    case '~':
      return wanted.some(has);
    default:
      return !wanted.some(has);
  }
}
