/**
 * `gicv5_recalc_ppi_hppi` comes as four lines, one per interrupt domain: they are one event, that of the Non-secure
 * domain (1), with the candidates of other domains named in `s`. Plugin lines of other vCPUs may stand between.
 *
 * A group without its Non-secure line (the file begins or ends inside it) says nothing about the guest: its lines are
 * skipped with a reason.
 */
import { interruptLabel } from '../../trace/interrupts.ts';
import { NO_PAGE, type Page } from '../source/page.ts';
import { type Said } from './said.ts';
import { type TraceLine } from './trace-line.ts';

export const ORPHAN = 'part of a gicv5_recalc_ppi_hppi group whose Non-secure line is missing';

const DOMAINS = ['Secure', 'Non-secure', 'EL3', 'Realm'] as const;
const NON_SECURE = 1;
const LAST = 3;
const NONE = 255;

export interface QuadReceiver {
  /** Lines that became part of the group's event. */
  joined(lines: number): void;
  orphan(line: number, text: string): void;
}

/** Which line it is, and where its text is. */
class Part {
  line = 0;
  page: Page = NO_PAGE;
  start = 0;
  end = 0;

  set({ line, page, start, end }: TraceLine): void {
    this.line = line;
    if (this.page !== page) this.page = page;
    this.start = start;
    this.end = end;
  }
}

export class Quad {
  readonly #to: QuadReceiver;
  #event: TraceLine | undefined;
  #domain = -1;
  /** What its Non-secure line says. */
  #said: Said | undefined;
  /** Candidates of other domains, named. */
  #others = '';
  /** Its lines, of which `#count` are valid: there is at most one of each domain. */
  readonly #lines: readonly Part[] = DOMAINS.map(() => new Part());
  #count = 0;

  constructor(to: QuadReceiver) {
    this.#to = to;
  }

  /** True: the line went into the event of the group before. False: it begins a group, and waits as its event. */
  take(line: TraceLine): boolean {
    const event = this.#event;
    if (event !== undefined && line.a > this.#domain) {
      this.#add(event, line);
      if (line.a === LAST) this.close();
      return true;
    }
    this.close();
    this.#event = line;
    line.isPartial = true;
    this.#add(line, line);
    if (line.a === LAST) this.close();
    return false;
  }

  /** The group has no more lines. */
  close(): void {
    const event = this.#event;
    if (event === undefined) return;
    this.#event = undefined;
    event.isPartial = false;
    const said = this.#said;
    if (said !== undefined) {
      event.said = this.#others === '' ? said : withOthers(said, this.#others);
      this.#to.joined(this.#count - 1);
    } else {
      event.isDead = true;
      for (let i = 0; i < this.#count; i++) this.#giveUp(this.#lines[i]);
    }
    this.#domain = -1;
    this.#said = undefined;
    this.#others = '';
    this.#count = 0;
  }

  #giveUp(part: Part | undefined): void {
    if (part !== undefined) this.#to.orphan(part.line, part.page.text(part.start, part.end));
  }

  #add(event: TraceLine, line: TraceLine): void {
    this.#domain = line.a;
    this.#lines[this.#count++]?.set(line);
    if (line.a === NON_SECURE) {
      this.#said = line.said;
      event.line = line.line;
    } else if (line.c !== NONE) {
      const before = this.#others === '' ? '' : `${this.#others}, `;
      this.#others = `${before}${DOMAINS[line.a] ?? ''} ${interruptLabel(line.b)} priority ${line.c}`;
    }
  }
}

function withOthers(said: Said, others: string): Said {
  const own = said.copy();
  own.s = others;
  return own;
}
