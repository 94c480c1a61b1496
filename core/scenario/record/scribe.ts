/** What a row of the recording tables is given: the machine, where the event happened, and ways to append. */
import { type Place } from '../../kvm/place.ts';
import { type AnyEvent } from '../../machine/events.ts';
import { type Machine } from '../../machine/machine.ts';
import { type Thread } from '../../machine/thread.ts';
import {
  type AnyPayload,
  type Detail,
  type Kind,
  type NewEvent,
  type Origin,
  type Payload,
} from '../../trace/kinds.ts';
import { type TraceSink } from '../../trace/sink.ts';
import { type TraceWriter } from '../../trace/writer.ts';
import { type EventType } from './event-type.ts';

/** A sink that also takes events as numbers. */
export type PackedSink = TraceSink & Pick<TraceWriter, 'typeId' | 'nameId' | 'appendPacked' | 'put'>;

export interface Scribe {
  readonly machine: Machine;
  /** The thread of the event's vCPU, if it names one. */
  threadOf(place: Place): Thread | undefined;
  /** Address of the instruction that runs, or of the next one outside it; undefined without a vCPU. */
  pc(place: Place): bigint | undefined;
  /** Appends an event of any kind; it owns the changes that no event owns yet. */
  put<K extends Kind>(kind: K, origin: Origin, place: Place, payload: Payload<K>, detail?: Detail): void;
  /** The same for frequent events with details: complete but for its header, `detail` as JSON. */
  tell(event: AnyPayload, origin: Origin, place: Place, detail: string | undefined): void;
  /**
   * An event without objects: `small` as KINDS places the fields, `value` and `argument` below 2^53 or absent, `detail`
   * as JSON.
   */
  brief(
    type: EventType,
    place: Place,
    name: string,
    small: number,
    value?: number,
    argument?: number,
    detail?: string,
  ): void;
  /** The same with the PC as its argument. */
  atPc(type: EventType, place: Place, name: string, small: number, value?: number): void;
  /** `register.access`, without objects. */
  access(
    origin: Origin,
    place: Place,
    register: string,
    op: 'read' | 'write' | 'execute',
    lo: number,
    hi: number,
    withPc: boolean,
  ): void;
}

type OfKind<E, K> = E extends { readonly kind: infer Kinds } ? ([K] extends [Kinds] ? E : never) : never;
type EventOfKind<K> = OfKind<AnyEvent, K>;
/** How each kind of a group is recorded. */
export type Rows<K extends AnyEvent['kind']> = {
  readonly [P in K]?: (scribe: Scribe, event: EventOfKind<P>, place: Place) => void;
};

export type { NewEvent };

/** Halves of a 64-bit value. */
export const lowOf = (value: bigint): number => Number(value & 0xffff_ffffn);
export const highOf = (value: bigint): number => Number((value >> 32n) & 0xffff_ffffn);
export const hexOf = (value: bigint): string => `0x${value.toString(16)}`;
/** A result as the trace stores it: two's complement in 64 bits. */
export const resultOf = (result: number): bigint => BigInt.asUintN(64, BigInt(result));
