/**
 * What a bench found: printed as a table, written as JSON beside it.
 *
 * Sizes are measured in processes of their own (`apart`), so that neither the memory nor the compiled code of one size
 * helps or burdens the next. Such a process gives its figures to the one that started it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Figure {
  readonly what: string;
  /** Size of the trace or run, where it matters. */
  readonly size?: number;
  readonly value: number;
  readonly unit: string;
  /** The goal as the issue states it. */
  readonly goal?: string;
}

/** As the command has it (scripts/gicscope.mjs), and the window's backend thread, whose 12 MB are three of these. */
const YOUNG_GENERATION = '--max-semi-space-size=4';
/** Where a process that was started by `apart` puts its figures. */
const TO = 'GICSCOPE_BENCH_FIGURES';

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

  /** Something that could not be measured, and why. */
  note(text: string): void {
    console.log(text);
  }

  /** Runs a bench file again with `args` in a process of its own, which prints its figures; they are added here. */
  apart(file: string, args: readonly string[]): void {
    this.#figures.push(...figuresOf(file, args, 'inherit'));
  }

  /** The same `runs` times over: of what each process measures once, when it is new, the median. */
  medianApart(file: string, args: readonly string[], runs: number): void {
    const all = Array.from({ length: runs }, () => figuresOf(file, args, 'ignore'));
    for (const [i, figure] of (all[0] ?? []).entries()) {
      const values = all.map((figures) => figures[i]?.value ?? figure.value);
      this.add({ ...figure, value: percentile(values, 0.5) });
    }
  }

  /** Growth of a figure from its smallest size to its largest: 1 is linear. */
  exponent(what: string, goal: string): void {
    const found = this.#figures.filter((figure) => figure.what === what && figure.size !== undefined);
    const [first, last] = [found[0], found.at(-1)];
    if (first?.size === undefined || last?.size === undefined || first.size === last.size) return;
    const value = Math.log(last.value / first.value) / Math.log(last.size / first.size);
    this.add({ what: `exponent of: ${what}`, size: last.size, value, unit: '', goal });
  }

  /** How many times the figure of the smallest size that of the largest is. */
  growth(what: string, goal: string, from?: number): void {
    const found = this.#figures.filter((figure) => figure.what === what && figure.size !== undefined);
    const [first, last] = [found.find(({ size }) => from === undefined || size === from), found.at(-1)];
    if (first?.size === undefined || last?.size === undefined || first.size === last.size) return;
    const name = `${what}: ${last.size.toExponential(0)} ÷ ${first.size.toExponential(0)}`;
    this.add({ what: name, value: last.value / first.value, unit: '', goal });
  }

  /** Writes `bench-NAME.json` into the working folder; in a process of its own, gives the figures to the other one. */
  write(): void {
    const to = process.env[TO];
    if (to !== undefined) {
      writeFileSync(to, JSON.stringify(this.#figures));
      return;
    }
    const file = `bench-${this.#name}.json`;
    const machine = { cpu: cpus()[0]?.model ?? '', cores: cpus().length, load: loadavg()[0], node: process.version };
    writeFileSync(file, `${JSON.stringify({ bench: this.#name, machine, figures: this.#figures }, null, 2)}\n`);
    console.log(`written to ${file}`);
  }
}

/** The figures of a process that runs a bench file with `args`. */
function figuresOf(file: string, args: readonly string[], stdout: 'inherit' | 'ignore'): Figure[] {
  const folder = mkdtempSync(join(tmpdir(), 'gicscope-bench-'));
  const to = join(folder, 'figures.json');
  try {
    const { status } = spawnSync(process.execPath, [YOUNG_GENERATION, ...process.execArgv, file, ...args], {
      stdio: ['inherit', stdout, 'inherit'],
      env: { ...process.env, [TO]: to },
    });
    if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${String(status)}`);
    // Written by `write` above.
    return JSON.parse(readFileSync(to, 'utf8')) as Figure[];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether this process measures one size for another one. */
export const isApart = process.env[TO] !== undefined;

/** The sizes given on the command line, or `otherwise`. */
export function sizesGiven(otherwise: readonly number[]): readonly number[] {
  const sizes = process.argv
    .slice(2)
    .map(Number)
    .filter((size) => size > 0);
  return sizes.length > 0 ? sizes : otherwise;
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

export interface Spent {
  /** Seconds of wall time, of CPU of all threads, and of CPU of the calling one. */
  readonly wall: number;
  readonly cpu: number;
  readonly own: number;
}

const seconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1e6;

/** What an action takes. Other load on the machine disturbs CPU time less than wall time. */
export async function spent(action: () => void | Promise<void>): Promise<Spent> {
  const cpu = process.cpuUsage();
  const own = process.threadCpuUsage();
  const start = performance.now();
  await action();
  const wall = (performance.now() - start) / 1000;
  return { wall, cpu: seconds(process.cpuUsage(cpu)), own: seconds(process.threadCpuUsage(own)) };
}

/** Most memory that the process had, in MB. */
export const mostMemory = (): number => process.resourceUsage().maxRSS / 1024;
