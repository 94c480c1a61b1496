/**
 * Messages of trace-points: text with `{…}` for facts. A name is a fact of the event (`{time}`, `{seq}`, `{vcpu}`,
 * `{kind}`, `{name}`, `{origin}`, any payload field) or the path of a slot or field, whose value after the event is
 * shown. `{{` and `}}` are single braces. A fact that the event does not have, or a value that is not known, shows
 * as such; it never stops a search.
 */
import { formatIntid } from '../gic/intid.ts';
import { KINDS, type KindSpec, type TraceEvent } from '../trace/kinds.ts';
import { formatDuration } from './condition/print.ts';

export type MessagePart = { readonly text: string } | { readonly name: string };

const MAX_PARTS = 256;

/** @throws Error with the place, for an open brace without its name. */
export function parseTemplate(template: string): MessagePart[] {
  const out: MessagePart[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') out.push({ text });
    text = '';
  };
  for (let at = 0; at < template.length;) {
    const two = template.slice(at, at + 2);
    if (two === '{{' || two === '}}') {
      text += two.charAt(0);
      at += 2;
    } else if (two.startsWith('{')) {
      const end = template.indexOf('}', at);
      const name = end < 0 ? '' : template.slice(at + 1, end).trim();
      if (!/^[A-Za-z_][A-Za-z0-9_.]*$/.test(name))
        throw new Error(`Character ${at + 1} of the message: expected {name}, such as {time}; for a brace write {{.`);
      flush();
      out.push({ name });
      at = end + 1;
    } else if (two.startsWith('}'))
      throw new Error(`Character ${at + 1} of the message: } without its {; for a brace write }}.`);
    else text += template.charAt(at++);
  }
  flush();
  if (out.length > MAX_PARTS) throw new Error(`A message has at most ${MAX_PARTS} parts.`);
  return out;
}

/** `valueOf`: value of a slot or field after the event; undefined: unknown, null: there is none. */
export function renderMessage(
  parts: readonly MessagePart[],
  event: TraceEvent,
  valueOf: (path: string) => bigint | undefined | null,
): string {
  return parts.map((part) => ('text' in part ? part.text : factText(part.name, event, valueOf))).join('');
}

function factText(name: string, event: TraceEvent, valueOf: (path: string) => bigint | undefined | null): string {
  switch (name) {
    case 'seq':
      return `#${event.seq}`;
    case 'time':
      return formatDuration(event.time);
    case 'vcpu':
      return event.vcpu === undefined ? 'none' : String(event.vcpu);
    case 'kind':
      return event.kind;
    case 'origin':
      return event.origin;
    case 'name':
      return event.source ?? event.kind;
  }
  const fields: KindSpec['fields'] = KINDS[event.kind].fields;
  const spec = fields[name];
  if (spec === undefined) {
    const value = valueOf(name);
    return value === null ? `{${name}?}` : value === undefined ? 'unknown' : `0x${value.toString(16)}`;
  }
  const value: unknown = Object.entries(event).find(([key]) => key === name)?.[1];
  if (value === undefined) return 'none';
  if (spec.type === 'intid' && typeof value === 'number') return formatIntid(value);
  return typeof value === 'bigint' ? `0x${value.toString(16)}` : String(value);
}
