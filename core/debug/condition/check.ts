/**
 * Whether a condition makes sense for a trace: types, names, units. An error means that it can never be right; a
 * warning that this trace has no such name (so far), so nothing will match. Each finding points at its place and
 * offers the nearest names.
 */
import { assertNever } from '../../state/brand.ts';
import { formatIntid } from '../../gic/intid.ts';
import { registerByName, registerNames } from '../../gic/registers.ts';
import { checkCompare, checkFact } from './check-fact.ts';
import { type Expr, MAX_LENGTH, type InterruptSubject, type Operand, type PathSubject, type Span } from './ast.ts';
import { type Finding, NotSensible } from './finding.ts';
import { isGlob } from './glob.ts';
import { type NameSpace } from './names.ts';
import { fieldsOfAccess, type RegisterFields } from './registers-of.ts';
import { resolveInterrupt, resolvePath, STATE_FIELDS, vcpuOfPath } from './subjects.ts';
import { didYouMean, nearest } from './suggest.ts';
import { RESERVED } from './words.ts';

/** Words of the language that a slip of the keyboard leaves recognisable. */
const LONG_WORDS: readonly string[] = [...RESERVED].filter((word) => word.length > 3);
const SHORTEST_SLIP = 5;

/** Errors first, then warnings, each in the order of the text; empty: fine. */
export function check(expr: Expr, names: NameSpace): Finding[] {
  const findings: Finding[] = [];
  new Checker(names, findings).visit(expr, undefined);
  const rank = ({ severity, span }: Finding): number => (severity === 'error' ? 0 : MAX_LENGTH) + span.offset;
  return findings.sort((a, b) => rank(a) - rank(b));
}

class Checker {
  readonly #names: NameSpace;
  readonly #findings: Finding[];

  constructor(names: NameSpace, findings: Finding[]) {
    this.#names = names;
    this.#findings = findings;
  }

  visit(expr: Expr, where: RegisterFields | undefined): void {
    switch (expr.type) {
      case 'and':
      case 'or':
        for (const term of expr.terms) this.visit(term, where);
        return;
      case 'not':
        this.visit(expr.term, where);
        return;
      case 'if':
        this.visit(expr.event, where);
        this.visit(expr.state, where);
        return;
      case 'on':
        this.#vcpu(expr.vcpu, expr.span);
        this.visit(expr.term, where);
        return;
      case 'edge':
        this.#subject(expr.subject);
        if (expr.subject.type === 'interrupt' && expr.edge !== 'changes') this.#needsValue(expr.subject, expr.edge);
        return;
      case 'truth':
        this.#truth(expr.operand, expr.mask, where);
        return;
      case 'compare':
        this.#compare(expr, where);
        return;
      case 'access':
        this.#access(expr);
        return;
      case 'text':
        this.#text(expr);
        return;
      default:
        assertNever(expr);
    }
  }

