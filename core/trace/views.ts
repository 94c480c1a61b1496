/**
 * The readable face of a trace: SQL views that the plain `sqlite3` program, Datasette or DuckDB can use without
 * gicscope. They are written from the KINDS table, so a new kind shows up by itself.
 *
 * 64-bit values are stored as signed integers (SQLite has no others); `value` and `pc` show them as unsigned hex,
 * `value_int` is the signed number for arithmetic. CROSS JOIN fixes the join order: one pass over the events.
 */
import { ACCESS, KINDS, type KindSpec } from './kinds.ts';
import { LEGS } from './life.ts';

/** Bits of `event_row.moment` for the nanoseconds since the last row of `time_base`: up to 67 ms. */
export const SINCE_BITS = 26;

const hex = (column: string): string => `printf('0x%x', ${column})`;
const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** SQL that names an interrupt: `PPI 27`. Type 0 is a GICv3 or GICv2 SGI. */
function intidSql(column: string): string {
  return (
    `CASE (${column} >> 29) & 7 WHEN 0 THEN 'SGI ' WHEN 1 THEN 'PPI ' WHEN 2 THEN 'LPI ' WHEN 3 THEN 'SPI ' ` +
    `ELSE 'reserved ' END || (${column} & 16777215)`
  );
}

/** SQL that writes one payload field of event row `e` (name text `n.text`) as text; NULL when absent. */
function fieldSql(field: KindSpec['fields'][string]): string {
  const { place, type } = field;
  if (place.at === 'name') return 'n.text';
  const column = place.at === 'small' ? `((e.small >> ${place.lsb}) & ${(1 << place.bits) - 1})` : `e.${place.at}`;
  if (typeof type !== 'string')
    return `CASE ${column} ${type.map((text, index) => (text === '' ? '' : `WHEN ${index} THEN ${quote(text)}`)).join(' ')} END`;
  switch (type) {
    case 'u64':
      return hex(column);
    case 'intid':
      return intidSql(column);
    case 'text':
    case 'bool':
    case 'u32':
      return column;
  }
}

/** `register=ICC_CR0_EL1 op=write value=0x1` for every kind. */
function textSql(): string {
  const cases = Object.values<KindSpec>(KINDS).map((kind) => {
    const parts = Object.entries(kind.fields).map(([key, field]) => {
      const text = `' ${key}=' || ${fieldSql(field)}`;
      // An absent word of an enumeration is NULL, and so is what it is joined to.
      if (field.place.at === 'small') return field.optional === true ? `coalesce(${text}, '')` : text;
      return `coalesce(CASE WHEN ${columnOf(field)} IS NOT NULL THEN ${text} END, '')`;
    });
    return `WHEN ${kind.id} THEN ${parts.length === 0 ? "''" : `ltrim(${parts.join(' || ')})`}`;
  });
  return `CASE t.kind ${cases.join('\n      ')} END`;
}

function columnOf(field: KindSpec['fields'][string]): string {
  return field.place.at === 'name' ? 'n.text' : field.place.at === 'small' ? 'e.small' : `e.${field.place.at}`;
}

const accessKinds = [KINDS['register.access'].id, KINDS['mmio.access'].id];
const intidKinds = Object.values<KindSpec>(KINDS)
  .filter((kind) => Object.values(kind.fields).some((field) => field.type === 'intid'))
  .map((kind) => kind.id);

const legColumns = LEGS.map((leg) => `l.${leg}_seq, l.${leg}_time`).join(', ');

export const VIEWS = `
CREATE VIEW event_time AS
  SELECT r.seq, (SELECT b.time FROM time_base b WHERE b.seq <= r.seq ORDER BY b.seq DESC LIMIT 1)
    + (r.moment & ${2 ** SINCE_BITS - 1}) AS time, r.moment >> ${SINCE_BITS} AS what
  FROM event_row r;
CREATE VIEW event AS
  SELECT r.seq, r.time, w.meta & 4095 AS type, nullif((w.meta >> 12) & 1023, 0) - 1 AS vcpu,
    (w.meta >> 22) & 4095 AS small, nullif(w.meta >> 34, 0) AS name, w.value, w.arg, w.detail
  FROM event_time r CROSS JOIN event_what w ON w.id = r.what;
CREATE VIEW transition AS
  SELECT x.id >> 20 AS seq, k.interrupt, k.before, k.after
  FROM transition_row x CROSS JOIN transition_kind k ON k.id = x.id & 1048575;

CREATE VIEW events AS
  SELECT e.seq, e.time, e.vcpu, o.name AS origin, k.name AS kind, t.source, n.text AS name,
    CASE WHEN t.kind IN (${intidKinds.join(', ')}) AND e.arg IS NOT NULL THEN ${intidSql('e.arg')} END AS interrupt,
    CASE WHEN e.value IS NOT NULL THEN ${hex('e.value')} END AS value,
    CASE WHEN e.arg IS NOT NULL THEN ${hex('e.arg')} END AS arg,
    ${textSql()} AS text,
    (SELECT x.text FROM detail x WHERE x.id = e.detail) AS detail
  FROM event e CROSS JOIN event_type t ON t.id = e.type CROSS JOIN kind k ON k.id = t.kind
    CROSS JOIN origin o ON o.id = t.origin LEFT JOIN name n ON n.id = e.name;

CREATE VIEW register_access AS
  SELECT e.seq, e.time, e.vcpu, o.name AS origin, n.text AS register,
    CASE e.small & 3 ${ACCESS.map((op, index) => `WHEN ${index} THEN ${quote(op)}`).join(' ')} END AS op,
    CASE WHEN e.value IS NOT NULL THEN ${hex('e.value')} END AS value,
    e.value AS value_int,
    CASE WHEN t.kind = ${KINDS['register.access'].id} AND e.arg IS NOT NULL THEN ${hex('e.arg')} END AS pc,
    CASE WHEN t.kind = ${KINDS['mmio.access'].id} THEN e.arg END AS "offset",
    t.source
  FROM event e CROSS JOIN event_type t ON t.id = e.type AND t.kind IN (${accessKinds.join(', ')})
    CROSS JOIN name n ON n.id = e.name CROSS JOIN origin o ON o.id = t.origin;

CREATE VIEW interrupt_transition AS
  SELECT x.seq, e.time, i.label AS interrupt, i.vcpu, b.name AS before, a.name AS after
  FROM transition x CROSS JOIN event_time e ON e.seq = x.seq CROSS JOIN interrupt i ON i.id = x.interrupt
    CROSS JOIN state_name b ON b.code = x.before CROSS JOIN state_name a ON a.code = x.after;

CREATE VIEW interrupt_life AS
  SELECT l.id, ${intidSql('l.intid')} AS interrupt, l.vcpu, ${legColumns},
    l.acknowledged_time - coalesce(l.raised_time, l.pending_time) AS to_acknowledge,
    l.deactivated_time - l.acknowledged_time AS handling
  FROM life l;

CREATE VIEW slots AS
  SELECT s.id, s.path, s.width, s.register, s.value_names,
    CASE WHEN s.initial IS NOT NULL THEN ${hex('s.initial')} END AS initial
  FROM slot s;
`;
