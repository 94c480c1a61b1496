/**
 * The register tables, by name, by encoding and by address.
 *
 * All names (3,100, arrays counted element by element) go into one map at the first question, a few milliseconds; a
 * register's fields are expanded when it is first returned and kept. Later questions are one map look-up.
 *
 * Two architectures sometimes give one name to different registers (`ICH_VMCR_EL2`, the GICv2 `GICD_*`). Then the
 * register of the older one has a name of its own in our tables (`ICH_VMCR_V3_EL2`, `GICD_V2_CTLR`), and a caller who
 * knows the model may ask for Arm's name with it.
 */
import { formatEncoding, parseEncoding } from './encoding.ts';
import { elementEncoding, elementName, expand, type Register } from './tables/expand.ts';
import { type EncodingRow, type Model, type RegisterRow, type Space, type Table } from './tables/row.ts';
import { TABLES } from './tables/index.ts';

export { decode, fieldValue } from './decode.ts';
export { summarize } from './summary.ts';
export { type Register } from './tables/expand.ts';
export { type EncodingRow, type Model } from './tables/row.ts';

/** A frame that software sees as one piece though it holds several register pages. */
export type Frame = Space | 'IRS' | 'ITS' | 'GICR';

/** A register found by address: `byte` is the position of the access inside the register. */
export interface Located {
  readonly register: Register;
  /** Position in its array, 0 if it is none. */
  readonly index: number;
  readonly byte: number;
}

interface Entry {
  readonly table: Table;
  readonly row: RegisterRow;
  readonly index: number;
  register: Register | undefined;
}

interface Maps {
  readonly byName: Map<string, Entry>;
  /** Instructions as traces spell them, `GIC_CDDI`. */
  readonly byAlias: Map<string, Entry>;
  readonly byArmName: Map<string, Entry>;
  readonly byEncoding: Map<number, Entry>;
  readonly byEncodingInModel: Map<string, Entry>;
  readonly byAddress: Map<Space, Map<number, Entry>>;
}

/** Pages of 64 KiB, in order (gicv5-irs-registers §2, gicv3-registers "Memory frames"). The GITS space holds both of its pages. */
const PAGES: ReadonlyMap<Frame, readonly Space[]> = new Map<Frame, readonly Space[]>([
  ['IRS', ['IRS_CONFIG', 'IRS_SETLPI']],
  ['ITS', ['ITS_CONFIG', 'ITS_TRANSLATE']],
  ['GICR', ['GICR_RD', 'GICR_SGI']],
]);
const PAGE = 0x1_0000;

let built: Maps | undefined;

/**
 * The register of this name: an element of an array by its number (`GICD_ISENABLER3`), an instruction with a space or
 * an underscore (`GIC CDDI`, `GICR_CDIA`), a virtual interface name (`ICV_CR0_EL1`), a generic name (`S3_1_C12_C0_1`),
 * in any case. With a model, Arm's name of a register of that model comes first.
 */
export function registerByName(name: string, model?: Model): Register | undefined {
  const { byName, byAlias, byArmName } = maps();
  const exact = (model && byArmName.get(`${model} ${name}`)) ?? byName.get(name) ?? byAlias.get(name);
  if (exact !== undefined) return resolve(exact);
  const generic = parseEncoding(name);
  if (generic !== undefined) return registerByEncoding(...generic, model);
  const plain = canonical(name);
  const entry = (model && byArmName.get(`${model} ${plain}`)) ?? byName.get(plain);
  return entry === undefined ? undefined : resolve(entry);
}

/** The system register or instruction of this encoding; where two models share it, GICv5's unless `model` says otherwise. */
export function registerByEncoding(
  op0: number,
  op1: number,
  crn: number,
  crm: number,
  op2: number,
  model?: Model,
): Register | undefined {
  const { byEncoding, byEncodingInModel } = maps();
  const key = encodingKey([op0, op1, crn, crm, op2]);
  const entry = (model && byEncodingInModel.get(`${model} ${key}`)) ?? byEncoding.get(key);
  return entry === undefined ? undefined : resolve(entry);
}