  /** A word in quotes is longer in the condition than itself, and meant. */
  #text({ text, span }: Extract<Expr, { type: 'text' }>): void {
    if (text.length < SHORTEST_SLIP || text.length !== span.length) return;
    const meant = nearest(text, LONG_WORDS, 1);
    if (meant.length > 0) this.#warn(`${text} is searched for as text`, span, meant);
  }

  #error(message: string, span: Span, suggestions: readonly string[] = []): void {
    this.#findings.push({ severity: 'error', message: message + didYouMean(suggestions), span, suggestions });
  }

  #warn(message: string, span: Span, suggestions: readonly string[] = []): void {
    this.#findings.push({ severity: 'warning', message: message + didYouMean(suggestions), span, suggestions });
  }

  #vcpu(vcpu: number, span: Span): void {
    const { vcpus } = this.#names;
    if (vcpu >= vcpus) this.#warn(`this trace has ${vcpus === 1 ? 'only vCPU 0' : `vCPUs 0 to ${vcpus - 1}`}`, span);
  }

  #subject(subject: InterruptSubject | PathSubject): void {
    if (subject.type === 'path') this.#path(subject);
    else this.#interrupt(subject);
  }

  #interrupt(subject: InterruptSubject): void {
    const { kind, number, field, span } = subject;
    const found = resolveInterrupt(this.#names, kind, number);
    if (found.length === 0) {
      const same = this.#names.interrupts.map((entry) =>
        formatIntid(entry.intid)
          .toLowerCase()
          .replace(/ (\d+)$/, '($1)'),
      );
      this.#warn(`this trace shows nothing of ${kind}(${number})`, span, nearest(`${kind}(${number})`, same));
    } else if (field !== undefined && field !== 'state' && !found.some((entry) => entry.fields[field] !== undefined))
      this.#warn(`this trace does not show .${field} of ${kind}(${number})`, span);
    else if (field === 'state' && !found.some((entry) => STATE_FIELDS.some((f) => entry.fields[f] !== undefined)))
      this.#warn(`this trace does not show the state of ${kind}(${number})`, span);
  }

  #needsValue({ field, kind, number, span }: InterruptSubject, edge: string): void {
    if (field === undefined || field === 'state')
      this.#error(`${kind}(${number})${field === undefined ? '' : '.state'} has no order: say what ${edge}`, span, [
        `${kind}(${number}).pending ${edge}`,
      ]);
  }

  #path({ path, span }: PathSubject): boolean {
    if (resolvePath(this.#names, path).length > 0) return true;
    const parts = path.split('.');
    const bare = vcpuOfPath(path) === undefined ? parts : parts.slice(1);
    const register = registerByName(bare[0] ?? '');
    const field = bare[1];
    if (register !== undefined && !isGlob(path)) {
      const fields = register.fields.filter((entry) => !entry.reserved).map((entry) => entry.name);
      if (field !== undefined && !fields.includes(field)) {
        const near = nearest(field, fields);
        this.#error(`${register.name} has no field ${field}`, span, near.map((name) => `${parts.slice(0, -1).join('.')}.${name}`)); // prettier-ignore
      } else this.#warn(`this trace never shows ${path}`, span);
      return false;
    }
    const paths = this.#names.slots.map((slot) => slot.path);
    const endings = paths.map((known) => known.slice(known.indexOf('.') + 1));
    const message = isGlob(path) ? `no state matches ${path}` : `there is no state called ${path}`;
    this.#error(message, span, nearest(path, new Set([...paths, ...endings])));
    return false;
  }

  #truth(operand: Operand, mask: bigint | undefined, where: RegisterFields | undefined): void {
    switch (operand.type) {
      case 'interrupt':
        this.#interrupt(operand);
        if (operand.field === 'state')
          this.#error('compare .state with a word, such as == active', operand.span, ['== active', '== pending']);
        return;
      case 'path':
        this.#path(operand);
        return;
      case 'latency':
        this.#error('compare the latency with a duration, such as > 50us', operand.span);
        return;
      case 'name':
        this.#guard(() => checkFact(operand, mask, where));
    }
  }

  #compare(expr: Extract<Expr, { type: 'compare' }>, where: RegisterFields | undefined): void {
    const { left } = expr;
    if (left.type === 'interrupt') this.#interrupt(left);
    if (left.type === 'path' && !this.#path(left)) return;
    this.#guard(() => checkCompare(expr, where, this.#names, (finding) => this.#findings.push(finding)));
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof NotSensible)) throw error;
      const { message, span, suggestions } = error;
      this.#findings.push({ severity: 'error', message, span, suggestions });
    }
  }

  #access(expr: Extract<Expr, { type: 'access' }>): void {
    const found = fieldsOfAccess(this.#names, expr.register);
    if (!found.seen) {
      if (found.registers.length > 0 || isGlob(expr.register))
        this.#warn(`this trace has no access to ${expr.register}`, expr.span);
      else {
        const seen = nearest(expr.register, this.#names.registers);
        const suggestions = seen.length > 0 ? seen : nearest(expr.register, registerNames());
        this.#warn(`no register is called ${expr.register}`, expr.span, suggestions);
      }
    }
    if (expr.where !== undefined) this.visit(expr.where, found);
  }
}
