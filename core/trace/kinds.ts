/**
 * The kinds of event, declared once. From this table follow the TypeScript union (`TraceEvent`), the codec
 * (columns.ts), the SQL views, the list row and the exporters.
 *
 * An event occupies: `meta` (kind, origin, vCPU, 12 small bits, one interned name), and up to two 64-bit numbers
 * (`value`, `arg`); anything further goes, rarely, to `detail` (JSON). Each payload field says where it lives.
 * Kind numbers are part of the file format: append, never renumber.
 */
import { type Intid } from '../gic/intid.ts';
import { type Nanoseconds, type Seq, type VcpuId } from '../state/brand.ts';

/** Who made the event happen; index = stored number. */
export const ORIGINS = ['unknown', 'guest', 'hypervisor', 'userspace', 'device', 'hardware'] as const;
export type Origin = (typeof ORIGINS)[number];

/** Direction of a register access; `execute` is a GIC system instruction. */
export const ACCESS = ['read', 'write', 'execute'] as const;
export type Access = (typeof ACCESS)[number];

/** What a vCPU is doing; values of the slots `vcpuN.runState`. */
export const RUN_STATES = ['off', 'guest', 'handler', 'idle', 'host', 'blocked', 'preempted'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** What `irq.configure` set. */
export const CONFIGURES = ['priority', 'enabled', 'handling', 'target', 'group', 'mode'] as const;

/**
 * Why `irq.hppi` found none that may be signalled (gicv5-cpuif-behaviour §14); `noPe`: an IRS has a candidate for a PE that
 * is not there (gicv5-spi-lpi-behaviour §7.1). Index = stored number; the first word: none is missing, or nobody says.
 */
export const NO_HPPI = ['', 'disabled', 'noCandidate', 'masked', 'runningPriority', 'noPe'] as const;

/**
 * Generic timers in the numbering of the stored field. EL2 timers are the hypervisor's own; the secure ones never
 * reach a guest under KVM but appear in emulator logs.
 */
export const TIMERS = ['CNTP', 'CNTV', 'CNTHP', 'CNTPS', 'CNTHV', 'CNTHPS', 'CNTHVS'] as const;
export type Timer = (typeof TIMERS)[number];

type Place =
  | { readonly at: 'name' }
  | { readonly at: 'value' | 'arg' }
  | { readonly at: 'small'; readonly lsb: number; readonly bits: number };
type FieldType = 'u64' | 'u32' | 'bool' | 'text' | 'intid' | readonly string[];
interface FieldSpec {
  readonly type: FieldType;
  readonly place: Place;
  /**
   * The source may not know it; then the property is absent and SQL shows NULL. In `value`, `arg` and `name` places, and
   * for enumerations whose first word is empty: that is the absence.
   */
  readonly optional?: true;
}
export interface KindSpec {
  /** Stored number, 1 … 127. */
  readonly id: number;
  /** One line for people: what happened. */
  readonly title: string;
  readonly fields: Readonly<Record<string, FieldSpec>>;
}

const name = { at: 'name' } as const;
const value = { at: 'value' } as const;
const arg = { at: 'arg' } as const;
const small = <L extends number, B extends number>(lsb: L, bits: B) => ({ at: 'small', lsb, bits }) as const;

export const KINDS = {
  'register.access': {
    id: 1,
    title: 'System register or GIC instruction',
    fields: {
      register: { type: 'text', place: name },
      op: { type: ACCESS, place: small(0, 2) },
      value: { type: 'u64', place: value, optional: true },
      pc: { type: 'u64', place: arg, optional: true },
    },
  },
  'mmio.access': {
    id: 2,
    title: 'Memory-mapped register',
    fields: {
      /** Table name (`IRS_CR0`, `GICD_CTLR`), or frame and offset (`GICD+0xf00`) where the table has none. */
      register: { type: 'text', place: name },
      op: { type: ACCESS, place: small(0, 2) },
      /** Bytes: 1, 2, 4 or 8. */
      size: { type: 'u32', place: small(2, 4) },
      value: { type: 'u64', place: value, optional: true },
      /** Bytes from the start of the register frame. */
      offset: { type: 'u64', place: arg },
    },
  },
  'irq.line': {
    id: 3,
    title: 'Interrupt input line changed',
    fields: { intid: { type: 'intid', place: arg }, level: { type: 'bool', place: small(0, 1) } },
  },
  'irq.pend': {
    id: 4,
    title: 'Pending state set or cleared',
    fields: {
      intid: { type: 'intid', place: arg },
      pending: { type: 'bool', place: small(0, 1) },
      cause: { type: 'text', place: name, optional: true },
    },
  },
  'irq.acknowledge': {
    id: 5,
    title: 'Interrupt acknowledged',
    fields: {
      /** Absent: nothing to acknowledge (spurious). */
      intid: { type: 'intid', place: arg, optional: true },
      /** The instruction or register; without an interrupt why there was none. */
      cause: { type: 'text', place: name, optional: true },
      /** The priority that became active. */
      priority: { type: 'u32', place: value, optional: true },
    },
  },
  'irq.drop': {
    id: 6,
    title: 'Priority drop',
    fields: {
      /** Absent: a priority is dropped, whichever interrupt it came from (GICv5). */
      intid: { type: 'intid', place: arg, optional: true },
      /** The priority that is no longer active. */
      priority: { type: 'u32', place: value, optional: true },
    },
  },
  'irq.deactivate': { id: 7, title: 'Interrupt deactivated', fields: { intid: { type: 'intid', place: arg } } },
  'irq.activate': { id: 8, title: 'Interrupt became active', fields: { intid: { type: 'intid', place: arg } } },
  'irq.state': {
    id: 9,
    title: 'Interrupt state reported',
    fields: {
      intid: { type: 'intid', place: arg },
      level: { type: 'bool', place: small(0, 1) },
      pending: { type: 'bool', place: small(1, 1) },
      active: { type: 'bool', place: small(2, 1) },
    },
  },
  'irq.configure': {
    id: 10,
    title: 'Interrupt configured',
    fields: {
      intid: { type: 'intid', place: arg },
      what: { type: CONFIGURES, place: small(0, 3) },
      value: { type: 'u64', place: value },
    },
  },
  'irq.hppi': {
    id: 11,
    title: 'Highest priority pending interrupt recomputed',
    fields: {
      /** Absent: there is none. */
      intid: { type: 'intid', place: arg, optional: true },
      /** Of the interrupt, or of the candidate that is held back; 255 without either. */
      priority: { type: 'u32', place: small(0, 8) },
      /**
       * Which unit computed it: `PPI` and `IRS` give candidates, `CPU interface` what is left of them by enable bit, mask
       * and running priority.
       */
      unit: { type: 'text', place: name },
      reasonNone: { type: NO_HPPI, place: small(8, 3), optional: true },
      /** The best candidate that does not get through. */
      candidate: { type: 'intid', place: value, optional: true },
    },
  },
  'irq.signal': {
    id: 12,
    title: 'Interrupt signals to the PE',
    fields: {
      irq: { type: 'bool', place: small(0, 1) },
      fiq: { type: 'bool', place: small(1, 1) },
      nmi: { type: 'bool', place: small(2, 1) },
    },
  },
  'irq.taken': {
    id: 13,
    title: 'Interrupt exception taken',
    fields: { from: { type: 'u64', place: value, optional: true }, to: { type: 'u64', place: arg, optional: true } },
  },
  'irq.inject': {
    id: 14,
    title: 'Interrupt injected into the VM',
    fields: {
      intid: { type: 'intid', place: arg },
      level: { type: 'bool', place: small(0, 1) },
      cause: { type: 'text', place: name, optional: true },
    },
  },
  'timer.write': {
    id: 15,
    title: 'Timer programmed',
    fields: {
      timer: { type: TIMERS, place: small(0, 3) },
      what: { type: ['control', 'compare', 'value', 'offset', 'mask'], place: small(3, 3) },
      value: { type: 'u64', place: value, optional: true },
    },
  },
  'timer.deadline': {
    id: 16,
    title: 'Timer deadline recomputed',
    fields: {
      timer: { type: TIMERS, place: small(0, 3) },
      /** Counter ticks; absent: never. */
      deadline: { type: 'u64', place: value, optional: true },
    },
  },
  'timer.line': {
    id: 17,
    title: 'Timer output line',
    fields: { timer: { type: TIMERS, place: small(0, 3) }, level: { type: 'bool', place: small(3, 1) } },
  },
  'vcpu.reset': { id: 18, title: 'vCPU reset', fields: {} },
  'vcpu.power': {
    id: 19,
    title: 'vCPU switched on or off',
    fields: { on: { type: 'bool', place: small(0, 1) }, entry: { type: 'u64', place: value, optional: true } },
  },
  'vcpu.idle': {
    id: 20,
    title: 'vCPU waits for an interrupt or event',
    fields: { wfe: { type: 'bool', place: small(0, 1) }, pc: { type: 'u64', place: arg, optional: true } },
  },
  'vcpu.wake': { id: 21, title: 'vCPU woken', fields: {} },
  'vcpu.entry': {
    id: 22,
    title: 'Guest entry',
    fields: { pc: { type: 'u64', place: arg, optional: true }, pcpu: { type: 'u32', place: value, optional: true } },
  },
  'vcpu.exit': {
    id: 23,
    title: 'Guest exit',
    fields: {
      reason: { type: 'text', place: name },
      esr: { type: 'u64', place: value, optional: true },
      pc: { type: 'u64', place: arg, optional: true },
    },
  },
  'vcpu.load': { id: 24, title: 'vCPU loaded on a physical CPU', fields: { pcpu: { type: 'u32', place: value } } },
  'vcpu.put': { id: 25, title: 'vCPU taken off its physical CPU', fields: { pcpu: { type: 'u32', place: value } } },
  'vcpu.state': { id: 26, title: 'vCPU run state', fields: { state: { type: RUN_STATES, place: small(0, 4) } } },
  'psci.call': {
    id: 27,
    title: 'PSCI call',
    fields: {
      function: { type: 'text', place: name },
      x0: { type: 'u64', place: value },
      x1: { type: 'u64', place: arg },
    },
  },
  'kvm.ioctl': {
    id: 28,
    title: 'KVM ioctl',
    fields: {
      ioctl: { type: 'text', place: name },
      /** Two's complement in 64 bits: 0 or a count, or a negative errno. */
      result: { type: 'u64', place: value },
      argument: { type: 'u64', place: arg, optional: true },
    },
  },
  'kvm.step': {
    id: 29,
    title: 'Step of KVM',
    fields: {
      /** `flush`, `fold`, `load`, `put`, `save`, `restore`, `kick`, `request` … in KVM's terms. */
      step: { type: 'text', place: name },
      value: { type: 'u64', place: value, optional: true },
      argument: { type: 'u64', place: arg, optional: true },
    },
  },
  'kvm.trap': {
    id: 30,
    title: 'Access trapped to the hypervisor',
    fields: {
      what: { type: 'text', place: name },
      op: { type: ACCESS, place: small(0, 2) },
      value: { type: 'u64', place: value, optional: true },
      pc: { type: 'u64', place: arg, optional: true },
    },
  },
  'gic.setup': {
    id: 31,
    title: 'Interrupt controller set up',
    fields: { what: { type: 'text', place: name }, value: { type: 'u64', place: value, optional: true } },
  },
  'host.event': {
    id: 32,
    title: 'Host event',
    fields: {
      event: { type: 'text', place: name },
      value: { type: 'u64', place: value, optional: true },
      argument: { type: 'u64', place: arg, optional: true },
    },
  },
  other: { id: 33, title: 'Other event of the source', fields: { event: { type: 'text', place: name } } },
  lost: {
    id: 34,
    title: 'Events lost by the recorder',
    fields: { /** Absent: the recorder did not count. */ count: { type: 'u64', place: value, optional: true } },
  },
  'kvm.irq': {
    id: 35,
    title: 'Step of KVM with an interrupt',
    fields: {
      intid: { type: 'intid', place: arg },
      /** `ap.queue`, `ap.migrate`, `ap.remove` … in KVM's terms. */
      step: { type: 'text', place: name },
      value: { type: 'u64', place: value, optional: true },
    },
  },
} as const satisfies Readonly<Record<string, KindSpec>>;

export type Kind = keyof typeof KINDS;

type ValueOf<T> = T extends 'u64'
  ? bigint
  : T extends 'u32'
    ? number
    : T extends 'bool'
      ? boolean
      : T extends 'text'
        ? string
        : T extends 'intid'
          ? Intid
          : T extends readonly (infer Name)[]
            ? Exclude<Name, ''>
            : never;
type Fields<K extends Kind> = (typeof KINDS)[K]['fields'];
type OptionalField<F> = { [P in keyof F]: F[P] extends { readonly optional: true } ? P : never }[keyof F];
type FieldValue<S> = S extends { readonly type: infer T } ? ValueOf<T> : never;
/** The payload of a kind, as an object type. */
export type Payload<K extends Kind> = {
  -readonly [P in Exclude<keyof Fields<K>, OptionalField<Fields<K>>>]: FieldValue<Fields<K>[P]>;
} & { -readonly [P in OptionalField<Fields<K>>]?: FieldValue<Fields<K>[P]> };

/** Rare further facts, shown and exported as they are. At most 64 entries. */
export type Detail = Readonly<Record<string, string | number | boolean>>;

export interface EventHeader {
  /** Nanoseconds since the start of the trace. */
  readonly time: Nanoseconds;
  /** Absent: the source does not prove which vCPU. */
  readonly vcpu?: VcpuId;
  readonly origin: Origin;
  /** The event's name in the source (`gicv5_gicr_cdia`, `kvm_exit`), if it came from one. */
  readonly source?: string;
  /** 1-based line (text) or record number (binary) in the source; absent for recorded sessions. */
  readonly line?: number;
  readonly detail?: Detail;
}

/** Kind and payload of an event. */
export type AnyPayload = { [K in Kind]: { readonly kind: K } & Readonly<Payload<K>> }[Kind];
/** An event that is about to be recorded. */
export type NewEvent = { [K in Kind]: EventHeader & { readonly kind: K } & Readonly<Payload<K>> }[Kind];
/** An event of a trace, with its position. */
export type TraceEvent = NewEvent & { readonly seq: Seq };
/** Events of one kind. */
export type EventOf<K extends Kind> = Extract<TraceEvent, { readonly kind: K }>;
