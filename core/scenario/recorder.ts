/**
 * A machine's run into a trace: every event of KVM and the machine becomes a trace event with the changes that it
 * made, because the machine's journal is the sink's. What kind of event becomes what is in the tables of `record/`.
 *
 * The time is the machine's counter. Kinds of event without a row become `other` with their facts, so nothing is lost.
 *
 * Cost: the frequent kinds (accesses, candidates, acknowledges) go in as numbers, without an object.
 */
import { ppiIntid } from '../gic/v5/ppi.ts';
import { bitsOf } from '../gic/v5/words.ts';
import { type Place } from '../kvm/events.ts';
import { implementedPpis } from '../kvm/host-facts.ts';
import { type GuestView } from '../kvm/v5/guest-view.ts';
import { type VcpuVgicV5 } from '../kvm/v5/vcpu-vgic.ts';
import { type AnyEvent } from '../machine/events.ts';
import { type Machine } from '../machine/machine.ts';
import { type Thread } from '../machine/thread.ts';
import { nanoseconds, vcpuId } from '../state/brand.ts';
import { HAS_ARG, HAS_VALUE } from '../trace/columns.ts';
import { type BitRange, type InterruptField } from '../trace/interrupts.ts';
import { ACCESS, type Detail, type Kind, type NewEvent, type Origin, type Payload } from '../trace/kinds.ts';
import { type GuestViews } from './guest-views.ts';
import { CPUIF } from './record/cpuif.ts';
import { declareFlat } from './record/flat-interrupts.ts';
import { HOST, IRQ, TRAP } from './record/host.ts';
import { MACHINE } from './record/machine.ts';
import { RUN } from './record/run.ts';
import { type InterruptKind, type PackedSink, type Rows, type Scribe } from './record/scribe.ts';
import { LIFE, UAPI } from './record/uapi.ts';
import { VGIC } from './record/vgic.ts';

const ROWS: Rows<AnyEvent['kind']> = {
  ...CPUIF,
  ...UAPI,
  ...LIFE,
  ...RUN,
  ...IRQ,
  ...TRAP,
  ...HOST,
  ...VGIC,
  ...MACHINE,
};
/** By kind. A kind's row takes that kind's events; the compiler does not relate the two unions. */
const ROW_OF = new Map(Object.entries(ROWS)) as ReadonlyMap<
  AnyEvent['kind'],
  (scribe: Scribe, event: AnyEvent, place: Place) => void
>;

/** Place in `ACCESS`. */
const ACCESS_INDEX = {
  read: ACCESS.indexOf('read'),
  write: ACCESS.indexOf('write'),
  execute: ACCESS.indexOf('execute'),
};

export class Recorder implements Scribe {
  readonly machine: Machine;
  readonly #sink: PackedSink;
  readonly #types = new Map<Kind, Map<Origin, number>>();
  /** Type of a guest's `register.access`, by far the most frequent one; −1: not asked for yet. */
  #guestAccess = -1;
  readonly #names = new Map<string, number>();
  #count = 0;

  /** `sink.journal` must be the machine's. The VM need not exist yet; call `declare` when it does. */
  constructor(machine: Machine, sink: PackedSink) {
    if (sink.journal !== machine.journal) throw new RangeError('the sink must have the journal of the machine');
    this.machine = machine;
    this.#sink = sink;
    machine.observer = (event, place) => this.#record(event, place);
  }

  /** Events stored so far. */
  get count(): number {
    return this.#count;
  }

  /** Declares the interrupts of the VM's vCPUs, so that their PPI state is indexed. */
  declare(views: GuestViews): void {
    declareFlat(this.machine, this.#sink);
    for (const { gic, ppis } of views.all)
      for (const ppi of bitsOf(implementedPpis(this.machine.host.facts))) this.#declare(gic.vcpu.index, ppi, ppis, gic);
  }

  #declare(vcpu: number, ppi: number, view: GuestView, part: VcpuVgicV5): void {
    const bit = (cell: { readonly slot: BitRange['slot'] }): BitRange => ({ slot: cell.slot, lsb: ppi, width: 1 });
    const fields: [InterruptField, BitRange][] = [
      ['pending', bit(view.pending)],
      ['active', bit(view.active)],
      ['enabled', bit(view.enabled)],
      ['masked', bit(view.masked)],
      ['line', bit(part.ppis.lineLevel)],
      ['handling', bit(part.ppis.level)],
    ];
    const priority = view.priority[ppi >>> 3];
    if (priority !== undefined) fields.push(['priority', { slot: priority.slot, lsb: (ppi & 7) * 8, width: 5 }]);
    for (const [field, range] of fields) this.#sink.interruptField(ppiIntid(ppi), vcpuId(vcpu), field, range);
  }

