/**
 * What the observers share: the vCPUs and interrupts that the log has shown, the sink, and the one way to append an
 * event. An observer changes slots first and then emits, so the event owns the changes.
 */
import { type Intid } from '../../../gic/intid.ts';
import { type SlotId } from '../../../state/brand.ts';
import { payloadOf } from '../../../trace/columns.ts';
import { NO_NAME, OVERFLOW_NAME } from '../../../trace/dictionary.ts';
import { interruptOf } from '../../../trace/interrupts.ts';
import { type AnyPayload, type Detail, type Origin } from '../../../trace/kinds.ts';
import { type PackedSink } from '../../../trace/sink.ts';
import { type Action, type Group } from '../attribution/action.ts';
import { EVENT_COUNT } from '../events/table.ts';
import { type Machine, MOST_VCPUS } from '../attribution/machine.ts';
import { ACTOR, type TraceLine } from '../trace-line.ts';
import { FlatState } from './flat/state.ts';
import { type Form, MOST_FORMS } from './form.ts';
import { SharedState } from './interrupt-state.ts';
import { Slots } from './slots.ts';
import { VcpuState } from './vcpu-state.ts';

/** More SPIs and LPIs than this keep no state; their events stay complete. */
export const MOST_SHARED = 65_536;

const UNASKED = -1;

/** Kind, payload and detail of an event; time, line and source come from its line. */
export type Happening = AnyPayload & { readonly detail?: Detail };

/**
 * What an event means, in parts, because whose it is may be proven, open for good, or shared by several vCPUs:
 * `prove` changes the state of a vCPU that the line is about; `doubt` makes unknown what the line may have changed of
 * vCPUs it may be about; `apply` changes what belongs to no vCPU; `tell` emits the event, which then owns the changes.
 */
export interface Meaning {
  readonly prove?: (line: TraceLine, vcpu: VcpuState, scene: Scene) => void;
  readonly doubt?: (line: TraceLine, among: readonly VcpuState[], scene: Scene) => void;
  readonly apply?: (line: TraceLine, scene: Scene) => void;
  readonly tell: (line: TraceLine, vcpu: number, scene: Scene) => void;
}

/** A meaning whose parts are all named, absent ones as undefined. */
export type WholeMeaning = { readonly [P in keyof Required<Meaning>]: Meaning[P] | undefined } & Pick<Meaning, 'tell'>;

export function whole({ prove, doubt, apply, tell }: Meaning): WholeMeaning {
  return { prove, doubt, apply, tell };
}

/** Candidate of the IRS for one PE. */
interface IrsCandidate {
  readonly intid: SlotId;
  readonly priority: SlotId;
}

export class Scene {
  readonly slots: Slots;
  readonly machine: Machine;
  /** Interrupts and registers of a GICv3 or GICv2. */
  readonly flat: FlatState;
  readonly #sink: PackedSink;
  /** Type ids of posted events, by the line's row and the form; UNASKED where nobody asked the sink yet. */
  readonly #types = new Int32Array(EVENT_COUNT * MOST_FORMS).fill(UNASKED);
  readonly #vcpus: VcpuState[] = [];
  readonly #shared = new Map<Intid, SharedState>();
  readonly #irsCandidates = new Map<number, IrsCandidate>();
  #lastDetail: Detail | undefined;
  #lastJson = '';
  /** Events emitted. */
  events = 0;
  /** Events of lines that name no vCPU though one acted; and those among them where nothing proves which. */
  withoutName = 0;
  unproven = 0;
  /** SPIs and LPIs beyond `MOST_SHARED`. */
  untracked = 0;
  /** The interrupt whose priority the present line drops, from `prove` to `tell`. */
  dropped: Intid | undefined;
  /** The log has events of a GICv5, deactivations among them. */
  showsDeactivations = false;
  /** Places where the recorder's SPI defect may have shown. */
  defects = 0;
  readonly #irsIds = new Set<number>();

  constructor(sink: PackedSink, machine: Machine) {
    this.#sink = sink;
    this.slots = new Slots(sink);
    this.flat = new FlatState(this.slots);
    this.machine = machine;
  }

  /** @param index a vCPU, not NOBODY */
  vcpu(index: number): VcpuState {
    return (this.#vcpus[index] ??= new VcpuState(this.slots, index));
  }

  /** The vCPUs seen so far. */
  get vcpus(): readonly VcpuState[] {
    return this.#vcpus.filter((vcpu) => vcpu !== undefined);
  }

  /** Takes in what a line means, and emits its event. `vcpu` is the one that it is about, or NOBODY. */
  take(line: TraceLine, vcpu: number, meaning: WholeMeaning): void {
    this.dropped = undefined;
    meaning.apply?.(line, this);
    const group = line.subject === ACTOR ? line.action?.group : undefined;
    if (vcpu >= 0) meaning.prove?.(line, this.vcpu(vcpu), this);
    else if (group !== undefined && line.action !== undefined) this.#takeGroup(line, line.action, group, meaning);
    else if (line.subject === ACTOR) meaning.doubt?.(line, this.#maybe(line), this);
    meaning.tell(line, vcpu, this);
  }

  /** One of several like actions: in doubt until the last, then so for all, if all printed the same. */
  #takeGroup(line: TraceLine, action: Action, group: Group, meaning: WholeMeaning): void {
    const among = group.vcpus.map((index) => this.vcpu(index));
    for (const vcpu of among) vcpu.remember(group);
    if (group.completes(action, line.row?.index ?? -1, wordsOf(line)))
      for (const vcpu of among) {
        vcpu.recall(group);
        meaning.prove?.(line, vcpu, this);
      }
    else meaning.doubt?.(line, among, this);
  }

  /** Those that a line without a proven vCPU may be about. */
  #maybe(line: TraceLine): readonly VcpuState[] {
    const candidates = line.action?.candidates;
    return candidates === undefined ? this.vcpus : this.vcpus.filter(({ index }) => candidates.includes(index));
  }

