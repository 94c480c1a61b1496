/** One event in full: payload, decoded value, the changes it made, the lives it belongs to, places worth a jump. */
import { registerByName } from '../gic/registers.ts';
import { type Seq } from '../state/brand.ts';
import { interruptLabel } from '../trace/interrupts.ts';
import { KINDS, type TraceEvent } from '../trace/kinds.ts';
import { type Life, LEGS } from '../trace/life.ts';
import { type Result } from './contract.ts';
import { quote } from '../debug/condition/words.ts';
import { type OpenTrace } from './open-trace.ts';
import { eventRow, hex, wideHex } from './rows.ts';
import { stepWords } from './step-words.ts';
import { fieldsOf } from './slots.ts';

type Detail = Result<'events.detail'>;

const LEG_WORDS: Readonly<Record<(typeof LEGS)[number], string>> = {
  raised: 'Line raised',
  pending: 'Became pending',
  acknowledged: 'Acknowledged',
  dropped: 'Priority dropped',
  deactivated: 'Deactivated',
};

export async function eventDetail(trace: OpenTrace, at: Seq, signal: AbortSignal): Promise<Detail> {
  const { reader } = trace;
  const event = reader.event(at);
  const lives = reader.lives.at(at).map(lifeView);
  return {
    row: eventRow(event),
    source: event.source ?? '',
    line: event.line ?? null,
    raw: event.line === undefined ? null : (reader.rawLine(event.line) ?? null),
    facts: facts(event),
    fields: 'register' in event ? valueFields(event) : [],
    changes: reader.changesOf(at).map(({ slot, before, after }) => ({
      path: reader.layout.descriptor(slot).path,
      before: before === undefined ? null : hex(before),
      after: after === undefined ? null : hex(after),
    })),
    lives,
    related: [...(await neighbours(trace, event, signal)), ...lives.flatMap((life) => momentsOf(life, at))],
  };
}

/** A life as the contract has it. */
export function lifeView(life: Life): Detail['lives'][number] {
  return {
    id: life.id,
    intid: life.intid,
    label: interruptLabel(life.intid),
    vcpu: life.vcpu ?? null,
    moments: { ...life.moments },
  };
}

/** What a kind's own fields say, labelled, then what the source said beyond them. */
function facts(event: TraceEvent): Detail['facts'] {
  const out: Detail['facts'] = [];
  // Payload fields are found through the kind's table; they are the event's own properties.
  const payload = event as unknown as Readonly<Record<string, unknown>>;
  const words = event.kind === 'kvm.step' ? stepWords(event) : undefined;
  for (const [name, spec] of Object.entries(KINDS[event.kind].fields)) {
    const value = payload[name];
    if (value === undefined) continue;
    const text = factText(spec.type, value);
    const [label, said] = words?.get(name) ?? [name];
    out.push({ label, text: said === undefined || said === text ? text : `${said} (${text})` });
  }
  for (const [label, value] of Object.entries(event.detail ?? {})) out.push({ label, text: String(value) });
  return out;
}

function factText(type: unknown, value: unknown): string {
  if (typeof value === 'bigint') return wideHex(value);
  if (type === 'intid' && typeof value === 'number') return `${interruptLabel(value)} (0x${value.toString(16)})`;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}

function valueFields(event: Extract<TraceEvent, { readonly register: string }>): Detail['fields'] {
  return event.value === undefined ? [] : fieldsOf(registerByName(event.register), event.value);
}

async function neighbours(trace: OpenTrace, event: TraceEvent, signal: AbortSignal): Promise<Detail['related']> {
  if (!('register' in event)) return [];
  const condition = `access ${quote(event.register)}`;
  const out: Detail['related'] = [];
  for (const [word, direction] of NEIGHBOURS) {
    const seq = await trace.search.find(condition, event.seq, direction, 'level', signal);
    if (seq !== undefined) out.push({ label: `${word} access of ${event.register}`, seq });
  }
  return out;
}

const NEIGHBOURS = [
  ['Previous', 'backward'],
  ['Next', 'forward'],
] as const;

function momentsOf(life: Detail['lives'][number], at: Seq): Detail['related'] {
  return LEGS.flatMap((leg) => {
    const moment = life.moments[leg];
    return moment === undefined || moment.seq === at
      ? []
      : [{ label: `${life.label}: ${LEG_WORDS[leg]}`, seq: moment.seq }];
  });
}
