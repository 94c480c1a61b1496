/**
 * From a condition to the same condition with all names resolved in one trace.
 *
 * "On vCPU n" means: state that vCPUs have each for themselves is that of vCPU n; everything else about an event, and
 * edges of shared state, must happen on vCPU n. A test of shared state is the same everywhere. `not` keeps its
 * event on the vCPU: "(not write X) on vcpu 1" are the other events of vCPU 1.
 *
 * `A if B` puts B on the vCPU that A is about: the one that A says; else each whose own state makes A true; else
 * that of the event (any, where the event has none).
 */
import { type Expr, type Subject } from '../condition/ast.ts';
import { isRegisterField } from '../condition/check-fact.ts';
import {
  fieldsOfAccess,
  findField,
  registerMatcher,
  type RegisterFields,
  tableRegister,
} from '../condition/registers-of.ts';
import { type NumberTest, truthTest } from '../condition/tests.ts';
import { children } from '../condition/parse.ts';
import { bindAccess, bindBareText, bindFact, bindLatency } from './bind-event.ts';
import { bindFactTruth } from './bind-payload.ts';
import { idMask, onVcpu, vcpuTest } from './id-masks.ts';
import { bitsTest, type CompareExpr, wordsOfField } from '../condition/typed-tests.ts';
import { bindEdge, bindStateCompare, bindTruth, ownersOf, type Scope } from './bind-state.ts';
import { allOf, anyOf, type Bound, type Keys, negate, NEVER } from './bound.ts';
import { type TraceNames } from './searchable.ts';

/** @throws ConditionError when a comparison makes no sense; names that the trace lacks simply never match. */
export function bind(names: TraceNames, expr: Expr): Bound {
  return new Binder(names).bind(expr, { vcpu: undefined }, undefined);
}

/** The register whose fields `where` may name. */
interface Access {
  readonly fields: RegisterFields;
  readonly matches: (name: string) => boolean;
}

class Binder {
  readonly #names: TraceNames;

  constructor(names: TraceNames) {
    this.#names = names;
  }

