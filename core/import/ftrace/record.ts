/**
 * One ftrace event, whatever it was read from. Observers ask for fields by the names of the kernel's event formats, so
 * that text and binary mean the same; a field that the source lacks is undefined, never a guess.
 */

/** Threads of one kernel. */
export const THREADS = 2 ** 32;

/** `flags` of a source without the column. */
export const NO_FLAGS = -1;
/** Bits of `common_flags` (trace-import-formats §1.3). */
export const IN_HARDIRQ = 0x08;
export const IN_SOFTIRQ = 0x10;
export const IN_NMI = 0x40;

export type DetailValues = Record<string, string | number | boolean>;

export interface FtraceRecord {
  /** Nanoseconds (or units of the source's clock) since the first event. */
  readonly time: number;
  /** 1-based line or record number. */
  readonly record: number;
  /** Physical CPU; −1 when the source does not say. */
  readonly cpu: number;
  /** Thread, which ftrace calls PID; −1 when the source does not say. */
  readonly pid: number;
  /** Added to the numbers of threads, so that those of several kernels in one recording are apart; 0 where it has one. */
  readonly kernel: number;
  /** The thread's process, which ftrace calls TGID; undefined or −1: the source does not say. */
  readonly tgid?: number;
  readonly comm: string;
  /** Whether the source has no name of this thread beside its events; where it is left out, nobody knows before. */
  lacksNameOf?(pid: number): boolean;
  /** `common_flags`, or NO_FLAGS. */
  readonly flags: number;
  readonly name: string;
  /** An integer field that fits a double exactly. */
  int(field: string): number | undefined;
  /** An integer field as unsigned 64 bits. */
  u64(field: string): bigint | undefined;
  text(field: string): string | undefined;
  /** Every field, for people, into `to`. */
  describe(to: DetailValues): void;
  /** The detail that an equal record was given by `keepDetail`, where the source remembers records. */
  knownDetail?(): string | undefined;
  keepDetail?(json: string): void;
}

/** Events of KVM that interrupts make too. */
const OF_INTERRUPTS: ReadonlySet<string> = new Set(['kvm_timer_hrtimer_expire', 'kvm_timer_update_irq', 'kvm_set_irq']);

/**
 * Whether `pid` is the thread that caused the event, rather than one that an interrupt stopped. Where the source has no
 * flags, only events that nobody but threads makes are known to be (trace-import-formats §3, 2).
 */
export function isInTask({ flags, name }: FtraceRecord): boolean {
  if (flags !== NO_FLAGS) return (flags & (IN_HARDIRQ | IN_SOFTIRQ | IN_NMI)) === 0;
  return (name.startsWith('kvm_') && !OF_INTERRUPTS.has(name)) || name.startsWith('sys_');
}

/** A number as its reader expects it: exact where a double can, else hexadecimal. */
export function shown(value: bigint): number | string {
  return value >= -0x1f_ffff_ffff_ffffn && value <= 0x1f_ffff_ffff_ffffn
    ? Number(value)
    : `0x${BigInt.asUintN(64, value).toString(16)}`;
}
