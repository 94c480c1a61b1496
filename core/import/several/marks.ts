/** Moments at which a recording shows an SGI, SPI or LPI on its way; a sink that keeps nothing else. */
import { type Intid } from '../../gic/intid.ts';
import { interruptOf } from '../../trace/interrupts.ts';
import { type Seq, seq } from '../../state/brand.ts';
import { Journal } from '../../state/journal.ts';
import { Layout } from '../../state/layout.ts';
import { type NewEvent } from '../../trace/kinds.ts';
import { type TraceSink } from '../../trace/sink.ts';
import { type Mark } from './align.ts';

const MOST_MARKS = 8000;

export class MarkSink implements TraceSink {
  readonly journal = new Journal(new Layout());
  readonly marks: Mark[] = [];
  readonly #full: () => void;

  /** `full` is called when no more are needed. */
  constructor(full: () => void) {
    this.#full = full;
  }

  append(event: NewEvent): Seq {
    this.journal.clear();
    if (isMark(event)) {
      this.marks.push({ time: event.time, intid: 'intid' in event ? event.intid : undefined });
      if (this.marks.length === MOST_MARKS) this.#full();
    }
    return seq(0);
  }

  interruptField(): void {}
  rawLine(): void {}
  skip(): void {}
  countName(): void {}
}

/** Timer interrupts are left out: they come every few milliseconds, so every multiple of that would fit as well. */
function isMark(event: NewEvent): boolean {
  switch (event.kind) {
    case 'irq.acknowledge':
      return event.intid !== undefined && !isPpi(event.intid);
    case 'irq.inject':
      return event.level && !isPpi(event.intid);
    case 'host.event':
      return event.event === 'irq_handler_entry' && !/timer/.test(String(event.detail?.['name'] ?? ''));
    default:
      return false;
  }
}

const isPpi = (intid: Intid): boolean => interruptOf(intid)?.type === 'ppi';
