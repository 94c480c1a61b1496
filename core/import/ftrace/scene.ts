/**
 * What the meanings of ftrace events share: threads and their vCPUs, the slots of each vCPU, register frames, and the
 * one way to append an event. A meaning changes slots first and then emits, so the event owns the changes.
 */
import { type Intid } from '../../gic/intid.ts';
import { type SlotId } from '../../state/brand.ts';
import { type AnyPayload, type Origin, RUN_STATES, type RunState, TIMERS, type Timer } from '../../trace/kinds.ts';
import { type GicModel, type PackedSink, type TraceSink } from '../../trace/sink.ts';
import { packedSink } from '../packed-sink.ts';
import { Slots } from '../qemu/observe/slots.ts';
import { type Machine } from '../machine/machine.ts';
import { Frames } from './frames.ts';
import { type GuestCpus, GuestHint } from './guest.ts';
import { GsiRoutes } from './gsi-routes.ts';
import { isPrivate, isTyped } from './interrupt-number.ts';
import { type DetailValues, type FtraceRecord, IN_HARDIRQ, IN_NMI, IN_SOFTIRQ, isInTask, NO_FLAGS } from './record.ts';
import { Threads } from './threads.ts';

/** More interrupts than this keep no state; their events stay complete. */
const MOST_LINES = 65_536;
const NOBODY = -1;
/** Details that `#joined` remembers. */
const MOST_JOINED = 4096;

/** Kind and payload; the rest comes from the record. */
export type Happening = AnyPayload;

interface TimerSlots {
  readonly control: SlotId;
  readonly compare: SlotId;
  readonly line: SlotId;
}

interface VcpuSlots {
  readonly runState: SlotId;
  readonly timers: (TimerSlots | undefined)[];
}

export class Scene {
  readonly threads = new Threads();
  readonly slots: Slots;
  readonly frames: Frames;
  readonly gsis = new GsiRoutes();
  readonly hint = new GuestHint();
  /** Of a recording from inside a guest; undefined: it is a host's. */
  readonly guest: GuestCpus | undefined;
  readonly #sink: PackedSink;
  readonly #vcpus: VcpuSlots[] = [];
  readonly #lines = new Map<string, SlotId>();
  /** By the text of a detail, what it was last joined with. */
  readonly #lastJoined = new Map<string, { readonly further: string; readonly text: string }>();
  #proof: { readonly gic: GicModel; readonly because: string } | undefined;
  /** Events emitted. */
  events = 0;
  /** Events of a vCPU thread's kind whose vCPU nothing proves. */
  unproven = 0;

  /** `machine`: what is known of it beforehand. */
  constructor(sink: TraceSink, machine?: Machine, guest?: GuestCpus) {
    this.guest = guest;
    this.#sink = packedSink(sink);
    this.slots = new Slots(sink);
    this.frames = new Frames(machine);
  }

  get vcpus(): number {
    return this.guest?.count ?? this.threads.count;
  }

  get gic(): GicModel {
    return this.#proof?.gic ?? this.frames.model ?? 'unknown';
  }

  /** What the GIC model follows from; empty when nothing shows it. */
  get gicFrom(): string {
    return this.#proof?.because ?? this.frames.because;
  }

  proves(gic: GicModel, because: string): void {
    this.#proof ??= { gic, because };
  }

