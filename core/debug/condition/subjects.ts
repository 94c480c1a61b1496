/**
 * From what a condition names to bits of slots: paths (with globs, without `vcpuN.`, with a register's field behind
 * them) and interrupts. The one place that knows how names are looked up; checker and planner share it.
 *
 * Cost: a path without globs is one or two map look-ups; the maps are built once per name space and follow its growth.
 * A glob walks all slots.
 */
import { registerByName } from '../../gic/registers.ts';
import { type SlotDescriptor } from '../../state/layout.ts';
import { type BitRange, type InterruptDescriptor, type InterruptField } from '../../trace/interrupts.ts';
import { slotId } from '../../state/brand.ts';
import { type InterruptKind } from './ast.ts';
import { isGlob, pathMatcher } from './glob.ts';
import { type NameSpace } from './names.ts';

/** Bits of a slot that a path names. */
export interface PathBits {
  readonly range: BitRange;
  readonly slot: SlotDescriptor;
  /** The register's field, if the path names one. */
  readonly field: string | undefined;
  /** The vCPU that the slot belongs to; undefined: shared. */
  readonly vcpu: number | undefined;
}

const VCPU_PART = /^vcpu([0-9]+)\./;

/** vCPU whose slot this is, from its path. */
export function vcpuOfPath(path: string): number | undefined {
  const match = VCPU_PART.exec(path);
  return match === null ? undefined : Number(match[1]);
}

/**
 * All slots (or fields of register slots) that a path names. A path that names no slot from its beginning may be the
 * end of one: `ICC_PCR_EL1.PRIORITY` is that field of every vCPU.
 * @param vcpu keep only slots of this vCPU and shared ones.
 */
export function resolvePath(names: NameSpace, path: string, vcpu?: number): PathBits[] {
  const out: PathBits[] = [];
  for (const id of slotsOf(names, path)) add(out, names, id, undefined);
  const dot = path.lastIndexOf('.');
  if (out.length === 0 && dot > 0)
    for (const id of slotsOf(names, path.slice(0, dot))) add(out, names, id, path.slice(dot + 1));
  return vcpu === undefined ? out : out.filter((bits) => bits.vcpu === undefined || bits.vcpu === vcpu);
}

function add(out: PathBits[], names: NameSpace, id: number, fieldName: string | undefined): void {
  const slot = names.slots[id];
  if (slot === undefined) return;
  const vcpu = vcpuOfPath(slot.path);
  if (fieldName === undefined) {
    out.push({ range: { slot: slotId(id), lsb: 0, width: slot.width }, slot, field: undefined, vcpu });
    return;
  }
  const field = fieldOf(slot, fieldName);
  if (field === undefined) return;
  const { lsb, msb, name } = field;
  out.push({ range: { slot: slotId(id), lsb, width: msb - lsb + 1 }, slot, field: name, vcpu });
}

function fieldOf(slot: SlotDescriptor, name: string): { lsb: number; msb: number; name: string } | undefined {
  const register = slot.register === undefined ? undefined : registerByName(slot.register);
  const lower = name.toLowerCase();
  return register?.byName.get(name) ?? register?.fields.find((field) => field.name.toLowerCase() === lower);
}

/** Slots by whole path and by every ending that starts at a dot; lower case. */
class SlotIndex {
  readonly #exact = new Map<string, number>();
  readonly #endings = new Map<string, number[]>();
  #size = 0;

  update(slots: readonly SlotDescriptor[]): void {
    for (; this.#size < slots.length; this.#size++) {
      const path = slots[this.#size]?.path.toLowerCase() ?? '';
      this.#exact.set(path, this.#size);
      const last = path.slice(path.lastIndexOf('.') + 1);
      const list = this.#endings.get(last);
      if (list === undefined) this.#endings.set(last, [this.#size]);
      else list.push(this.#size);
    }
  }

  find(path: string, slots: readonly SlotDescriptor[]): readonly number[] {
    const exact = this.#exact.get(path);
    if (exact !== undefined) return [exact];
    const ending = `.${path}`;
    const last = path.slice(path.lastIndexOf('.') + 1);
    return (this.#endings.get(last) ?? []).filter((id) => slots[id]?.path.toLowerCase().endsWith(ending) === true);
  }
}

/** One index per list of slots; it goes when the trace goes. */
const indexes = new WeakMap<readonly SlotDescriptor[], SlotIndex>();

function slotsOf(names: NameSpace, path: string): readonly number[] {
  const { slots } = names;
  if (isGlob(path)) {
    const whole = globbed(slots, path);
    return whole.length > 0 || path.startsWith('**') ? whole : globbed(slots, `**.${path}`);
  }
  let index = indexes.get(slots);
  if (index === undefined) {
    index = new SlotIndex();
    indexes.set(slots, index);
  }
  index.update(slots);
  return index.find(path.toLowerCase(), slots);
}

function globbed(slots: readonly SlotDescriptor[], pattern: string): number[] {
  const matches = pathMatcher(pattern);
  const out: number[] = [];
  for (const [id, slot] of slots.entries()) if (matches(slot.path)) out.push(id);
  return out;
}

const TYPE_CODES: Readonly<Record<Exclude<InterruptKind, 'irq'>, number>> = { sgi: 0, ppi: 1, lpi: 2, spi: 3 };

/** Whether a GICv5-form identifier (type in bits 31:29) is the interrupt that a condition names. */
function isInterrupt(intid: number, kind: InterruptKind, number: number): boolean {
  return (intid & 0xff_ffff) === number && (kind === 'irq' || intid >>> 29 === TYPE_CODES[kind]);
}

/** The identifiers that a kind and number stand for. */
export function intidsOf(kind: InterruptKind, number: number): number[] {
  const codes = kind === 'irq' ? Object.values(TYPE_CODES) : [TYPE_CODES[kind]];
  return codes.map((code) => ((code << 29) | number) >>> 0);
}

/** The interrupts of a trace that a condition names; private ones of one vCPU only, if given. */
export function resolveInterrupt(
  names: NameSpace,
  kind: InterruptKind,
  number: number,
  vcpu?: number,
): InterruptDescriptor[] {
  return names.interrupts.filter(
    (entry) =>
      isInterrupt(entry.intid, kind, number) && (vcpu === undefined || entry.vcpu === undefined || entry.vcpu === vcpu),
  );
}

/** Fields that make up an interrupt's state word. */
export const STATE_FIELDS: readonly InterruptField[] = ['pending', 'active', 'enabled', 'masked'];
