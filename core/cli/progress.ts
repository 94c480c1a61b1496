/**
 * A progress line with rate and time left, redrawn in place. On a terminal only; elsewhere nothing is written.
 */
import { type TaskProgress } from '../session/contract.ts';
import { bytesText, countText, printable } from '../state/units.ts';
import { type Io } from './io.ts';

const BAR = 24;
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
    const line = progressText(progress, now - this.#began);
    this.#io.stderr.write(`${CLEAR}${line.slice(0, Math.max(20, this.#io.width - 1))}`);
  }

  clear(): void {
    if (this.#shown) this.#io.stderr.write(CLEAR);
    this.#shown = false;
  }
}

/** `Decode  43 % [██████████░░░░]  12.3 MB · 212,000 events/s · 3 s left`. Without a known size: no bar, no time. */
export function progressText(progress: TaskProgress, elapsedMs: number): string {
  const { phase, doneBytes, totalBytes, events, eventsPerSecond } = progress;
  const parts = [
    bytesText(doneBytes),
    `${countText(events)} events`,
    `${countText(Math.round(eventsPerSecond))} events/s`,
  ];
  if (totalBytes <= 0) return `${printable(phase)}  ${parts.join(' · ')}`;
  const share = Math.min(1, doneBytes / totalBytes);
  const full = Math.round(share * BAR);
  const left = share > 0 && elapsedMs > 500 ? (elapsedMs / share - elapsedMs) / 1000 : undefined;
  if (left !== undefined) parts.push(`${timeLeft(left)} left`);
  const bar = `[${'█'.repeat(full)}${'░'.repeat(BAR - full)}]`;
  return `${printable(phase)}  ${String(Math.floor(share * 100)).padStart(3)} % ${bar}  ${parts.join(' · ')}`;
}

function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} min`;
}