/** The register that holds the byte at this offset of a frame. */
export function registerAt(frame: Frame, offset: number): Located | undefined {
  if (!Number.isInteger(offset) || offset < 0) return undefined;
  const pages = PAGES.get(frame);
  const space = pages === undefined ? frame : pages[Math.floor(offset / PAGE)];
  if (space === undefined || space === 'IRS' || space === 'ITS' || space === 'GICR') return undefined;
  const local = pages === undefined ? offset : offset % PAGE;
  const entry = maps()
    .byAddress.get(space)
    ?.get(Math.floor(local / 4));
  if (entry === undefined) return undefined;
  const register = resolve(entry);
  return { register, index: entry.index, byte: local - (register.offset ?? 0) };
}

/** What traces call the place of an access: Arm's name of the register, else frame and offset, `GICD+0xf00`. */
export function nameAt(frame: Frame, offset: number, shown: string = frame): string {
  return registerAt(frame, offset)?.register.arm ?? unnamed(shown, offset);
}

/** The same where no table says what is there. */
export function unnamed(frame: string, offset: number): string {
  return `${frame}+0x${offset.toString(16)}`;
}

/** Every name, arrays element by element, in table order. */
export function registerNames(): readonly string[] {
  return [...maps().byName.keys()];
}

function maps(): Maps {
  return (built ??= build(TABLES));
}

function build(tables: readonly Table[]): Maps {
  const out: Maps = {
    byName: new Map(),
    byAlias: new Map(),
    byArmName: new Map(),
    byEncoding: new Map(),
    byEncodingInModel: new Map(),
    byAddress: new Map(),
  };
  for (const table of tables)
    for (const row of table.rows)
      for (let index = 0; index < (row.count ?? 1); index++) enter(out, { table, row, index, register: undefined });
  return out;
}

function enter(out: Maps, entry: Entry): void {
  const { table, row, index } = entry;
  const name = elementName(row.name, index);
  out.byName.set(name, entry);
  if (row.space === 'insn') out.byAlias.set(name.replace(' ', '_'), entry);
  if (row.arm !== undefined) out.byArmName.set(`${table.model} ${elementName(row.arm, index)}`, entry);
  if (typeof row.at === 'object') {
    const key = encodingKey(elementEncoding(row.at, index));
    if (!out.byEncoding.has(key)) out.byEncoding.set(key, entry);
    out.byEncodingInModel.set(`${table.model} ${key}`, entry);
  } else if (row.at !== undefined) {
    const page = out.byAddress.get(row.space) ?? new Map<number, Entry>();
    out.byAddress.set(row.space, page);
    const word = (row.at + index * (row.stride ?? 0)) / 4;
    for (let i = 0; i < row.width / 32; i++) page.set(word + i, entry);
  }
}

function resolve(entry: Entry): Register {
  return (entry.register ??= expand(entry.table, entry.row, entry.index));
}

function encodingKey([op0, op1, crn, crm, op2]: EncodingRow): number {
  return (((op0 * 8 + op1) * 16 + crn) * 16 + crm) * 8 + op2;
}

/** Upper case; `GIC_CDDI` to `GIC CDDI`; `ICV_…` to `ICC_…`, the one encoding of both (gicv5-registers §1). */
function canonical(name: string): string {
  const upper = name.trim().toUpperCase().replace(/\s+/g, ' ');
  const instruction = /^(GIC|GICR|GSB)[_ ]((?:CD|VD|LD)[A-Z]+|SYS|ACK)$/.exec(upper);
  if (instruction !== null) return `${instruction[1]} ${instruction[2]}`;
  return upper.startsWith('ICV_') ? `ICC_${upper.slice(4)}` : upper;
}

export { formatEncoding, parseEncoding };
