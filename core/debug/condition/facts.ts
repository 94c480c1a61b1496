/**
 * The facts about an event that a condition may name: a few that every event has, and the payload fields of all
 * kinds (from KINDS, so a new kind needs nothing here). A payload name means the same field in every kind that has it;
 * an event of another kind has no such fact, and any comparison with it is false.
 */
import { KINDS, type Kind, type KindSpec } from '../../trace/kinds.ts';

/** Facts that every event has. `text`: source name, kind, payload names and detail. */
export const COLUMNS = {
  kind: 'kind of event, such as irq.acknowledge',
  vcpu: 'vCPU on which the event happened; none where the source does not say',
  origin: 'who made it happen: guest, hypervisor, userspace, device, hardware',
  name: "the event's name in the source, such as gicv5_gicr_cdia",
  time: 'time since the start of the trace, such as 12.5ms',
  seq: 'position, such as #1234',
  text: 'text anywhere in its names and detail; compare with ~',
} as const;
export type Column = keyof typeof COLUMNS;

type FieldSpec = KindSpec['fields'][string];

/** A payload field of one kind. */
export interface PayloadField {
  readonly kind: Kind;
  readonly type: FieldSpec['type'];
  readonly place: FieldSpec['place'];
  readonly optional: boolean;
}

const payload = new Map<string, PayloadField[]>();
for (const [kind, spec] of Object.entries<KindSpec>(KINDS))
  for (const [name, field] of Object.entries(spec.fields)) {
    const entry = {
      kind: kind as Kind /* a key of KINDS */,
      type: field.type,
      place: field.place,
      optional: field.optional === true,
    };
    payload.set(name, [...(payload.get(name) ?? []), entry]);
  }

/** Payload fields by name, over all kinds. */
export const PAYLOAD: ReadonlyMap<string, readonly PayloadField[]> = payload;

export function isColumn(name: string): name is Column {
  return Object.hasOwn(COLUMNS, name);
}

/** All names that a condition may compare. */
export const FACT_NAMES: readonly string[] = [...Object.keys(COLUMNS), ...payload.keys()];

/** `register.access, mmio.access: system register …` for completion lists. */
export function describeFact(name: string): string {
  if (isColumn(name)) return COLUMNS[name];
  const fields = payload.get(name) ?? [];
  const kinds = fields.map((field) => field.kind);
  return kinds.length > 4
    ? `of ${kinds.slice(0, 4).join(', ')} and ${kinds.length - 4} more`
    : `of ${kinds.join(', ')}`;
}
