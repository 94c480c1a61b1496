/**
 * Values as text, with what structured clone keeps: undefined, typed arrays, dates, maps, errors … Both functions are also
 * sent to the browser as source, so they may use nothing from outside of themselves.
 */

/** @throws DataCloneError, as IPC does, for functions, symbols, proxies and the like. */
export function encodeClone(value: unknown): string {
  const toBase64 = (bytes: Uint8Array): string => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(text);
  };
  const mark = (item: unknown): unknown => {
    if (item === undefined) return { t: 'undefined' };
    if (typeof item === 'number' && (!Number.isFinite(item) || Object.is(item, -0))) {
      return { t: 'number', v: Object.is(item, -0) ? '-0' : String(item) };
    }
    if (typeof item === 'bigint') return { t: 'bigint', v: String(item) };
    if (typeof item !== 'object' || item === null) return item;
    if (Array.isArray(item)) return item.map(mark);
    if (ArrayBuffer.isView(item)) {
      const bytes = new Uint8Array(item.buffer, item.byteOffset, item.byteLength);
      return { t: 'view', k: Object.prototype.toString.call(item).slice(8, -1), v: toBase64(bytes) };
    }
    if (item instanceof ArrayBuffer) return { t: 'buffer', v: toBase64(new Uint8Array(item)) };
    if (item instanceof Date) return { t: 'date', v: mark(item.getTime()) };
    if (item instanceof Map) return { t: 'map', v: mark([...item]) };
    if (item instanceof Set) return { t: 'set', v: mark([...item]) };
    if (item instanceof Error) return { t: 'error', name: item.name, message: item.message };
    return { t: 'object', v: Object.entries(item).map(([key, child]) => [key, mark(child)]) };
  };
  return JSON.stringify(mark(structuredClone(value)));
}

export function decodeClone(text: string): unknown {
  interface Marked {
    readonly t: string;
    readonly k: string;
    readonly v: unknown;
    readonly name: string;
    readonly message: string;
  }
  const fromBase64 = (base64: unknown): ArrayBuffer =>
    Uint8Array.from(atob(String(base64)), (character) => character.charCodeAt(0)).buffer;
  const unmark = (item: unknown): unknown => {
    if (typeof item !== 'object' || item === null) return item;
    if (Array.isArray(item)) return item.map(unmark);
    // The text comes from encodeClone alone: an object is a mark, and its kind says which members it has.
    const { t, k, v, name, message } = item as Marked;
    switch (t) {
      case 'undefined':
        return undefined;
      case 'number':
        return Number(v);
      case 'bigint':
        return BigInt(String(v));
      case 'view': {
        const View = Reflect.get(globalThis, k) as new (buffer: ArrayBuffer) => ArrayBufferView;
        return new View(fromBase64(v));
      }
      case 'buffer':
        return fromBase64(v);
      case 'date':
        return new Date(Number(unmark(v)));
      case 'map':
        return new Map(unmark(v) as [unknown, unknown][]);
      case 'set':
        return new Set(unmark(v) as unknown[]);
      case 'error':
        return Object.assign(new Error(message), { name });
      default:
        return Object.fromEntries((v as [string, unknown][]).map(([key, child]) => [key, unmark(child)]));
    }
  };
  return unmark(JSON.parse(text));
}