  #record(event: AnyEvent, place: Place): void {
    const row = ROW_OF.get(event.kind);
    if (row === undefined) this.put('other', 'hypervisor', place, { event: event.kind }, detailOf(event));
    else row(this, event, place);
  }

  // --- what the rows use ------------------------------------------------------------------------------------------

  threadOf({ vcpu }: Place): Thread | undefined {
    return vcpu === undefined ? undefined : this.machine.threads[vcpu];
  }

  pc(place: Place): bigint | undefined {
    const thread = this.threadOf(place);
    if (thread === undefined) return undefined;
    const { core, system } = thread;
    return system.operation === undefined ? core.pcValue : BigInt.asUintN(64, core.pcValue - 4n);
  }

  put<K extends Kind>(kind: K, origin: Origin, place: Place, payload: Payload<K>, detail?: Detail): void {
    // One copy and plain additions: further spreads would each cost as much as the event's own effect.
    const event: Record<string, unknown> = { ...payload, time: nanoseconds(this.#now()), origin, kind };
    if (place.vcpu !== undefined) event['vcpu'] = vcpuId(place.vcpu);
    if (detail !== undefined) event['detail'] = detail;
    // Kind and payload belong together by the signature; the union of all kinds loses that.
    this.#sink.append(event as unknown as NewEvent);
    this.#count++;
  }

  access(
    origin: Origin,
    place: Place,
    register: string,
    op: 'read' | 'write' | 'execute',
    lo: number,
    hi: number,
    withPc: boolean,
  ): void {
    const core = withPc ? this.threadOf(place)?.core : undefined;
    // The PC of the next instruction minus 4, with the borrow.
    const pcLo = core === undefined ? 0 : (core.pc - 4) >>> 0;
    const pcHi = core === undefined ? 0 : (core.pcHi - (core.pc >>> 0 < 4 ? 1 : 0)) >>> 0;
    this.#sink.appendPacked(
      origin === 'guest' ? this.#guestAccessType() : this.#type('register.access', origin),
      place.vcpu ?? -1,
      ACCESS_INDEX[op],
      this.#name(register),
      core === undefined ? HAS_VALUE : HAS_VALUE | HAS_ARG,
      lo >>> 0,
      hi >>> 0,
      pcLo,
      pcHi,
      this.#now(),
    );
    this.#count++;
  }

  interrupt(
    kind: InterruptKind,
    origin: Origin,
    place: Place,
    intid: number | undefined,
    small: number,
    name: string,
  ): void {
    this.#sink.appendPacked(
      this.#type(kind, origin),
      place.vcpu ?? -1,
      small,
      name === '' ? 0 : this.#name(name),
      intid === undefined ? 0 : HAS_ARG,
      0,
      0,
      intid === undefined ? 0 : intid >>> 0,
      0,
      this.#now(),
    );
    this.#count++;
  }

  #now(): number {
    const { lo, hi } = this.machine.host.counter;
    return hi * 0x1_0000_0000 + lo;
  }

  #type(kind: Kind, origin: Origin): number {
    let ofKind = this.#types.get(kind);
    if (ofKind === undefined) this.#types.set(kind, (ofKind = new Map<Origin, number>()));
    let id = ofKind.get(origin);
    if (id === undefined) ofKind.set(origin, (id = this.#sink.typeId(kind, origin)));
    return id;
  }

  #guestAccessType(): number {
    if (this.#guestAccess < 0) this.#guestAccess = this.#type('register.access', 'guest');
    return this.#guestAccess;
  }

  #name(text: string): number {
    let id = this.#names.get(text);
    if (id === undefined) this.#names.set(text, (id = this.#sink.nameId(text)));
    return id;
  }
}

/** The plain facts of an event that has no row. */
function detailOf(event: AnyEvent): Detail {
  const out: Record<string, string | number | boolean> = {};
  // Keys of an event are those of its kind.
  const facts = event as unknown as Readonly<Record<string, unknown>>;
  for (const key in facts) {
    const value = facts[key];
    if (typeof value === 'bigint') out[key] = `0x${value.toString(16)}`;
    else if (key !== 'kind' && (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'))
      out[key] = value;
  }
  return out;
}
