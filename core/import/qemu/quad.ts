/**
 * `gicv5_recalc_ppi_hppi` comes as four lines, one per interrupt domain: they are one event, that of the Non-secure
 * domain (1), with the candidates of other domains named in `s`. Plugin lines of other vCPUs may stand between.
 *
 * A group without its Non-secure line (the file begins or ends inside it) says nothing about the guest: its lines are
 * skipped with a reason.
 */
import { interruptLabel } from '../../trace/interrupts.ts';
import { type Page } from '../source/page.ts';
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

export class Quad {
  readonly #to: QuadReceiver;
  #event: TraceLine | undefined;
  #domain = -1;
  #isComplete = false;
  readonly #numbers: number[] = [];
  /** Where the texts of these lines are. */
  readonly #pages: Page[] = [];
  readonly #places: number[] = [];

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
    line.s = '';
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
    if (this.#isComplete) this.#to.joined(this.#numbers.length - 1);
    else {
      event.isDead = true;
      this.#numbers.forEach((line, i) => this.#to.orphan(line, this.#text(i)));
    }
    this.#domain = -1;
    this.#isComplete = false;
    this.#numbers.length = 0;
    this.#pages.length = 0;
    this.#places.length = 0;
  }

  #text(part: number): string {
    return this.#pages[part]?.text(this.#places[2 * part] ?? 0, this.#places[2 * part + 1] ?? 0) ?? '';
  }

  #add(event: TraceLine, line: TraceLine): void {
    this.#domain = line.a;
    this.#numbers.push(line.line);
    this.#pages.push(line.page);
    this.#places.push(line.start, line.end);
    if (line.a === NON_SECURE) {
      this.#isComplete = true;
      event.a = line.a;
      event.b = line.b;
      event.c = line.c;
      event.line = line.line;
    } else if (line.c !== NONE) {
      event.s += `${event.s === '' ? '' : ', '}${DOMAINS[line.a] ?? ''} ${interruptLabel(line.b)} priority ${line.c}`;
    }
  }
}
