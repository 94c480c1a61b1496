/** Dictionaries to rows and back: names, event types, slots, interrupts and their fields. Rows are only appended. */
import type Database from 'better-sqlite3';
import { type Intid } from '../gic/intid.ts';
import { slotId, vcpuId } from '../state/brand.ts';
import { type Layout, type SlotDescriptor } from '../state/layout.ts';
import { CODEC_BY_ID } from './columns.ts';
import { LAST_INTID, LAST_VCPU } from './limits.ts';
import { integer, optionalText, optionalUpTo, text, upTo } from './row-values.ts';
import { type NameTable, type TypeTable } from './dictionary.ts';
import { TraceError, damaged } from './errors.ts';
import { type InterruptIndex } from './interrupt-index.ts';
import { INTERRUPT_FIELDS, interruptLabel, type InterruptField } from './interrupts.ts';
import { KINDS, ORIGINS } from './kinds.ts';
import { type PlainCell } from './jobs.ts';
import { type WriteStatement, type Writes } from './writes.ts';

const FIELD_BY_NAME: ReadonlyMap<string, InterruptField> = new Map(INTERRUPT_FIELDS.map((field) => [field, field]));

/** Slots a trace may have; a keyframe must stay below the limit of a blob. */
const SLOT_LIMIT = 1 << 22;

export class DictionaryRows {
  readonly #name: WriteStatement;
  readonly #type: WriteStatement;
  readonly #slot: WriteStatement;
  readonly #interrupt: WriteStatement;
  readonly #field: WriteStatement;
  #names = 1;
  #types = 0;
  #slots = 0;
  #interrupts = 0;
  #fields = 0;

