/**
 * A progress line with rate and time left, redrawn in place. On a terminal only; elsewhere nothing is written.
 */
import { type TaskProgress } from '../session/contract.ts';
import { bytesText, countText, printable } from '../state/units.ts';
import { type Io } from './io.ts';

/** Columns of the bar; on a narrow terminal it gives way to the words. */
const WIDEST_BAR = 24;
const NARROWEST_BAR = 6;
/** Milliseconds between two drawings. */
const PACE = 100;
const CLEAR = '\r\x1b[2K';

export class ProgressLine {
  readonly #io: Io;
  readonly #began: number;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #shown = false;

  constructor(io: Io) {
    this.#io = io;
    this.#began = io.now();
  }

  show(progress: TaskProgress): void {
    const now = this.#io.now();
    if (!this.#io.isTty.stderr || now - this.#drawnAt < PACE) return;
    this.#drawnAt = now;
    this.#shown = true;
    const width = Math.max(20, this.#io.width - 1);
    const line = progressText(progress, now - this.#began, width);
    this.#io.stderr.write(`${CLEAR}${line.slice(0, width)}`);
  }

  clear(): void {
    if (this.#shown) this.#io.stderr.write(CLEAR);
    this.#shown = false;
  }
}

/**
 * `Decode  43 % [██████████░░░░]  12.3 MB · 90,000 events · 212,000 events/s · 3 s left`. Without a known size: no bar,
 * no time. Where it does not fit, first the bar is shortened, then the number of events and the rate are left out.
 */
export function progressText(progress: TaskProgress, elapsedMs: number, width = Infinity): string {
  const { phase, doneBytes, totalBytes, events, eventsPerSecond } = progress;
  const read = bytesText(doneBytes);
  const count = `${countText(events)} events`;
  const rate = `${countText(Math.round(eventsPerSecond))} events/s`;
  if (totalBytes <= 0) return `${printable(phase)}  ${[read, count, rate].join(' · ')}`;
  const share = Math.min(1, doneBytes / totalBytes);
  const left = share > 0 && elapsedMs > 500 ? [`${timeLeft((elapsedMs / share - elapsedMs) / 1000)} left`] : [];
  const head = `${printable(phase)}  ${String(Math.floor(share * 100)).padStart(3)} % [`;
  const tails = [
    [read, count, rate, ...left],
    [read, rate, ...left],
    [read, ...left],
  ].map((parts) => `]  ${parts.join(' · ')}`);
  const room = (tail: string): number => width - head.length - tail.length;
  const tail = tails.find((each) => room(each) >= NARROWEST_BAR) ?? tails.at(-1) ?? '';
  const columns = Math.min(WIDEST_BAR, Math.max(NARROWEST_BAR, room(tail)));
  const full = Math.round(share * columns);
  return `${head}${'█'.repeat(full)}${'░'.repeat(columns - full)}${tail}`;
}

function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`;
}
