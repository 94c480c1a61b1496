/** What a rule of the analysis finds in a trace, and what a rule is. */
import { type Seq } from '../../state/brand.ts';
import { type TraceEvent } from '../../trace/kinds.ts';

/** An event that a finding rests on. */
export interface FindingPosition {
  readonly seq: Seq;
  readonly timeNs: number;
  /** Absent: no vCPU did it. */
  readonly vcpu: number | undefined;
  /** What happened there, in a few words. */
  readonly what: string;
}

/** `error`: something is lost or stands still. `warning`: it may be, on hardware or by another order of events. */
export type Severity = 'error' | 'warning';

/** The same thing found again, at other positions, is counted and not listed. */
export interface Finding {
  /** Id of the rule. */
  readonly rule: string;
  readonly severity: Severity;
  /** INTID, in GICv5 form, of the interrupt that it is about, where it is about one. */
  readonly intid?: number;
  readonly title: string;
  /** What happened and why it is wrong. */
  readonly explanation: string;
  /** Where the specification says so. */
  readonly clause: string;
  /** How often, from 1. */
  readonly count: number;
  /** The first time: at least one event, in order; the last is where it shows. */
  readonly positions: readonly FindingPosition[];
}

export type NewFinding = Pick<Finding, 'intid' | 'title' | 'explanation' | 'positions'> & {
  /** What makes two findings of a rule the same. */
  readonly key: string;
};

export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  /** What it looks for, for lists of rules. */
  readonly about: string;
  readonly clause: string;
  /** Names in events (steps, registers, instructions) that it is shown. */
  readonly names: readonly string[];
  /** Only in traces that gicscope recorded: other sources do not show all that the rule needs. */
  readonly recordedOnly?: true;
  /** Begins a trace; the answer is given the events in order. */
  readonly start: (report: (finding: NewFinding) => void) => (event: TraceEvent) => void;
}

export const positionOf = ({ seq, time, vcpu }: TraceEvent, what: string): FindingPosition => ({
  seq,
  timeNs: time,
  vcpu,
  what,
});

/** `vCPU 1`, or who acts without one. */
export const actorOf = (vcpu: number | undefined): string => (vcpu === undefined ? 'user space' : `vCPU ${vcpu}`);
