/**
 * Random lives of a VM with an ITS: commands, messages, tables, exits and acknowledges, and what must hold at any
 * moment. One machine serves all lives: each is taken back by the journal before the next begins.
 */
import fc from 'fast-check';
import { LR_STATE } from '../../../../../core/gic/v3/list-register.ts';
import { CTRL, GROUP } from '../../../../../core/kvm/uapi.ts';
import { R } from '../../../../conformance/v3-lab.ts';
import { encodeCollection, encodeDevice, encodeEvent } from '../../../../../core/kvm/v3/its/entries.ts';
import { COLLECTIONS, DEVICES, ITS, type ItsLab, ittOf, pendingTable, QUEUE } from './its-lab.ts';

export const VCPUS = 2;
const SPURIOUS = 1023;
const FRAME = 0x2_0000n;
const VALID = 1n << 63n;
const CONTROL = { save: CTRL.ITS_SAVE_TABLES, restore: CTRL.ITS_RESTORE_TABLES, reset: CTRL.ITS_RESET } as const;
const COMMAND = 32;
const QUEUE_BYTES = 4096;
export const DEVICE_IDS = [0, 3] as const;
export const EVENT_IDS = [0, 1, 5] as const;
export const LPIS = [8192, 8193, 8199] as const;

type Words = readonly [bigint, bigint, bigint, bigint];

export type Stimulus =
  | { readonly do: 'command'; readonly words: Words }
  | { readonly do: 'scribble'; readonly address: number; readonly word: bigint }
  | { readonly do: 'msi'; readonly device: number; readonly event: number }
  | { readonly do: 'configure'; readonly lpi: number; readonly priority: number; readonly enabled: boolean }
  | { readonly do: 'lpis'; readonly vcpu: number; readonly on: boolean }
  | { readonly do: 'its'; readonly on: boolean }
  | { readonly do: 'save' | 'restore' | 'reset' }
  | { readonly do: 'savePending' }
  | { readonly do: 'spi'; readonly intid: number }
  | { readonly do: 'enter' | 'exit' | 'take' | 'end'; readonly vcpu: number };

const vcpu = fc.nat(VCPUS - 1);
const device = fc.constantFrom(...DEVICE_IDS);
const event = fc.constantFrom(...EVENT_IDS);
const lpi = fc.constantFrom(...LPIS);
const icid = fc.nat(2);

const command = (...words: [bigint, bigint?, bigint?, bigint?]): Stimulus => {
  const [w0, w1 = 0n, w2 = 0n, w3 = 0n] = words;
  return { do: 'command', words: [w0, w1, w2, w3] };
};
const onEvent = (opcode: bigint) =>
  fc.tuple(device, event, icid).map(([d, e, c]) => command(opcode | (BigInt(d) << 32n), BigInt(e), BigInt(c)));

const mapd = fc
  .tuple(device, fc.boolean())
  .map(([d, valid]) => command(0x8n | (BigInt(d) << 32n), 3n, BigInt(ittOf(d)) | (valid ? VALID : 0n)));
/** To a vCPU, or to one that is not there. */
const mapc = (valid: fc.Arbitrary<boolean>, most: number) =>
  fc
    .tuple(icid, fc.nat(most), valid)
    .map(([c, target, on]) => command(0x9n, 0n, BigInt(c) | (BigInt(target) << 16n) | (on ? VALID : 0n)));
const mapti = fc
  .tuple(device, event, lpi, icid)
  .map(([d, e, l, c]) => command(0xan | (BigInt(d) << 32n), BigInt(e) | (BigInt(l) << 32n), BigInt(c)));
const movall = fc.tuple(vcpu, vcpu).map(([from, to]) => command(0xen, 0n, BigInt(from) << 16n, BigInt(to) << 16n));
const invall = icid.map((c) => command(0xdn, 0n, BigInt(c)));
const configure = fc.record({
  do: fc.constant('configure' as const),
  lpi,
  priority: fc.constantFrom(0x20, 0xa0, 0xac, 0xf8),
  enabled: fc.boolean(),
});
const msi = fc.record({ do: fc.constant('msi' as const), device, event });
const guest = fc.record({ do: fc.constantFrom('enter', 'exit', 'take', 'take', 'end' as const), vcpu });