  /** An interrupt number as printed. */
  sees(number: number): void {
    if (isTyped(number) && this.#proof === undefined)
      this.proves('v5', `interrupt number 0x${number.toString(16)} carries a type`);
  }

  /** The vCPU in whose thread the record was made, which makes it a vCPU thread; −1: an interrupt's context. */
  ownVcpu(record: FtraceRecord): number {
    const lane =
      isInTask(record) && record.pid > 0
        ? this.threads.laneOfVcpuThread(record.pid + record.kernel, record.comm, record.tgid)
        : NOBODY;
    if (lane < 0) this.unproven++;
    return lane;
  }

  /** The vCPU in whose thread, or on which, the record was made, if it is one. */
  maybeOwnVcpu(record: FtraceRecord): number {
    if (this.guest !== undefined) return this.guest.vcpuOf(record);
    return isInTask(record) ? this.threads.laneOfThread(record.pid + record.kernel) : NOBODY;
  }

  /** The vCPU that is loaded in the record's thread, which may be the VMM's. */
  loadedVcpu(record: FtraceRecord): number {
    return isInTask(record) ? this.threads.laneInThread(record.pid + record.kernel) : NOBODY;
  }

  /** The vCPU that the record names by number. `isOwn`: only the vCPU's own thread makes such a record. */
  namedVcpu(record: FtraceRecord, id: number | undefined, isOwn: boolean): number {
    if (id === undefined || !Number.isInteger(id) || id < 0) return NOBODY;
    const { pid } = record;
    const thread = pid + record.kernel;
    // Without flags it may be another thread's, which nothing but a name that is there already tells.
    const isThreads = isInTask(record) || (record.flags === NO_FLAGS && !this.threads.isNamed(thread));
    if (isOwn && isThreads && pid > 0) this.threads.names(thread, id);
    return isInTask(record)
      ? this.threads.laneOfNumber(thread, id, record.tgid)
      : this.threads.laneOfNumber(undefined, id);
  }

  setRunState(vcpu: number, state: RunState): void {
    if (vcpu >= 0) this.slots.set(this.#vcpu(vcpu).runState, RUN_STATES.indexOf(state));
  }

  runState(vcpu: number): RunState | undefined {
    const value = vcpu < 0 ? undefined : this.slots.get(this.#vcpu(vcpu).runState);
    return value === undefined ? undefined : RUN_STATES[value];
  }

  timer(vcpu: number, timer: Timer): TimerSlots {
    const number = TIMERS.indexOf(timer);
    const { timers } = this.#vcpu(vcpu);
    return (timers[number] ??= this.#claimTimer(vcpu, timer));
  }

  /** The input line of an interrupt changed. */
  setLine(intid: Intid, vcpu: number, level: boolean): void {
    const owner = isPrivate(intid) ? vcpu : NOBODY;
    if (isPrivate(intid) && owner < 0) return;
    const key = `${intid} ${owner}`;
    let slot = this.#lines.get(key);
    if (slot === undefined) {
      if (this.#lines.size >= MOST_LINES) return;
      slot = this.slots.claimField(intid, owner, 'line');
      this.#lines.set(key, slot);
    }
    this.slots.set(slot, level ? 1 : 0);
  }

  /** Events are missing: what may have changed meanwhile is unknown. */
  forgetAll(): void {
    for (const vcpu of this.#vcpus) {
      if (vcpu === undefined) continue;
      this.slots.forget(vcpu.runState);
      for (const timer of vcpu.timers)
        if (timer !== undefined) for (const slot of [timer.control, timer.compare, timer.line]) this.slots.forget(slot);
    }
    for (const slot of this.#lines.values()) this.slots.forget(slot);
  }

  emit(record: FtraceRecord, vcpu: number, origin: Origin, happening: Happening, more?: DetailValues): void {
    this.events++;
    const known = record.knownDetail?.();
    const json = known ?? JSON.stringify(detailOf(record));
    if (known === undefined) record.keepDetail?.(json);
    const further = more === undefined ? '{}' : JSON.stringify(more);
    const detail = known === undefined || further === '{}' ? joined(json, further) : this.#joined(known, further);
    this.#sink.put(happening, origin, record.name, vcpu, record.time, record.record, detail);
  }

  /** As `joined`: the same text object for the same texts, which has its hash and is found at once among all details. */
  #joined(known: string, further: string): string {
    const before = this.#lastJoined.get(known);
    if (before?.further === further) return before.text;
    if (this.#lastJoined.size >= MOST_JOINED) this.#lastJoined.clear();
    const text = joined(known, further);
    this.#lastJoined.set(known, { further, text });
    return text;
  }

  #vcpu(vcpu: number): VcpuSlots {
    return (this.#vcpus[vcpu] ??= {
      runState: this.slots.claim({ path: `vcpu${vcpu}.runState`, width: 4, values: RUN_STATES }),
      timers: [],
    });
  }

  #claimTimer(vcpu: number, timer: Timer): TimerSlots {
    const path = `vcpu${vcpu}.timer.${timer.toLowerCase()}`;
    const level = timer === 'CNTP' || timer === 'CNTV' ? 'EL0' : 'EL2';
    return {
      control: this.slots.claim({ path: `${path}.control`, width: 3, register: `${timer}_CTL_${level}` }),
      compare: this.slots.claim({ path: `${path}.compare`, width: 64, register: `${timer}_CVAL_${level}` }),
      line: this.slots.claim({ path: `${path}.line`, width: 1 }),
    };
  }
}

/** What the record says, for people. */
function detailOf(record: FtraceRecord): DetailValues {
  const detail: DetailValues = {};
  if (record.cpu >= 0) detail['CPU'] = record.cpu;
  if (record.pid >= 0) detail['task'] = `${record.comm}-${record.pid}`;
  const { flags } = record;
  if (flags !== NO_FLAGS && !isInTask(record))
    detail['context'] = flags & IN_NMI ? 'NMI' : flags & IN_HARDIRQ ? 'interrupt' : flags & IN_SOFTIRQ ? 'softirq' : '';
  record.describe(detail);
  return detail;
}

/** A detail and further entries, all as JSON. */
function joined(json: string, further: string): string {
  if (json === '{}') return further;
  return further === '{}' ? json : `${json.slice(0, -1)},${further.slice(1)}`;
}
