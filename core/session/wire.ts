/**
 * One message as one binary frame: JSON for the structure, the typed arrays after it as they are.
 *
 * Frame, little-endian: `GSW1`, u32 JSON bytes, u32 arrays; per array u32 kind and u32 elements; the JSON; the arrays.
 * JSON and arrays start at multiples of 8. In the JSON a typed array is `{"$": index}`; a number that JSON lacks is
 * `{"$": "NaN"}`; an object that really has a member `$` is wrapped: `{"$": {…its members…}}`. So every plain value
 * (null, booleans, numbers, strings, arrays, objects, typed arrays) comes back equal; anything else is refused by
 * name when written. Members that are `undefined` are left out, as in JSON.
 *
 * Reading trusts nothing: all lengths are checked against the frame and the limits before they are used, and the
 * only thing thrown is a WireError. Cost: one pass over the value and one copy of each array per side.
 */
const MAGIC = 0x3157_5347;
const HEAD = 12;
const TAG = '$';

/** Bounds of a frame. */
export interface WireLimits {
  readonly bytes: number;
  readonly arrays: number;
  /** Nesting of arrays and objects. */
  readonly depth: number;
}
/** From a front end: arguments are small. */
export const REQUEST_LIMITS: WireLimits = { bytes: 1 << 20, arrays: 16, depth: 32 };
/** From the backend: rows, hits, lanes. */
export const ANSWER_LIMITS: WireLimits = { bytes: 1 << 28, arrays: 1 << 17, depth: 64 };

/** A value that cannot be written, or a frame that cannot be read. */
export class WireError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WireError';
  }
}

export type TypedArray =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** The position in this table is the kind's number on the wire: append only. */
const KINDS: readonly {
  readonly name: string;
  readonly size: number;
  readonly make: (buffer: ArrayBuffer) => TypedArray;
}[] = [
  { name: 'Uint8Array', size: 1, make: (buffer) => new Uint8Array(buffer) },
  { name: 'Int8Array', size: 1, make: (buffer) => new Int8Array(buffer) },
  { name: 'Uint16Array', size: 2, make: (buffer) => new Uint16Array(buffer) },
  { name: 'Int16Array', size: 2, make: (buffer) => new Int16Array(buffer) },
  { name: 'Uint32Array', size: 4, make: (buffer) => new Uint32Array(buffer) },
  { name: 'Int32Array', size: 4, make: (buffer) => new Int32Array(buffer) },
  { name: 'Float32Array', size: 4, make: (buffer) => new Float32Array(buffer) },
  { name: 'Float64Array', size: 8, make: (buffer) => new Float64Array(buffer) },
];
const KIND_OF = new Map(KINDS.map(({ name }, kind) => [name, kind]));
const NUMBERS: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/** Writes one value. @throws WireError naming the member that has no form on the wire, or the limit it exceeds. */
export function encodeFrame(value: unknown, limits: WireLimits = ANSWER_LIMITS): Uint8Array<ArrayBuffer> {
  const arrays: { kind: number; array: ArrayBufferView }[] = [];
  /** Where the walk is, for messages; a failure ends the walk, so nothing needs to be taken back. */
  const trail: (string | number)[] = [];
  const refuse = (why: string): never => {
    throw new WireError(`${['value', ...trail].join('.')}: ${why}`);
  };

  function encode(item: unknown): unknown {
    if (item === null || typeof item === 'string' || typeof item === 'boolean') return item;
    if (typeof item === 'number') {
      if (Number.isFinite(item) && !Object.is(item, -0)) return item;
      return { [TAG]: Object.is(item, -0) ? '-0' : String(item) };
    }
    if (typeof item !== 'object') return refuse(`a value of type ${typeof item} cannot be sent`);
    if (trail.length >= limits.depth) return refuse(`nested deeper than ${limits.depth}`);
    if (ArrayBuffer.isView(item)) {
      const kind = KIND_OF.get(kindName(item));
      if (kind === undefined) return refuse(`a ${kindName(item)} cannot be sent`);
      if (arrays.length >= limits.arrays) return refuse(`more than ${limits.arrays} typed arrays`);
      arrays.push({ kind, array: item });
      return { [TAG]: arrays.length - 1 };
    }
    if (Array.isArray(item)) return Array.from(item, (child, index) => step(index, child));
    if (!isPlain(item)) return refuse('only plain objects, arrays and typed arrays can be sent');
    const members = Object.entries(item).filter(([, child]) => child !== undefined);
    const object = Object.fromEntries(members.map(([key, child]) => [key, step(key, child)]));
    return Object.hasOwn(object, TAG) ? { [TAG]: object } : object;
  }
  function step(key: string | number, child: unknown): unknown {
    trail.push(key);
    const encoded = encode(child);
    trail.pop();
    return encoded;
  }

  const json = new TextEncoder().encode(JSON.stringify(encode(value)));
  const jsonStart = aligned(HEAD + arrays.length * 8);
  let end = aligned(jsonStart + json.length);
  const starts = arrays.map(({ array }) => {
    const start = end;
    end = aligned(end + array.byteLength);
    return start;
  });
  if (end > limits.bytes) throw new WireError(`a message of ${end} bytes exceeds the limit of ${limits.bytes}`);
  const frame = new Uint8Array(end);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, json.length, true);
  view.setUint32(8, arrays.length, true);
  frame.set(json, jsonStart);
  arrays.forEach(({ kind, array }, index) => {
    const size = KINDS[kind]?.size ?? 1;
    view.setUint32(HEAD + index * 8, kind, true);
    view.setUint32(HEAD + index * 8 + 4, array.byteLength / size, true);
    frame.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), starts[index]);
  });
  return frame;
}

