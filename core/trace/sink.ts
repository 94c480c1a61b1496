/**
 * What a source of events writes to: recorder and importers know this and nothing else of the file.
 * The state changes that are in `journal` when an event is appended are the changes which that event caused.
 */
import { type Intid } from '../gic/intid.ts';
import { type Seq, type VcpuId } from '../state/brand.ts';
import { type Journal } from '../state/journal.ts';
import { type BitRange, type InterruptField } from './interrupts.ts';
import { type AnyPayload, type Kind, type NewEvent, type Origin } from './kinds.ts';

/** Where a trace came from; shown by `info` and in reports. */
export interface SourceInfo {
  readonly kind: 'qemu-log' | 'qemu-simple' | 'ftrace' | 'trace.dat' | 'perf' | 'scenario';
  /** File names without folders, in the order given. */
  readonly files: readonly string[];
  /** Free facts: tool versions, clock, time origin (`2026-11-20T21:55:32.992106Z`) … */
  readonly facts: Readonly<Record<string, string>>;
}

export type GicModel = 'v5' | 'v3' | 'v2' | 'unknown';

/** Line accounting of text sources: `read = asEvents + merged + skipped`. */
export interface LineCounts {
  readonly read: number;
  readonly asEvents: number;
  /** Lines that are named parts of another event. */
  readonly merged: number;
  readonly skipped: number;
  /** Why lines were skipped: reason → count. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** A source line that became no event; kept, so that nothing is silent. */
export interface SkippedLine {
  /** 1-based. */
  readonly line: number;
  readonly reason: string;
  /** The text, cut at 4096 characters. */
  readonly text: string;
}

export interface TraceSink {
  /** Change state here first, then append the event that owns the changes. */
  readonly journal: Journal;
  /** Appends an event; times may not decrease (a smaller one is raised to the last one and counted). */
  append(event: NewEvent): Seq;
  /** Declares an interrupt field's place; call when the slot is claimed, before its first change. */
  interruptField(intid: Intid, vcpu: VcpuId | undefined, field: InterruptField, range: BitRange): void;
  /** Gives the raw text of the next source lines (one call per line, in order), kept compressed for the Event tab. */
  rawLine(line: number, text: string): void;
  skip(line: SkippedLine): void;
  /** Counts source lines (one, if not said) by their event name, also those merged into another event, for `info`. */
  countName(name: string, lines?: number): void;
}

/** A sink that also takes events as numbers and lines as bytes: the way of sources with much of both. */
export interface PackedSink extends TraceSink {
  /**
   * Appends an event in parts: kind and payload, and the rest as its source has it. `vcpu` −1: none; `line` 0: none;
   * `json`: the detail, as `JSON.stringify` makes it.
   */
  put(
    payload: AnyPayload,
    origin: Origin,
    source: string | undefined,
    vcpu: number,
    time: number,
    line: number,
    json: string | undefined,
  ): Seq;
  /** The number of an event type, for `appendPacked`. */
  typeId(kind: Kind, origin: Origin, source?: string): number;
  /** The number of a name, for `appendPacked`. */
  nameId(text: string): number;
  /**
   * Appends an event given as numbers. `vcpu` −1: none; `name` 0: none; `small`, `value` and `arg` as KINDS places the
   * fields; `flags` HAS_VALUE and HAS_ARG, and absent ones 0; `line` 0: none; `json`: the detail.
   */
  appendPacked(
    type: number,
    vcpu: number,
    small: number,
    name: number,
    flags: number,
    valueLo: number,
    valueHi: number,
    argLo: number,
    argHi: number,
    time: number,
    line?: number,
    json?: string,
  ): Seq;
  /**
   * As `rawLine`, for the `count` lines from number `first` on that stand behind each other in `bytes` from `start` on,
   * in ASCII; `ends`: where the line feed of each is. Nothing of them is kept.
   */
  rawLines(first: number, bytes: Uint8Array, start: number, ends: Int32Array, count: number): void;
}

/** Something that a scenario expected of its run, met or not, with its place in the scenario. */
export interface CheckedExpectation {
  readonly ok: boolean;
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly line: number;
  readonly column: number;
  /** When it was checked, and the last event before. */
  readonly time: number;
  readonly seq: number;
}

/** What is known when the last event is in. */
export interface TraceSummary {
  readonly source: SourceInfo;
  readonly gic: GicModel;
  /** Name of the KVM behaviour profile, for emulated sessions. */
  readonly profile?: string;
  readonly vcpus: number;
  readonly lines?: LineCounts;
  /** What the run of a scenario was checked for. */
  readonly checks?: readonly CheckedExpectation[];
}