  /** State of an SPI or LPI; undefined for other types, and for more than are kept. */
  shared(intid: Intid): SharedState | undefined {
    let state = this.#shared.get(intid);
    if (state !== undefined) return state;
    const type = interruptOf(intid)?.type;
    if (type !== 'spi' && type !== 'lpi') return undefined;
    if (this.#shared.size >= MOST_SHARED) {
      this.untracked++;
      return undefined;
    }
    state = new SharedState(this.slots, intid, type === 'spi');
    this.#shared.set(intid, state);
    return state;
  }

  /** All SPIs and LPIs with state. */
  get sharedStates(): Iterable<SharedState> {
    return this.#shared.values();
  }

  irsCandidate(pe: number): IrsCandidate {
    let candidate = this.#irsCandidates.get(pe);
    if (candidate === undefined) {
      candidate = {
        intid: this.slots.claim({ path: `irs.hppi${pe}`, width: 32 }),
        priority: this.slots.claim({ path: `irs.hppi${pe}.priority`, width: 8 }),
      };
      this.#irsCandidates.set(pe, candidate);
    }
    return candidate;
  }

  /** An IRS was created; the same one a second time is another machine, in a log that holds several runs. */
  created(irs: number, vcpus: number): void {
    this.showsDeactivations = true;
    if (this.#irsIds.has(irs)) {
      this.#irsIds.clear();
      this.forgetAll();
    }
    this.#irsIds.add(irs);
    for (let index = 0; index < Math.min(vcpus, MOST_VCPUS); index++) this.vcpu(index);
  }

  /** Everything is unknown again: a new machine, or the recorder lost lines. */
  forgetAll(): void {
    this.flat.forgetAll();
    for (const vcpu of this.vcpus) {
      vcpu.reset();
      vcpu.run.forget();
      vcpu.updateMasked();
    }
    for (const state of this.#shared.values()) state.forget();
    for (const { intid, priority } of this.#irsCandidates.values()) {
      this.slots.forget(intid);
      this.slots.forget(priority);
    }
  }

  emit(line: TraceLine, vcpu: number, origin: Origin, happening: Happening): void {
    this.#count(line, vcpu);
    const { detail } = happening;
    const json = detail === undefined ? undefined : this.#jsonOf(detail);
    this.#sink.put(happening, origin, line.name, vcpu, line.time, line.line, json);
  }

  /** Details that come often are one object each (VIRTUAL). */
  #jsonOf(detail: Detail): string {
    if (detail !== this.#lastDetail) {
      this.#lastDetail = detail;
      this.#lastJson = JSON.stringify(detail);
    }
    return this.#lastJson;
  }

  /** As `emit`, for events that come often: the payload as numbers, at the places that KINDS gives them. */
  post(
    line: TraceLine,
    vcpu: number,
    form: Form,
    small: number,
    text: string | undefined,
    flags: number,
    valueLo: number,
    valueHi: number,
    argLo: number,
    argHi: number,
  ): void {
    const name = text === undefined ? NO_NAME : this.#sink.nameId(text);
    if (name === OVERFLOW_NAME) {
      const packed = { small, name: text, flags, valueLo, valueHi, argLo, argHi };
      this.emit(line, vcpu, form.origin, payloadOf(form.kind, packed));
      return;
    }
    this.#count(line, vcpu);
    const type = this.#typeOf(line, form);
    const { time, line: number } = line;
    this.#sink.appendPacked(type, vcpu, small, name, flags, valueLo, valueHi, argLo, argHi, time, number);
  }

  #typeOf({ row, name }: TraceLine, { kind, origin, index }: Form): number {
    const key = (row?.index ?? 0) * MOST_FORMS + index;
    const known = this.#types[key] ?? UNASKED;
    if (known !== UNASKED) return known;
    const type = this.#sink.typeId(kind, origin, name);
    this.#types[key] = type;
    return type;
  }

  #count(line: TraceLine, vcpu: number): void {
    this.events++;
    if (line.subject !== ACTOR) return;
    this.withoutName++;
    if (vcpu < 0) this.unproven++;
  }
}

/** What a line says apart from when: equal for lines in the same words. */
function wordsOf({ a, b, c, d, vLo, vHi }: TraceLine): string {
  return `${a} ${b} ${c} ${d} ${vLo} ${vHi}`;
}
