/**
 * The GIC's frames out of a flattened device tree (Devicetree Specification §5; `/sys/firmware/fdt`, or what
 * `qemu-system-aarch64 -machine dumpdtb=FILE` writes). Nodes are told by `compatible`, their registers by `reg` with the
 * cells of the parent, translated by the `ranges` of all nodes above. Everything is bounded by the file, which is untrusted.
 */
import { basename } from 'node:path';
import { ImportError } from '../errors.ts';
import { type FrameName, type FramePlace, type Machine, modelOf } from './machine.ts';

const MAGIC = 0xd00dfeed;
const HEADER = 40;
const OLDEST_VERSION = 16;
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROPERTY = 3;
const NOP = 4;
const END = 9;
const DEEPEST = 64;
const MOST_NODES = 100_000;
const MOST_FRAMES = 64;

interface Node {
  readonly properties: Map<string, Uint8Array>;
  readonly children: Node[];
}

interface Region {
  readonly base: bigint;
  readonly size: bigint;
}

/** Which registers of a node are which frame. */
type Rule = (node: Node, regions: readonly Region[]) => FramePlace[];

const frame = (name: FrameName, region: Region | undefined, stride?: bigint): FramePlace[] =>
  region === undefined ? [] : [{ name, ...region, ...(stride === undefined ? {} : { stride }) }];

const gicV2: Rule = (_, [distributor, interfaces]) => [...frame('GICD', distributor), ...frame('GICC', interfaces)];
const gicV3: Rule = (node, [distributor, ...rest]) => {
  const regions = Number(cells(node, '#redistributor-regions', 1));
  const stride = BigInt(cells(node, 'redistributor-stride', 0n));
  return [
    ...frame('GICD', distributor),
    ...rest.slice(0, regions).flatMap((region) => frame('GICR', region, stride === 0n ? undefined : stride)),
  ];
};
/** The frames of several security states; software outside the Secure state sees the Non-secure one. */
const irs: Rule = (node, regions) => {
  const named = texts(node.properties.get('reg-names')).indexOf('ns-config');
  return frame('IRS', regions[Math.max(0, named)]);
};
const its: Rule = (_, [region]) => frame('ITS', region);

const RULES: ReadonlyMap<string, Rule> = new Map([
  ['arm,gic-v3', gicV3],
  ['arm,gic-v3-its', its],
  ['arm,gic-v5-irs', irs],
  ['arm,gic-v5-its', its],
  ...['arm,gic-400', 'arm,cortex-a15-gic', 'arm,cortex-a9-gic', 'arm,cortex-a7-gic', 'arm,pl390'].map(
    (compatible) => [compatible, gicV2] as const,
  ),
]);

/** @throws ImportError that names the byte when it is no device tree, or one without a GIC */
export function readDeviceTree(bytes: Uint8Array, file: string): Machine {
  const root = new Parser(bytes, file).root();
  const frames: FramePlace[] = [];
  collect(root, (region) => region, frames);
  if (frames.length === 0)
    throw new ImportError({
      code: 'unsupported',
      file,
      problem: 'the device tree has no node of a GICv2, GICv3 or GICv5 with registers.',
      hint: 'Is it the device tree of the recorded machine (for a host’s trace of its guest: the guest’s)?',
      at: { byte: 0 },
    });
  return { gic: modelOf(frames), frames, from: `the device tree ${basename(file)}` };
}

function collect(node: Node, toRoot: (region: Region) => Region, frames: FramePlace[]): void {
  const address = Number(cells(node, '#address-cells', 2));
  const size = Number(cells(node, '#size-cells', 1));
  for (const child of node.children) {
    const rule = texts(child.properties.get('compatible')).flatMap((name) => RULES.get(name) ?? [])[0];
    if (rule !== undefined && frames.length < MOST_FRAMES)
      frames.push(...rule(child, regionsOf(child.properties.get('reg'), address, size).map(toRoot)));
    collect(child, translation(child, address, toRoot), frames);
  }
}

/** From the addresses of a node's children to those of the root. Empty or no `ranges`: they are the same. */
function translation(node: Node, parentCells: number, toRoot: (region: Region) => Region): (region: Region) => Region {
  const data = node.properties.get('ranges') ?? new Uint8Array();
  const own = Number(cells(node, '#address-cells', 2));
  const size = Number(cells(node, '#size-cells', 1));
  const width = 4 * (own + parentCells + size);
  const rows = Array.from({ length: width === 0 ? 0 : Math.floor(data.length / width) }, (_, i) => {
    const at = i * width;
    return {
      from: number(data, at, own),
      to: number(data, at + 4 * own, parentCells),
      size: number(data, at + 4 * (own + parentCells), size),
    };
  });
  return (region) => {
    const row = rows.find(({ from, size: length }) => region.base >= from && region.base < from + length);
    return toRoot(row === undefined ? region : { base: region.base - row.from + row.to, size: region.size });
  };
}

