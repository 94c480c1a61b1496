/** Event objects out of columns: the reading half of columns.ts, with names, types and details of one trace. */
import { nanoseconds, seq, vcpuId } from '../state/brand.ts';
import { type BlockEvents } from './block.ts';
import { HAS_DETAIL, codecOf, emptyPayload, unpackPayload } from './columns.ts';
import { DETAIL_NAME, DETAIL_SOURCE, type NameTable, OVERFLOW_NAME, type TypeTable } from './dictionary.ts';
import { type Detail, type TraceEvent } from './kinds.ts';
import { jsonObject } from './row-values.ts';

export class EventDecoder {
  readonly #names: NameTable;
  readonly #types: TypeTable;
  readonly #detailOf: (position: number) => string;
  readonly #packed = emptyPayload();

  /** `detailOf` gives the details of an event that has some, as JSON text. */
  constructor(names: NameTable, types: TypeTable, detailOf: (position: number) => string) {
    this.#names = names;
    this.#types = types;
    this.#detailOf = detailOf;
  }

  /** Event `i` of a block. @throws TraceError `damaged` */
  event(events: BlockEvents, i: number): TraceEvent {
    const type = this.#types.type(events.type[i] ?? 0);
    const position = seq(events.firstSeq + i);
    const nameId = events.name[i] ?? 0;
    let name = this.#names.text(nameId);
    let { source } = type;
    let detail: Detail | undefined;
    if ((events.flags[i] ?? 0) & HAS_DETAIL) {
      const { [DETAIL_NAME]: longName, [DETAIL_SOURCE]: longSource, ...rest } = this.#detail(position);
      if (nameId === OVERFLOW_NAME && typeof longName === 'string') name = longName;
      if (typeof longSource === 'string') source = longSource;
      if (Object.keys(rest).length > 0) detail = rest;
    }
    const packed = this.#packed;
    packed.small = events.small[i] ?? 0;
    packed.name = name;
    packed.flags = events.flags[i] ?? 0;
    packed.valueLo = events.valueLo[i] ?? 0;
    packed.valueHi = events.valueHi[i] ?? 0;
    packed.argLo = events.argLo[i] ?? 0;
    packed.argHi = events.argHi[i] ?? 0;
    const vcpu = events.vcpu[i] ?? -1;
    const line = events.line[i] ?? 0;
    const event = {
      seq: position,
      time: nanoseconds(events.time[i] ?? 0),
      ...(vcpu < 0 ? {} : { vcpu: vcpuId(vcpu) }),
      origin: type.origin,
      ...(source === undefined ? {} : { source }),
      ...(line === 0 ? {} : { line }),
      ...(detail === undefined ? {} : { detail }),
      kind: type.kind,
      ...unpackPayload(codecOf(type.kind), packed),
    };
    // The KINDS table describes both the payload just built and the union; the compiler cannot follow the table.
    return event as unknown as TraceEvent;
  }

  #detail(position: number): Record<string, string | number | boolean> {
    const out: Record<string, string | number | boolean> = {};
    for (const [key, value] of Object.entries(jsonObject(this.#detailOf(position), `details of event #${position}`)))
      if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') out[key] = value;
    return out;
  }
}