/** Reads one frame. @throws WireError when it is not exactly one well-formed frame within the limits. */
export function decodeFrame(frame: Uint8Array, limits: WireLimits = ANSWER_LIMITS): unknown {
  if (frame.byteLength > limits.bytes) {
    throw new WireError(`a frame of ${frame.byteLength} bytes exceeds the limit of ${limits.bytes}`);
  }
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.byteLength < HEAD || view.getUint32(0, true) !== MAGIC) {
    throw new WireError('byte 0: not a gicscope frame (expected "GSW1")');
  }
  const jsonBytes = view.getUint32(4, true);
  const count = view.getUint32(8, true);
  if (count > limits.arrays) throw new WireError(`byte 8: ${count} typed arrays, at most ${limits.arrays} allowed`);
  const jsonStart = aligned(HEAD + count * 8);
  let end = aligned(jsonStart + jsonBytes);
  if (end > frame.byteLength) throw new WireError(`byte 4: the text ends at ${end}, the frame at ${frame.byteLength}`);
  const arrays: TypedArray[] = [];
  for (let index = 0; index < count; index++) {
    const at = HEAD + index * 8;
    const number = view.getUint32(at, true);
    const kind = KINDS[number];
    if (kind === undefined) throw new WireError(`byte ${at}: unknown kind of typed array ${number}`);
    const bytes = view.getUint32(at + 4, true) * kind.size;
    const next = aligned(end + bytes);
    if (next > frame.byteLength) {
      throw new WireError(`byte ${at + 4}: a typed array ends at ${next}, the frame at ${frame.byteLength}`);
    }
    arrays.push(kind.make(copyOf(frame, end, bytes)));
    end = next;
  }
  if (end !== frame.byteLength) throw new WireError(`byte ${end}: ${frame.byteLength - end} bytes too many`);

  function decode(item: unknown, depth: number): unknown {
    if (typeof item !== 'object' || item === null) return item;
    if (depth >= limits.depth) throw new WireError(`nested deeper than ${limits.depth}`);
    if (Array.isArray(item)) return item.map((child) => decode(child, depth + 1));
    const tag: unknown = Object.hasOwn(item, TAG) ? Reflect.get(item, TAG) : undefined;
    if (tag === undefined) return members(item, depth);
    if (Object.keys(item).length !== 1) throw new WireError('a marked value has further members');
    if (typeof tag === 'number') {
      const array = arrays[tag];
      if (array === undefined) throw new WireError(`there is no typed array ${tag}`);
      return array;
    }
    if (typeof tag === 'string') {
      const number = NUMBERS.get(tag);
      if (number === undefined) throw new WireError('unknown marked number');
      return number;
    }
    if (typeof tag !== 'object' || tag === null || Array.isArray(tag)) throw new WireError('unknown marked value');
    return members(tag, depth);
  }
  // fromEntries defines members instead of assigning them, so `__proto__` is a member like any other.
  const members = (item: object, depth: number): unknown =>
    Object.fromEntries(Object.entries(item).map(([key, child]) => [key, decode(child, depth + 1)]));

  return decode(parse(frame.subarray(jsonStart, jsonStart + jsonBytes)), 0);
}

function parse(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json));
  } catch (error) {
    throw new WireError(`the text of the frame is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function copyOf(frame: Uint8Array, start: number, bytes: number): ArrayBuffer {
  const copy = new Uint8Array(bytes);
  copy.set(frame.subarray(start, start + bytes));
  return copy.buffer;
}

/** `Uint8Array` also for subclasses such as Node's Buffer, and for arrays of another realm. */
function kindName(array: ArrayBufferView): string {
  const name: unknown = Reflect.get(array, Symbol.toStringTag);
  return typeof name === 'string' ? name : 'view';
}

function isPlain(item: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(item);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