/** Everything that can happen. */
export const anything: fc.Arbitrary<Stimulus> = fc.oneof(
  { weight: 3, arbitrary: mapd },
  { weight: 4, arbitrary: mapc(fc.boolean(), VCPUS) },
  { weight: 6, arbitrary: mapti },
  { weight: 8, arbitrary: fc.constantFrom(0x1n, 0x3n, 0x4n, 0xcn, 0xfn).chain(onEvent) },
  { weight: 2, arbitrary: fc.oneof(movall, invall) },
  { weight: 8, arbitrary: msi },
  { weight: 2, arbitrary: configure },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lpis' as const), vcpu, on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('its' as const), on: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('save', 'restore', 'reset' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('savePending' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('spi' as const), intid: fc.integer({ min: 40, max: 43 }) }),
  },
  { weight: 14, arbitrary: guest },
);

const anyWord = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const wildCommand = fc.tuple(anyWord, anyWord, anyWord, anyWord).map((words) => command(...words));
/** A word of any kind at the start of a table: entries with sizes and distances that nobody wrote. */
const scribble = fc
  .tuple(
    fc.constantFrom(DEVICES, COLLECTIONS, ...DEVICE_IDS.map(ittOf), pendingTable(0) + 1024),
    fc.nat(7),
    fc.oneof(
      anyWord,
      // Entries that are nearly right.
      fc
        .tuple(fc.nat(0x3fff), fc.nat(5))
        .map(([next, bits]) => encodeDevice({ itt: BigInt(ittOf(0)), idBits: bits + 1, next })),
      fc.tuple(lpi, icid, fc.nat(20)).map(([l, c, next]) => encodeEvent({ lpi: l, icid: c, next })),
      fc.tuple(fc.nat(2), icid).map(([target, c]) => encodeCollection({ target, icid: c })),
    ),
  )
  .map(([base, n, word]) => ({ do: 'scribble' as const, address: base + 8 * n, word }));

/** The same with a guest that writes what no guest should. */
export const hostile: fc.Arbitrary<Stimulus> = fc.oneof(
  { weight: 20, arbitrary: anything },
  { weight: 3, arbitrary: wildCommand },
  { weight: 8, arbitrary: scribble },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('restore', 'reset' as const) }) },
);

/** What loses no message: mappings stay, LPIs only move and change their priority. */
export const harmless: fc.Arbitrary<Stimulus> = fc.oneof(
  { weight: 2, arbitrary: mapc(fc.constant(true), VCPUS - 1) },
  { weight: 4, arbitrary: onEvent(0x1n) },
  { weight: 2, arbitrary: fc.oneof(movall, invall, onEvent(0xcn)) },
  { weight: 10, arbitrary: msi },
  { weight: 2, arbitrary: configure },
  { weight: 14, arbitrary: guest },
);

export class ItsLife {
  readonly lab: ItsLab;
  /** Messages that reached an LPI, and acknowledges, by INTID. */
  readonly sent = new Map<number, number>();
  readonly taken = new Map<number, number>();
  readonly #held: number[][] = Array.from({ length: VCPUS }, () => []);

  constructor(lab: ItsLab) {
    this.lab = lab;
  }

  perform(s: Stimulus): void {
    const { lab } = this;
    switch (s.do) {
      case 'command':
        return this.#command(s.words);
      case 'scribble':
        return void lab.vm.memory.store(BigInt(s.address), 8, s.word);
      case 'msi': {
        const mapped = lab.event(s.device, s.event)?.lpi;
        if (lab.msi(s.device, s.event) === 1) count(this.sent, mapped);
        return;
      }
      case 'configure':
        return lab.configure(s.lpi, s.priority, s.enabled);
      case 'lpis':
        return lab.w(0, R + FRAME * BigInt(s.vcpu), s.on ? 1 : 0);
      case 'its':
        return lab.w(0, ITS, s.on ? 1 : 0);
      case 'save':
      case 'restore':
      case 'reset':
        return void lab.stopped(() => lab.itsAttr('set', GROUP.CTRL, BigInt(CONTROL[s.do])));
      case 'savePending':
        return void lab.stopped(() => lab.attr('set', GROUP.CTRL, BigInt(CTRL.SAVE_PENDING_TABLES)));
      case 'spi':
        return lab.spi(s.intid);
      case 'enter':
        return lab.goIn(s.vcpu);
      case 'exit':
        return lab.goOut(s.vcpu);
      case 'take':
        return this.#take(s.vcpu);
      case 'end':
        return this.#end(s.vcpu);
    }
  }

