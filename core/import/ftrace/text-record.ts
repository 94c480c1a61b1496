/** The present line of ftrace text as an `FtraceRecord`. One object serves all lines; it is valid until the next one. */
import { type FieldValue, readPayload } from './payload.ts';
import { type DetailValues, type FtraceRecord, shown, THREADS } from './record.ts';
import { newTextLine, type TextLine } from './text-line.ts';

export class TextRecord implements FtraceRecord {
  time = 0;
  record = 0;
  readonly line: TextLine = newTextLine();
  #text = '';
  #fields: Map<string, FieldValue> | undefined;

  load(text: string, record: number): void {
    this.#text = text;
    this.record = record;
    this.#fields = undefined;
  }

  get cpu(): number {
    return this.line.cpu;
  }

  get pid(): number {
    return this.line.pid;
  }

  get tgid(): number {
    return this.line.tgid;
  }

  /** Files of a report may be of a host and its guests. */
  get kernel(): number {
    const { buffer, files } = this.line;
    return buffer === '' ? 0 : Math.max(files.indexOf(buffer), 0) * THREADS;
  }

  get comm(): string {
    return this.line.isPerf && this.line.pid === 0 ? '<idle>' : this.line.comm;
  }

  get flags(): number {
    return this.line.flags;
  }

  get name(): string {
    return this.line.name;
  }

  int(field: string): number | undefined {
    const value = this.#parsed.get(field);
    return typeof value === 'bigint' ? Number(value) : undefined;
  }

  u64(field: string): bigint | undefined {
    const value = this.#parsed.get(field);
    return typeof value === 'bigint' ? BigInt.asUintN(64, value) : undefined;
  }

  text(field: string): string | undefined {
    const value = this.#parsed.get(field);
    return typeof value === 'string' ? value : undefined;
  }

  describe(to: DetailValues): void {
    const { tgid, buffer } = this.line;
    if (tgid >= 0) to['TGID'] = tgid;
    if (buffer !== '') to['buffer'] = buffer;
    for (const [field, value] of this.#parsed) to[field] = typeof value === 'bigint' ? shown(value) : value;
    if (this.#parsed.size === 0) to['text'] = this.#text.slice(this.line.payloadAt).trim().slice(0, 1000);
  }

  get #parsed(): Map<string, FieldValue> {
    return (this.#fields ??= readPayload(this.line.name, this.#text.slice(this.line.payloadAt)));
  }
}
