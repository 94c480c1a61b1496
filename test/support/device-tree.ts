/** Makes flattened device trees, for tests of what reads them. */

/** Cells, text, a list of texts, or raw bytes. */
type Value = readonly number[] | string | readonly string[] | Uint8Array;
export interface TestNode {
  readonly [name: string]: Value | TestNode;
}

const isNode = (value: Value | TestNode): value is TestNode =>
  typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array);

const word = (value: number): Buffer => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value >>> 0);
  return out;
};
const padded = (data: Uint8Array): Buffer => Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);

function bytesOf(value: Value): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(`${value}\0`);
  return Buffer.concat(value.map((part) => (typeof part === 'number' ? word(part) : Buffer.from(`${part}\0`))));
}

export function deviceTree(root: TestNode): Buffer {
  let strings = '';
  const property = (name: string, value: Value): Buffer[] => {
    const at = strings.length;
    strings += `${name}\0`;
    const data = bytesOf(value);
    return [word(3), word(data.length), word(at), padded(data)];
  };
  const node = (name: string, content: TestNode): Buffer[] => [
    word(1),
    padded(Buffer.from(`${name}\0`)),
    ...Object.entries(content).flatMap(([key, value]) => (isNode(value) ? node(key, value) : property(key, value))),
    word(2),
  ];
  const structure = Buffer.concat([...node('', root), word(9)]);
  const start = 40 + 16;
  const total = start + structure.length + strings.length;
  const header = [0xd00dfeed, total, start, start + structure.length, 40, 17, 16, 0, strings.length, structure.length];
  return Buffer.concat([...header.map(word), Buffer.alloc(16), structure, Buffer.from(strings, 'latin1')]);
}
