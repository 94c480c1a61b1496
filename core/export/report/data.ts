/**
 * What a report says, as plain data: the writers (html.ts, markdown.ts) know nothing else, and the collector
 * (collect.ts) bounds every list, so that a report stays under 2 MB whatever the trace holds (ui.md §10.6).
 */
import { type Finding } from '../../analysis/findings/finding.ts';
import { type LatencyGroup } from '../../analysis/latency.ts';
import { type ExportEvent } from '../event.ts';

/** Facts of the trace; the contract's `TraceInfo` has this form. */
export interface ReportTrace {
  readonly fileName: string;
  readonly fileBytes: number;
  readonly gic: string;
  readonly source: {
    readonly kind: string;
    readonly files: readonly string[];
    readonly facts: Readonly<Record<string, string>>;
  };
  readonly profile: string | null;
  readonly vcpus: number;
  readonly events: number;
  readonly durationNs: number;
  readonly kinds: Readonly<Record<string, number>>;
  readonly names: Readonly<Record<string, number>>;
  readonly lines: {
    readonly read: number;
    readonly asEvents: number;
    readonly merged: number;
    readonly skipped: number;
    readonly reasons: Readonly<Record<string, number>>;
  } | null;
  readonly interrupts: readonly {
    readonly intid: number;
    readonly label: string;
    readonly name: string;
    readonly vcpu: number | null;
    readonly acknowledged: number;
    readonly deactivated: number;
  }[];
  readonly complete: boolean;
}

export interface ReportRegister {
  readonly name: string;
  /** Hex; null: unknown. */
  readonly value: string | null;
  /** Word for an enumerated value. */
  readonly text: string;
  /** A register on one line: what is set. */
  readonly summary: string;
}

/** An interrupt over all its lives and vCPUs. */
export interface ReportInterrupt {
  readonly label: string;
  readonly name: string;
  readonly acknowledged: number;
  readonly deactivated: number;
  readonly lives: number;
  /** Lives in which it was raised or became pending and was not seen acknowledged. */
  readonly neverAcknowledged: number;
  /** Lives in which it was acknowledged and not seen deactivated. */
  readonly neverDeactivated: number;
}

export interface ReportLatency extends LatencyGroup {
  readonly label: string;
  readonly name: string;
}

/** The longest wait of the trace from pending (or raised) to acknowledge. */
export interface LongestWait {
  readonly label: string;
  readonly name: string;
  readonly vcpu: number | null;
  readonly ns: number;
  /** Where it began. */
  readonly seq: number;
}

/** A lane of the figure: states in time order, not overlapping. */
export interface FigureLane {
  readonly type: 'vcpu' | 'interrupt';
  readonly label: string;
  readonly sublabel: string;
  readonly segments: readonly {
    readonly start: number;
    readonly end: number;
    /** vCPU: index of RUN_STATES, 255 unknown. Interrupt: state code of core/trace/interrupts.ts. */
    readonly code: number;
  }[];
}

export interface Figure {
  /** Window in ns. */
  readonly from: number;
  readonly to: number;
  readonly lanes: readonly FigureLane[];
  /** Lanes or bars were left out. */
  readonly truncated: boolean;
}

export interface ReportData {
  /** `gicscope 0.1.0` */
  readonly generator: string;
  /** `2026-11-20 10:24 UTC` */
  readonly exportedAt: string;
  readonly trace: ReportTrace;
  /** Absent: the trace has no events. */
  readonly cursor?: { readonly seq: number; readonly time: number; readonly vcpu: number | null };
  /** What the rules found in the whole trace. */
  readonly findings: readonly Finding[];
  readonly interrupts: readonly ReportInterrupt[];
  /** Over all interrupts, also those that are left out. */
  readonly totals: {
    readonly acknowledged: number;
    readonly deactivated: number;
    readonly neverAcknowledged: number;
  };
  readonly latency: readonly ReportLatency[];
  readonly longest?: LongestWait;
  readonly figure?: Figure;
  readonly events: readonly ExportEvent[];
  /** How many rows a bound cut off. */
  readonly omitted: { readonly interrupts: number; readonly latency: number; readonly registers: number };
  /** State after the cursor's event, of the vCPU it is about (else vCPU 0). */
  readonly state?: {
    readonly vcpu: number;
    readonly runState: string;
    readonly registers: readonly ReportRegister[];
    /** Registers that the recording never shows by then. */
    readonly unknown: number;
    /** Interrupts that are pending or active there, or whose line is high where nothing else is known of them. */
    readonly interrupts: readonly { readonly label: string; readonly name: string; readonly state: string }[];
  };
}
