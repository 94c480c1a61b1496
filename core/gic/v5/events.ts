/**
 * What the CPU interface tells an observer, one event per architectural action (gicv5-cpuif-behaviour §14). An event
 * is reported after the state changes that it owns and before those of the next one, so a recorder that drains the
 * journal at each event attributes every change.
 */

/** Why no interrupt can be acknowledged: the first that applies, in this order. */
export const NO_HPPI_REASONS = ['none', 'disabled', 'noCandidate', 'masked', 'runningPriority'] as const;
export type NoHppiReason = (typeof NO_HPPI_REASONS)[number];

/** What made a pending bit change. */
export type PendingCause = 'phys' | 'spendr' | 'cpendr' | 'ack' | 'el2write' | 'dviSwitch';

export type CpuifEvent =
  | {
      readonly kind: 'cpuif.reg';
      readonly register: string;
      readonly direction: 'read' | 'write';
      /** The value read or written, in halves: this is the most frequent event. */
      readonly lo: number;
      readonly hi: number;
    }
  | {
      readonly kind: 'cpuif.hppi';
      /** Identifier with VALID (bit 32), or 0: what HPPIR reads. */
      readonly before: bigint;
      readonly after: bigint;
      /** Priority of the best candidate; absent when there is none. */
      readonly priority?: number;
      /** `none` when there is an HPPI. */
      readonly reason: NoHppiReason;
      /** The candidates that share the best priority, lowest first; empty unless there are two or more. */
      readonly tie: readonly number[];
    }
  | { readonly kind: 'cpuif.signal'; readonly irq: boolean; readonly nmi: boolean }
  | {
      readonly kind: 'cpuif.ack';
      readonly instruction: string;
      readonly result: bigint;
      readonly priority?: number;
      readonly aprBefore: number;
      readonly aprAfter: number;
      readonly pendingCleared: boolean;
      /** `none` when something was acknowledged. */
      readonly reasonZero: NoHppiReason | 'nmiMismatch';
    }
  | {
      readonly kind: 'cpuif.drop';
      /** Absent when no priority was active. */
      readonly priority?: number;
      readonly aprBefore: number;
      readonly aprAfter: number;
    }
  | {
      readonly kind: 'cpuif.deactivate';
      readonly operand: bigint;
      readonly type: number;
      readonly id: number;
      readonly wasActive: boolean;
      readonly effect: 'cleared' | 'wasInactive' | 'ignored' | 'irs';
    }
  | { readonly kind: 'cpuif.insn'; readonly instruction: string; readonly operand: bigint; readonly effect: string }
  /** The wire of a physical PPI moved. */
  | { readonly kind: 'cpuif.physical'; readonly ppi: number; readonly level: boolean }
  | {
      readonly kind: 'cpuif.pending';
      readonly ppi: number;
      readonly before: boolean;
      readonly after: boolean;
      readonly cause: PendingCause;
    };
