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
      /** Identifier of the interrupt that could be acknowledged, or 0. */
      readonly before: number;
      readonly after: number;
      /** Identifier of the best candidate, whether or not it gets through; 0: there is none. */
      readonly candidate: number;
      /** Its priority; undefined when there is none. */
      readonly priority: number | undefined;
      /** `none` when there is an HPPI. */
      readonly reason: NoHppiReason;
      /** Identifiers of the candidates that share the best priority, lowest first; empty unless there are two or more. */
      readonly tie: readonly number[];
    }
  | { readonly kind: 'cpuif.signal'; readonly irq: boolean; readonly nmi: boolean }
  | {
      readonly kind: 'cpuif.ack';
      readonly instruction: string;
      /** Identifier of what was acknowledged; 0 when nothing was. */
      readonly intid: number;
      readonly priority: number | undefined;
      readonly aprBefore: number;
      readonly aprAfter: number;
      readonly pendingCleared: boolean;
      /** `none` when something was acknowledged. */
      readonly reasonZero: NoHppiReason | 'nmiMismatch';
    }
  | {
      readonly kind: 'cpuif.drop';
      /** Undefined when no priority was active. */
      readonly priority: number | undefined;
      readonly aprBefore: number;
      readonly aprAfter: number;
    }
  | {
      readonly kind: 'cpuif.deactivate';
      /** The operand in halves. */
      readonly lo: number;
      readonly hi: number;
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