  /** Everything is enabled, and both vCPUs take what is there until nothing is left. */
  drain(): void {
    const { lab } = this;
    for (const each of LPIS) lab.configure(each, 0xa0);
    for (const index of [0, 1]) while ((this.#held[index] ?? []).length > 0) this.#end(index);
    for (const { icid: number } of lab.its.collections) this.#command([0xdn, 0n, BigInt(number), 0n]);
    for (const index of [0, 1]) lab.w(0, R + FRAME * BigInt(index) + 0xb0n, 0);
    for (let round = 0; round < 20; round++)
      for (const index of [0, 1]) {
        lab.again(index);
        this.#take(index);
        this.#end(index);
      }
  }

  #command(words: Words): void {
    const { lab } = this;
    const at = lab.its.cwriter.lo;
    words.forEach((word, n) => lab.vm.memory.store(BigInt(QUEUE + at + 8 * n), 8, word));
    lab.w(0, ITS + 0x88n, BigInt((at + COMMAND) % QUEUE_BYTES), 8);
  }

  #take(index: number): void {
    const { lab } = this;
    lab.goIn(index);
    const intid = lab.iar(index);
    if (intid === SPURIOUS) return;
    this.#held[index]?.push(intid);
    count(this.taken, intid);
  }

  #end(index: number): void {
    const intid = this.#held[index]?.pop();
    if (intid === undefined) return;
    this.lab.goIn(index);
    this.lab.eoi(intid, index);
  }
}

function count(map: Map<number, number>, intid: number | undefined): void {
  if (intid !== undefined) map.set(intid, (map.get(intid) ?? 0) + 1);
}

/** The first thing that is not as it must be. */
export function violation(lab: ItsLab): string | undefined {
  return ofLists(lab) ?? ofMappings(lab) ?? ofListRegisters(lab);
}

function ofLists(lab: ItsLab): string | undefined {
  const on = new Map<number, number>();
  for (const { index } of lab.vm.vcpus)
    for (const { intid } of lab.at(index).self.apList.filter(({ intid: each }) => each >= 32)) {
      if (on.has(intid)) return `${intid} is on two lists`;
      on.set(intid, index);
    }
  for (const each of lab.vgic.lpis.claimed) {
    const { intid, holder, active, isLevel, exists, state, place } = each;
    if (holder !== (on.get(intid) ?? -1)) return `${intid} is held by ${holder}, on the list of ${on.get(intid)}`;
    if (active || isLevel) return `${intid} is active or level-sensitive`;
    if (!exists && !(state.isZero && place.isZero)) return `${intid} does not exist and has state`;
    if ((each.priority & 3) !== 0) return `${intid} has priority ${each.priority}`;
  }
  return undefined;
}

function ofMappings({ its, vgic }: ItsLab): string | undefined {
  const events = [...its.events()];
  for (const { intid, mappings } of vgic.lpis.claimed) {
    const mapped = events.filter(({ lpi: each }) => each === intid).length;
    if (mappings.lo !== mapped) return `${intid} counts ${mappings.lo} mappings of ${mapped}`;
  }
  const cached = events.filter((each) => each.cached).length;
  if (its.cached.lo !== cached) return `${its.cached.lo} translations are counted, ${cached} cached`;
  if (cached > 0 && !its.enabled.flag) return 'translations are cached while the ITS is disabled';
  const lost = events.find((each) => !each.orphaned && its.collection(each.icid) === undefined);
  if (lost !== undefined) return `event ${lost.id} names collection ${lost.icid}, which does not exist`;
  const orders = its.collections.map(({ order }) => order);
  return new Set(orders).size === orders.length ? undefined : 'two collections have one place';
}

function ofListRegisters(lab: ItsLab): string | undefined {
  for (const { index, inGuest } of lab.vm.vcpus) {
    const { hardware } = lab.at(index);
    const loaded = hardware.lr.filter((cell) => (cell.hi & LR_STATE) !== 0).map((cell) => cell.lo);
    if (new Set(loaded).size !== loaded.length) return `vCPU ${index} has one twice: ${loaded.join()}`;
    if (!inGuest && loaded.length > 0) return `vCPU ${index} is outside the guest, its list registers are not empty`;
  }
  return undefined;
}

/** Pending, enabled and with a target, an LPI waits on a list: nothing forgets it. */
export function forgotten({ vgic }: ItsLab): number[] {
  return vgic.lpis.all
    .filter(({ pending, enabled, target, holder }) => pending && enabled && target >= 0 && holder < 0)
    .map(({ intid }) => intid);
}
