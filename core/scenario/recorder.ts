/**
 * A machine's run into a trace: every event of KVM and the machine becomes a trace event with the changes that it
 * made, because the machine's journal is the sink's. What kind of event becomes what is in the tables of `record/`.
 *
 * The time is the machine's counter. Kinds of event without a row become `other` with their facts, so nothing is lost.
 *
 * Cost: the frequent kinds go in as numbers, without an object.
 */
import { ppiIntid } from '../gic/v5/ppi.ts';
import { bitsOf } from '../gic/v5/words.ts';
import { type Place } from '../kvm/place.ts';
import { implementedPpis } from '../kvm/host-facts.ts';
import { type GuestView } from '../kvm/v5/guest-view.ts';
import { type VcpuVgicV5 } from '../kvm/v5/vcpu-vgic.ts';
import { type AnyEvent } from '../machine/events.ts';
import { type Machine } from '../machine/machine.ts';
import { type Thread } from '../machine/thread.ts';
import { vcpuId } from '../state/brand.ts';
import { HAS_ARG, HAS_VALUE } from '../trace/columns.ts';
import { type BitRange, type InterruptField } from '../trace/interrupts.ts';
import { ACCESS, type AnyPayload, type Detail, type Kind, type Origin, ORIGINS, type Payload } from '../trace/kinds.ts';
import { type GuestViews } from './guest-views.ts';
import { CPUIF } from './record/cpuif.ts';
import { type EventType, eventType } from './record/event-type.ts';
import { declareFlat } from './record/flat-interrupts.ts';
import { HOST, IRQ, TRAP } from './record/host.ts';
import { MACHINE } from './record/machine.ts';
import { RUN } from './record/run.ts';
import { type PackedSink, type Rows, type Scribe } from './record/scribe.ts';
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

/** Places in `ACCESS`. */
const READ = ACCESS.indexOf('read');
const WRITE = ACCESS.indexOf('write');
const EXECUTE = ACCESS.indexOf('execute');

/** A guest's, by far the most frequent event, and the others. */
const GUEST_ACCESS = eventType('register.access', 'guest');
const ACCESSES: ReadonlyMap<Origin, EventType> = new Map(
  ORIGINS.map((origin) => [origin, origin === 'guest' ? GUEST_ACCESS : eventType('register.access', origin)]),
);

const TWO32 = 0x1_0000_0000;

export class Recorder implements Scribe {
  readonly machine: Machine;
  readonly #sink: PackedSink;
  /** The sink's numbers of event types, by index. */
  readonly #types: number[] = [];
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
    // Kind and payload belong together by the signature; the union of all kinds loses that.
    const event = { ...payload, kind } as unknown as AnyPayload;
    this.tell(event, origin, place, detail === undefined ? undefined : JSON.stringify(detail));
  }

  tell(event: AnyPayload, origin: Origin, place: Place, detail: string | undefined): void {
    this.#sink.put(event, origin, undefined, place.vcpu ?? -1, this.#now(), 0, detail);
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
    const flags = core === undefined ? HAS_VALUE : HAS_VALUE | HAS_ARG;
    const type = origin === 'guest' ? GUEST_ACCESS : (ACCESSES.get(origin) ?? GUEST_ACCESS);
    // Compares, because a property whose name varies is looked up.
    const small = op === 'read' ? READ : op === 'write' ? WRITE : EXECUTE;
    this.#append(type, place, small, register, flags, lo >>> 0, hi >>> 0, pcLo, pcHi);
  }

  brief(
    type: EventType,
    place: Place,
    name: string,
    small: number,
    value?: number,
    argument?: number,
    detail?: string,
  ): void {
    const v = value ?? 0;
    const a = argument ?? 0;
    const flags = (value === undefined ? 0 : HAS_VALUE) | (argument === undefined ? 0 : HAS_ARG);
    this.#append(
      type,
      place,
      small,
      name,
      flags,
      v >>> 0,
      Math.floor(v / TWO32),
      a >>> 0,
      Math.floor(a / TWO32),
      detail,
    );
  }

  atPc(type: EventType, place: Place, name: string, small: number, value?: number): void {
    const thread = this.threadOf(place);
    if (thread === undefined) {
      this.brief(type, place, name, small, value);
      return;
    }
    const { core, system } = thread;
    const back = system.operation === undefined ? 0 : 4;
    const flags = value === undefined ? HAS_ARG : HAS_VALUE | HAS_ARG;
    const pcHi = (core.pcHi - (core.pc >>> 0 < back ? 1 : 0)) >>> 0;
    this.#append(type, place, small, name, flags, value ?? 0, 0, (core.pc - back) >>> 0, pcHi);
  }

  #append(
    type: EventType,
    place: Place,
    small: number,
    name: string,
    flags: number,
    valueLo: number,
    valueHi: number,
    argLo: number,
    argHi: number,
    detail?: string,
  ): void {
    this.#sink.appendPacked(
      this.#type(type),
      place.vcpu ?? -1,
      small,
      name === '' ? 0 : this.#name(name),
      flags,
      valueLo,
      valueHi,
      argLo,
      argHi,
      this.#now(),
      0,
      detail,
    );
    this.#count++;
  }

  #now(): number {
    const { lo, hi } = this.machine.host.counter;
    return hi * 0x1_0000_0000 + lo;
  }

  #type({ index, kind, origin }: EventType): number {
    return (this.#types[index] ??= this.#sink.typeId(kind, origin));
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