  bind(expr: Expr, scope: Scope, where: Access | undefined): Bound {
    switch (expr.type) {
      case 'and':
        return allOf(expr.terms.map((term) => this.bind(term, scope, where)));
      case 'or':
        return anyOf(expr.terms.map((term) => this.bind(term, scope, where)));
      case 'not': {
        const inverse = negate(this.bind(expr.term, scope, where));
        return isStateExpr(expr.term) ? inverse : this.#onScope(inverse, scope);
      }
      case 'on':
        return this.bind(expr.term, { vcpu: expr.vcpu }, where);
      case 'if':
        return this.#bindIf(expr.event, expr.state, scope, where);
      case 'edge': {
        const { own, shared } = bindEdge(this.#names, expr.subject, expr.edge, scope);
        return anyOf([own, this.#onScope(shared, scope)]);
      }
      case 'truth':
        if (expr.operand.type === 'name')
          return this.#onScope(this.#truthOfName(expr.operand, expr.mask, where), scope);
        if (expr.operand.type === 'latency') return NEVER;
        return bindTruth(this.#names, expr.operand, expr.mask, scope);
      case 'compare':
        return this.#compare(expr, scope, where);
      case 'access': {
        const access = bindAccess(this.#names, expr);
        if (expr.where === undefined || access === NEVER) return this.#onScope(access, scope);
        const inner: Access = {
          fields: fieldsOfAccess(this.#names, expr.register),
          matches: registerMatcher(expr.register),
        };
        return this.#onScope(allOf([access, this.bind(expr.where, scope, inner)]), scope);
      }
      case 'text':
        return this.#onScope(bindBareText(this.#names, expr.text), scope);
    }
  }

  #onScope(bound: Bound, { vcpu }: Scope): Bound {
    return vcpu === undefined ? bound : allOf([onVcpu(this.#names, vcpu), bound]);
  }

  #compare(expr: CompareExpr, scope: Scope, where: Access | undefined): Bound {
    const { left } = expr;
    switch (left.type) {
      case 'interrupt':
      case 'path':
        return bindStateCompare(this.#names, expr, left, scope);
      case 'latency':
        return this.#onScope(bindLatency(expr), scope);
      case 'name': {
        const bound = isRegisterField(left.name, where?.fields)
          ? this.#registerField(left.name, where, (words) => bitsTest(expr, words, left.name))
          : bindFact(this.#names, expr, left);
        return this.#onScope(bound, scope);
      }
    }
  }

  #truthOfName(
    left: Extract<CompareExpr['left'], { type: 'name' }>,
    mask: bigint | undefined,
    where: Access | undefined,
  ): Bound {
    return isRegisterField(left.name, where?.fields)
      ? this.#registerField(left.name, where, () => truthTest(mask))
      : bindFactTruth(this.#names, left, mask);
  }

  /** A field of the value that is read or written, wherever each of the registers has it. */
  #registerField(
    name: string,
    where: Access | undefined,
    testOf: (words: readonly string[] | undefined) => NumberTest,
  ): Bound {
    const places = new Map<string, { lsb: number; width: number; test: NumberTest; ids: Set<number> }>();
    for (const [id, text] of this.#names.texts.entries()) {
      if (id === 0 || where?.matches(text) !== true) continue;
      const register = tableRegister(text);
      const field = register === undefined ? undefined : findField(register, name);
      if (register === undefined || field === undefined) continue;
      const words = wordsOfField(register.name, field.name);
      const key = `${field.lsb} ${field.msb} ${words?.join() ?? ''}`;
      const place = places.get(key);
      if (place !== undefined) place.ids.add(id);
      else places.set(key, { lsb: field.lsb, width: field.msb - field.lsb + 1, test: testOf(words), ids: new Set([id]) }); // prettier-ignore
    }
    const types = idMask(this.#names.types, ({ kind }) => kind === 'register.access' || kind === 'mmio.access' || kind === 'kvm.trap'); // prettier-ignore
    const keys: Keys = { keys: [], exact: false, several: 'possible' };
    return anyOf(
      [...places.values()].map(({ lsb, width, test, ids }) =>
        allOf([
          { type: 'name', types, names: idMask(this.#names.texts, (_text, id) => ids.has(id)), keys },
          { type: 'number', types, at: 'value', lsb, width, test, keys },
        ]),
      ),
    );
  }

  #bindIf(event: Expr, state: Expr, scope: Scope, where: Access | undefined): Bound {
    const both = (of: Scope): Bound => allOf([this.bind(event, of, where), this.bind(state, of, where)]);
    if (scope.vcpu !== undefined) return both(scope);
    const open = this.#owners(state);
    if (open.size === 0) return both(scope);
    const said = vcpuSaid(event);
    if (said !== undefined) return allOf([this.bind(event, scope, where), this.bind(state, { vcpu: said }, where)]);
    const vcpus = [...open].sort((a, b) => a - b);
    if (this.#owners(event).size > 0) return anyOf(vcpus.map((vcpu) => both({ vcpu })));
    const there = vcpus.map((vcpu) => allOf([onVcpu(this.#names, vcpu), this.bind(state, { vcpu }, where)]));
    const nowhere = allOf([vcpuTest(this.#names, (vcpu) => vcpu === undefined), this.bind(state, scope, where)]);
    return allOf([this.bind(event, scope, where), anyOf([...there, nowhere])]);
  }

  /** vCPUs whose own state a condition names without saying which. */
  #owners(expr: Expr): Set<number> {
    if (expr.type === 'on') return new Set();
    const subject = subjectOf(expr);
    const out = subject === undefined ? new Set<number>() : ownersOf(this.#names, subject);
    for (const child of children(expr)) for (const vcpu of this.#owners(child)) out.add(vcpu);
    return out;
  }
}

function subjectOf(expr: Expr): Subject | undefined {
  if (expr.type === 'edge') return expr.subject;
  const operand = expr.type === 'compare' ? expr.left : expr.type === 'truth' ? expr.operand : undefined;
  return operand?.type === 'interrupt' || operand?.type === 'path' ? operand : undefined;
}

/** The vCPU that an event is said to be on. */
function vcpuSaid(expr: Expr): number | undefined {
  if (expr.type === 'on') return expr.vcpu;
  if (expr.type !== 'and') return undefined;
  for (const term of expr.terms) {
    const vcpu = vcpuSaid(term);
    if (vcpu !== undefined) return vcpu;
  }
  return undefined;
}

/** Whether a condition is about state alone. */
function isStateExpr(expr: Expr): boolean {
  switch (expr.type) {
    case 'compare':
      return expr.left.type === 'interrupt' || expr.left.type === 'path';
    case 'truth':
      return expr.operand.type === 'interrupt' || expr.operand.type === 'path';
    case 'and':
    case 'or':
    case 'not':
    case 'on':
    case 'if':
      return children(expr).every(isStateExpr);
    default:
      return false;
  }
}