  constructor(writes: Writes) {
    this.#name = writes.prepare('INSERT INTO name(id, text) VALUES (?, ?)');
    this.#type = writes.prepare('INSERT INTO event_type(id, kind, origin, source) VALUES (?, ?, ?, ?)');
    this.#slot = writes.prepare(
      'INSERT INTO slot(id, path, width, register, value_names, initial) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#interrupt = writes.prepare('INSERT INTO interrupt(id, intid, vcpu, label) VALUES (?, ?, ?, ?)');
    this.#field = writes.prepare(
      'INSERT INTO interrupt_field(id, interrupt, field, slot, lsb, width) VALUES (?, ?, ?, ?, ?, ?)',
    );
  }

  /** Writes what is new since the last call. */
  save(names: NameTable, types: TypeTable, layout: Layout, interrupts: InterruptIndex): void {
    for (; this.#names < names.size; this.#names++) this.#name.run(this.#names, names.texts[this.#names] ?? '');
    for (; this.#types < types.size; this.#types++) {
      const { kind, origin, source } = types.type(this.#types);
      this.#type.run(this.#types, KINDS[kind].id, ORIGINS.indexOf(origin), source ?? null);
    }
    if (layout.size > SLOT_LIMIT)
      throw new TraceError('limit', `The machine has ${layout.size} slots; a trace holds up to ${SLOT_LIMIT}.`);
    const slots: PlainCell[] = [];
    for (; this.#slots < layout.size; this.#slots++) {
      const slot = layout.descriptor(slotId(this.#slots));
      const initial = slot.initial === undefined ? null : BigInt.asIntN(64, slot.initial);
      const values = slot.values === undefined ? null : JSON.stringify(slot.values);
      slots.push(this.#slots, slot.path, slot.width, slot.register ?? null, values, initial);
    }
    this.#slot.runAll(6, slots);
    const numbered: PlainCell[] = [];
    for (; this.#interrupts < interrupts.size; this.#interrupts++) {
      const identity = interrupts.identity(this.#interrupts);
      if (identity === undefined) continue;
      const label = interruptLabel(identity.intid);
      numbered.push(this.#interrupts, identity.intid, identity.vcpu ?? null, label);
    }
    this.#interrupt.runAll(4, numbered);
    const fields: PlainCell[] = [];
    for (; this.#fields < interrupts.fields.length; this.#fields++) {
      const entry = interrupts.fields[this.#fields];
      if (entry === undefined) continue;
      const { slot, lsb, width } = entry.range;
      fields.push(entry.id, entry.interrupt, entry.field, slot, lsb, width);
    }
    this.#field.runAll(6, fields);
  }
}

const LAST_KIND = Math.max(...Object.values(KINDS).map(({ id }) => id));

/** Fills the dictionaries from the file, beyond what they hold already. */
export function loadDictionaries(
  db: Database.Database,
  names: NameTable,
  types: TypeTable,
  layout: Layout,
  interrupts: InterruptIndex,
): void {
  const rows = (sql: string, from: number): Iterable<unknown> => rowsFrom(db, sql, from);
  for (const row of rows('SELECT id, text FROM name WHERE id >= ? ORDER BY id', names.size))
    names.restore(integer(row, 0, 'name'), text(row, 1, 'name'));
  for (const row of rows('SELECT id, kind, origin, source FROM event_type WHERE id >= ? ORDER BY id', types.size)) {
    const number = integer(row, 1, 'event type');
    const kind = CODEC_BY_ID[number]?.kind;
    const origin = ORIGINS[integer(row, 2, 'event type')];
    const source = optionalText(row, 3, 'event type');
    if (number > LAST_KIND)
      throw new TraceError(
        'newer-version',
        `The trace has a kind of event, number ${number}, that this gicscope does not know. Open it with a newer gicscope.`,
      );
    if (kind === undefined || origin === undefined) throw damaged('event type', 'its kind or origin is unknown');
    types.restore(integer(row, 0, 'event type'), source === undefined ? { kind, origin } : { kind, origin, source });
  }
  const slots =
    'SELECT id, path, width, register, value_names, CAST(initial AS TEXT) FROM slot WHERE id >= ? ORDER BY id';
  for (const row of rows(slots, layout.size)) claim(layout, row);
  for (const row of rows('SELECT id, intid, vcpu FROM interrupt WHERE id >= ? ORDER BY id', interrupts.size)) {
    const vcpu = optionalUpTo(LAST_VCPU, row, 2, 'interrupt');
    // The column holds what the writer was given as an Intid.
    const intid = upTo(LAST_INTID, row, 1, 'interrupt') as Intid;
    const id = interrupts.declare(intid, vcpu === undefined ? undefined : vcpuId(vcpu));
    if (id !== integer(row, 0, 'interrupt')) throw damaged('table of interrupts', `row ${String(id)} is out of order`);
  }
  const fields = 'SELECT id, interrupt, field, slot, lsb, width FROM interrupt_field WHERE id >= ? ORDER BY id';
  for (const row of rows(fields, interrupts.fields.length)) addField(interrupts, layout, row);
}

/** Rows fetched at once: an array of them costs half of what one at a time does (65,536 LPIs have half a million fields). */
const ROWS_AT_ONCE = 4096;

/** The rows of a query that ends with `WHERE id >= ? ORDER BY id`, ids being dense. */
function* rowsFrom(db: Database.Database, sql: string, from: number): Generator<unknown> {
  const statement = db.prepare(`${sql} LIMIT ${ROWS_AT_ONCE}`).raw();
  for (let at = from, more = true; more; at += ROWS_AT_ONCE) {
    const rows = statement.all(at);
    yield* rows;
    more = rows.length === ROWS_AT_ONCE;
  }
}

function claim(layout: Layout, row: unknown): void {
  const id = integer(row, 0, 'slot');
  if (id !== layout.size || id >= SLOT_LIMIT) throw damaged(`slot ${id}`, 'the table of slots has a gap');
  const register = optionalText(row, 3, 'slot');
  const values = optionalText(row, 4, 'slot');
  const initial = optionalText(row, 5, 'slot');
  const width = integer(row, 2, 'slot');
  const descriptor: SlotDescriptor = {
    path: text(row, 1, 'slot'),
    width,
    ...(register === undefined ? {} : { register }),
    ...(values === undefined ? {} : { values: nameList(values, id) }),
    ...(initial === undefined ? {} : { initial: unsigned(initial, id) }),
  };
  try {
    layout.claim(descriptor);
  } catch (error) {
    throw damaged(`slot ${id}`, error instanceof Error ? error.message : String(error), error);
  }
}

function addField(interrupts: InterruptIndex, layout: Layout, row: unknown): void {
  const name = text(row, 2, 'interrupt field');
  const field = FIELD_BY_NAME.get(name);
  const slot = integer(row, 3, 'interrupt field');
  if (field === undefined) throw damaged('interrupt field', `${name} is unknown`);
  if (slot < 0 || slot >= layout.size) throw damaged('interrupt field', `slot ${slot} does not exist`);
  const range = {
    slot: slotId(slot),
    lsb: integer(row, 4, 'interrupt field'),
    width: integer(row, 5, 'interrupt field'),
  };
  try {
    const entry = interrupts.addField(integer(row, 1, 'interrupt field'), field, range);
    if (entry?.id !== integer(row, 0, 'interrupt field')) throw new RangeError('it is out of order');
  } catch (error) {
    throw damaged('interrupt field', error instanceof Error ? error.message : String(error), error);
  }
}

function nameList(json: string, slot: number): string[] {
  let list: unknown;
  try {
    list = JSON.parse(json);
  } catch (error) {
    throw damaged(`slot ${slot}`, 'its value names are not JSON', error);
  }
  if (!Array.isArray(list)) throw damaged(`slot ${slot}`, 'its value names are not a list');
  return list.map(String);
}

function unsigned(decimal: string, slot: number): bigint {
  if (!/^-?[0-9]{1,20}$/.test(decimal)) throw damaged(`slot ${slot}`, `its initial value is ${decimal}`);
  return BigInt.asUintN(64, BigInt(decimal));
}
