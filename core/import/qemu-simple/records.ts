/**
 * Records of a `simple` trace, version 4 (trace-import-formats §6.2): names of events, events, counts of lost ones.
 *
 * Bytes are pushed as they come; what is cut by the end of a piece waits for the next. A record is at most MOST_BYTES
 * long and a name LONGEST_NAME, so at most that much is kept. Cost: one pass.
 */

/** What a record is; valid until the next one. */
export interface EventRecord {
  /** Name of the event; `#12` where the file has no name for its number. */
  readonly name: string;
  /** Nanoseconds of the host's monotonic clock. */
  readonly time: bigint;
  readonly arguments: DataView;
}

export interface RecordReceiver {
  event(record: EventRecord): void;
  /** So many events were dropped before the next record. */
  lost(count: bigint, time: bigint): void;
}

/** The bytes contradict the format, or are of an older one. */
export class SimpleFault extends Error {
  readonly byte: number;
  readonly code: 'corrupt' | 'unsupported';

  constructor(problem: string, byte: number, code: SimpleFault['code'] = 'corrupt') {
    super(problem);
    this.name = 'SimpleFault';
    this.byte = byte;
    this.code = code;
  }
}

const HEADER_BYTES = 24;
const MARK = 0xffff_ffff_ffff_ffffn;
const MAGIC = 0xf2b1_77cb_0aa4_29b4n;
const CURRENT = 4n;

const NAME = 0n;
const EVENT = 1n;
const DROPPED = 0xffff_ffff_ffff_fffen;
const NAME_HEAD = 20;
const EVENT_HEAD = 32;
/** Bytes of an event's own head that its length counts. */
const COUNTED_HEAD = 24;
const MOST_BYTES = 1024 * 1024;
const LONGEST_NAME = 1024;
const MOST_NAMES = 100_000;

/** Byte order and version of a header; undefined: it is none. */
export function readHeader(head: Uint8Array): { readonly little: boolean; readonly version: bigint } | undefined {
  if (head.length < HEADER_BYTES) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, HEADER_BYTES);
  if (view.getBigUint64(0) !== MARK) return undefined;
  const little = view.getBigUint64(8, true) === MAGIC;
  if (!little && view.getBigUint64(8) !== MAGIC) return undefined;
  return { little, version: view.getBigUint64(16, little) };
}

export class SimpleRecords {
  readonly #to: RecordReceiver;
  readonly #names = new Map<bigint, string>();
  #rest: Uint8Array = new Uint8Array(0);
  /** Offset of the first byte in `#rest`. */
  #at = 0;
  #little: boolean | undefined;

  constructor(to: RecordReceiver) {
    this.#to = to;
  }

  /** @throws SimpleFault */
  push(piece: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let used = 0;
    if (this.#little === undefined) {
      if (bytes.length < HEADER_BYTES) return this.#keep(bytes, 0);
      this.#little = this.#header(bytes);
      used = HEADER_BYTES;
    }
    for (let next = this.#record(view, used, this.#little); next > used; next = this.#record(view, used, this.#little))
      used = next;
    this.#keep(bytes, used);
  }

  /** @throws SimpleFault where a record is cut off */
  end(): void {
    if (this.#little === undefined) throw new SimpleFault('the file ends inside its header.', this.#at);
    if (this.#rest.length > 0)
      throw new SimpleFault(`the file ends inside a record, ${this.#rest.length} bytes after its beginning.`, this.#at);
  }

  #keep(bytes: Uint8Array, used: number): void {
    // A copy: the reader of the file may use its buffer again.
    this.#rest = Uint8Array.from(bytes.subarray(used));
    this.#at += used;
  }

  #header(bytes: Uint8Array): boolean {
    const header = readHeader(bytes);
    if (header === undefined) throw new SimpleFault('this is no simple trace: its first 16 bytes are others.', 0);
    if (header.version !== CURRENT)
      throw new SimpleFault(
        `version ${header.version} of the format, which names no events; version 4 (QEMU 2.12 and later) can be read.`,
        16,
        'unsupported',
      );
    return header.little;
  }

  /** Reads the record at `at`; where the next one begins, or `at` itself when it is not complete. */
  #record(view: DataView, at: number, little: boolean): number {
    if (view.byteLength - at < 8) return at;
    const type = view.getBigUint64(at, little);
    if (type === NAME) return this.#name(view, at, little);
    if (type === EVENT) return this.#event(view, at, little);
    throw new SimpleFault(`a record of type 0x${type.toString(16)}; there are 0 (name) and 1 (event).`, this.#at + at);
  }

  #name(view: DataView, at: number, little: boolean): number {
    if (view.byteLength - at < NAME_HEAD) return at;
    const length = view.getUint32(at + 16, little);
    if (length === 0 || length > LONGEST_NAME)
      throw new SimpleFault(`an event's name of ${length} bytes; at most ${LONGEST_NAME} are allowed.`, this.#at + at);
    const end = at + NAME_HEAD + length;
    if (end > view.byteLength) return at;
    const name = textOf(view, at + NAME_HEAD, length);
    if (this.#names.size < MOST_NAMES) this.#names.set(view.getBigUint64(at + 8, little), name);
    return end;
  }

  #event(view: DataView, at: number, little: boolean): number {
    if (view.byteLength - at < EVENT_HEAD) return at;
    const length = view.getUint32(at + 24, little);
    if (length < COUNTED_HEAD || length > MOST_BYTES)
      throw new SimpleFault(
        `an event of ${length} bytes; it has at least ${COUNTED_HEAD} and at most ${MOST_BYTES}.`,
        this.#at + at,
      );
    const end = at + 8 + length;
    if (end > view.byteLength) return at;
    const id = view.getBigUint64(at + 8, little);
    const time = view.getBigUint64(at + 16, little);
    const values = new DataView(view.buffer, view.byteOffset + at + EVENT_HEAD, length - COUNTED_HEAD);
    if (id === DROPPED) this.#to.lost(values.byteLength >= 8 ? values.getBigUint64(0, little) : 0n, time);
    else this.#to.event({ name: this.#names.get(id) ?? `#${id}`, time, arguments: values });
    return end;
  }

  /** Byte order, once the header was read. */
  get isLittle(): boolean {
    return this.#little === true;
  }
}

/** A name's text: the bytes that names have, others as `?`. */
function textOf(view: DataView, at: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length);
  return Buffer.from(bytes)
    .toString('latin1')
    .replace(/[^\w.]/g, '?');
}