function regionsOf(reg: Uint8Array = new Uint8Array(), address: number, size: number): Region[] {
  const width = 4 * (address + size);
  if (address < 1 || address > 2 || size < 0 || size > 2) return [];
  return Array.from({ length: Math.min(MOST_FRAMES, Math.floor(reg.length / width)) }, (_, i) => ({
    base: number(reg, i * width, address),
    size: number(reg, i * width + 4 * address, size),
  }));
}

/** Big-endian words as one number; of three, as addresses of PCI have, the last two. */
function number(data: Uint8Array, at: number, words: number): bigint {
  let value = 0n;
  for (let i = 0; i < 4 * words; i++) value = (value << 8n) | BigInt(data[at + i] ?? 0);
  return BigInt.asUintN(64, value);
}

function cells<T extends number | bigint>(node: Node, property: string, otherwise: T): T | bigint {
  const data = node.properties.get(property);
  if (data === undefined || (data.length !== 4 && data.length !== 8)) return otherwise;
  const value = number(data, 0, data.length / 4);
  // Cells and counts beyond this are no device tree's.
  return property.startsWith('#') && value > 16n ? otherwise : value;
}

function texts(data: Uint8Array = new Uint8Array()): string[] {
  return Buffer.from(data).toString('latin1').split('\0');
}

class Parser {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #file: string;
  #at = 0;
  #strings = 0;
  #nodes = 0;

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#file = file;
  }

  root(): Node {
    if (this.#bytes.length < HEADER || this.#word(0) !== MAGIC)
      throw this.#fault(0, 'this is no device tree blob (its first word is not 0xd00dfeed).');
    if (this.#word(20) < OLDEST_VERSION) throw this.#fault(20, `version ${this.#word(20)} of the format is too old.`);
    this.#at = this.#word(8);
    this.#strings = this.#word(12);
    const root: Node = { properties: new Map(), children: [] };
    this.#content(root, 0);
    const [top] = root.children;
    if (top === undefined) throw this.#fault(this.#at, 'the device tree has no root.');
    return top;
  }

  /** Properties and nodes up to the end of the node. */
  #content(node: Node, depth: number): void {
    if (depth > DEEPEST) throw this.#fault(this.#at, `nodes are nested more than ${DEEPEST} deep.`);
    for (;;) {
      const at = this.#at;
      const token = this.#word(at);
      this.#at += 4;
      if (token === NOP) continue;
      if (token === END_NODE || token === END) return;
      if (token === PROPERTY) this.#property(node);
      else if (token === BEGIN_NODE) {
        if (++this.#nodes > MOST_NODES) throw this.#fault(at, `there are more than ${MOST_NODES} nodes.`);
        this.#at = aligned(this.#textEnd(this.#at) + 1);
        const child: Node = { properties: new Map(), children: [] };
        node.children.push(child);
        this.#content(child, depth + 1);
      } else throw this.#fault(at, `0x${token.toString(16)} is no token of a device tree.`);
    }
  }

  #property(node: Node): void {
    const length = this.#word(this.#at);
    const name = this.#strings + this.#word(this.#at + 4);
    const from = this.#at + 8;
    if (from + length > this.#bytes.length)
      throw this.#fault(this.#at, `a property of ${length} bytes reaches behind the end of the file.`);
    const key = Buffer.from(this.#bytes.subarray(name, this.#textEnd(name))).toString('latin1');
    node.properties.set(key, this.#bytes.subarray(from, from + length));
    this.#at = aligned(from + length);
  }

  #textEnd(from: number): number {
    const end = this.#bytes.indexOf(0, from);
    if (end < 0) throw this.#fault(Math.min(from, this.#bytes.length), 'a name has no end.');
    return end;
  }

  #word(at: number): number {
    if (at + 4 > this.#bytes.length) throw this.#fault(this.#bytes.length, 'it ends too early.');
    return this.#view.getUint32(at);
  }

  #fault(byte: number, problem: string): ImportError {
    return new ImportError({
      code: 'corrupt',
      file: this.#file,
      problem: `${problem} (byte ${byte})`,
      hint: 'A device tree source (.dts) becomes a blob with: dtc -O dtb -o FILE.dtb FILE.dts',
      at: { byte },
    });
  }
}

const aligned = (at: number): number => (at + 3) & ~3;
