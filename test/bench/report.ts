/** What a bench found: printed as a table, written as JSON beside it. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

export interface Figure {
  readonly what: string;
  /** Size of the trace or run, where it matters. */
  readonly size?: number;
  readonly value: number;
  readonly unit: string;
  /** The goal as the issue states it. */
  readonly goal?: string;
}

export class BenchReport {
  readonly #name: string;
  readonly #figures: Figure[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  add(figure: Figure): void {
    this.#figures.push(figure);
    const size = figure.size === undefined ? '' : figure.size.toExponential(0);
    const value = `${Number(figure.value.toPrecision(3))} ${figure.unit}`;
    console.log(`${figure.what.padEnd(58)} ${size.padStart(6)} ${value.padStart(16)}  ${figure.goal ?? ''}`);
  }

  /** Writes `bench-NAME.json` into the working folder. */
  write(): void {
    const file = `bench-${this.#name}.json`;
    const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, node: process.version };
    writeFileSync(file, `${JSON.stringify({ bench: this.#name, machine, figures: this.#figures }, null, 2)}\n`);
    console.log(`written to ${file}`);
  }
}

/** The value below which `share` of the sorted times lie. */
export function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Milliseconds of each of `count` runs. */
export async function timed(count: number, action: (i: number) => unknown): Promise<number[]> {
  const out: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await action(i);
    out.push(performance.now() - start);
  }
  return out;
}
