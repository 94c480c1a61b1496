/**
 * Driver for the SPI and IRS vectors (format 1, parts `irs` and `spi`): plays each VM life on core/kvm and compares
 * result, side effects, locks and the whole state after every step.
 */
import { type KvmEvent } from '../../core/kvm/events.ts';
import { type Profile, profileByName } from '../../core/kvm/profiles.ts';
import { LockDeadlock } from '../../core/kvm/v5/irs/locks.ts';
import { equal, ExpectedState, normalise, toJson, type Value } from './compare.ts';
import {
  type JsonObject,
  type Mismatch,
  objectAt,
  objectsAt,
  type Played,
  textAt,
  type VectorFormat,
  VectorError,
} from './format.ts';
import { type Life, OPERATIONS, setUp } from './v5-irs-ops.ts';
import { type Found, sections } from './v5-irs-state.ts';

/** The profile of a file, by its header. */
const PROFILES: Readonly<Record<string, string>> = { q: 'Q', h1: 'H1', h3irs: 'H3', h3r: 'H3', h3: 'H3' };
const PARTS = new Set(['irs', 'spi']);
/** The doorbell of the vCPU with index 0, as the vectors number it. */
const DOORBELL = 1000;
/** Sections whose absent keys are 0. */
const SPARSE: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['spi', [0, 0, 0, 0, 0]],
  ['ist', 0n],
]);

export const V5_IRS: VectorFormat = {
  name: 'v5-irs',
  accepts: (header) =>
    header['format'] === 1 &&
    typeof header['part'] === 'string' &&
    PARTS.has(header['part']) &&
    typeof header['profile'] === 'string' &&
    PROFILES[header['profile']] !== undefined,
  play,
};

type LockEvent = Extract<KvmEvent, { readonly kind: 'lock.acquire' | 'lock.release' | 'lock.deadlock' }>;

const lockName = ({ lock, spi }: LockEvent): string =>
  lock === 'irq' ? `i${spi ?? 0}` : lock === 'spiApList' ? 'ap' : lock;
/** An instruction that sets a field, without an entry to set it in; CDDI and CDRCFG have answers of their own. */
const isIgnored = (event: KvmEvent): boolean =>
  (event.kind === 'cpuif.insn' && event.effect === 'ignored') ||
  (event.kind === 'gic.cd.ignored' && /^GIC CD(?!DI$|RCFG$)/.test(event.instruction));
const numberOf = (intid: number): number => intid & 0xff_ffff;

/** Side effects as the vectors list them; other events are not side effects there. */
function sideEffects(event: KvmEvent, held: readonly string[]): readonly Value[] {
  switch (event.kind) {
    case 'irs.region':
      return [['iodev', event.base, BigInt(event.bytes)]];
    case 'vm.spiIst':
      return [['spi_ist_alloc', event.idBits]];
    case 'irs.enable':
      return event.how === 'reload' ? [['reload_all']] : [];
    case 'vm.halt':
      return [['halt_guest']];
    case 'vm.resume':
      return [['resume_guest']];
    case 'irs.ist.valid':
      return [['lpi_ist_alloc', event.idBits, event.result]];
    case 'irs.command':
      return [['command', DOORBELL + event.vcpu, event.command, event.result]];
    case 'irs.ist.release':
      return [['lpi_ist_free', event.result]];
    case 'gic.vdpend':
      return [['vdpend', BigInt(event.intid), event.pending ? 1 : 0, event.vmId]];
    case 'gic.vdpend.ignored':
      return [['vdpend_ignored']];
    case 'gic.vdrcfg':
      return [['vdrcfg', BigInt(event.intid), event.icsr]];
    case 'aplist.add':
      return [['aplist_add', numberOf(event.intid)]];
    case 'aplist.remove':
      return [['aplist_remove', numberOf(event.intid)]];
    case 'notifier.fire':
      return [['acked', 0, event.pin, held.slice()]];
    case 'lock.deadlock':
      return [['deadlock', lockName(event)]];
    case 'host.warning':
      return [['warn']];
    default:
      return [];
  }
}

function play(header: JsonObject, vector: JsonObject): Played {
  const id = textAt(vector, 'id');
  const steps = objectsAt(vector, 'steps');
  const profile = profileByName(PROFILES[textAt(header, 'profile')] ?? '');
  const player = new Player(profile, new ExpectedState(objectAt(header, 'zero')));
  let first: Mismatch | undefined;
  let matched = 0;
  for (const [number, step] of steps.entries()) {
    let mismatch: Mismatch | undefined;
    try {
      mismatch = player.step(number, step);
    } catch (error) {
      if (error instanceof VectorError) throw new VectorError(`${id}, step ${number}: ${error.message}`);
      throw error;
    }
    if (mismatch === undefined) matched++;
    else first ??= mismatch;
  }
  return { id, steps: steps.length, matched, first };
}

class Player {
  readonly #profile: Profile;
  readonly #expected: ExpectedState;
  readonly #effects: Value[] = [];
  readonly #locks: string[] = [];
  #held: string[] = [];
  #life: Life | undefined;
  /** Slots touched so far were compared; nothing has changed since. */
  #found: Readonly<Record<string, Found>> = {};

  constructor(profile: Profile, expected: ExpectedState) {
    this.#profile = profile;
    this.#expected = expected;
  }

  step(number: number, step: JsonObject): Mismatch | undefined {
    this.#effects.length = 0;
    this.#locks.length = 0;
    const result = this.#perform(step);
    this.#expect(objectAt(step, 'd'));
    return this.#compare(number, step, result);
  }

  #perform(step: JsonObject): Value {
    const name = textAt(step, 'op');
    if (name === 'setup') {
      const made = setUp(this.#profile, step);
      const life: Life = { ...made, effects: this.#effects, locks: this.#locks, ignored: false };
      made.host.observe((event) => this.#observe(life, event));
      this.#life = life;
      return 0;
    }
    const operation = OPERATIONS[name];
    if (operation === undefined) throw new VectorError(`unknown operation ${name}`);
    if (this.#life === undefined) throw new VectorError('there is no VM yet');
    try {
      return operation(this.#life, step);
    } catch (error) {
      if (error instanceof VectorError) throw error;
      if (error instanceof LockDeadlock) return 'deadlock';
      // An operation that the emulator refuses is a difference, not bad input.
      return `error: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #observe(life: Life, event: KvmEvent): void {
    if (event.kind === 'lock.acquire') {
      this.#locks.push(`+${lockName(event)}`);
      this.#held.push(lockName(event));
    } else if (event.kind === 'lock.release') {
      this.#locks.push(`-${lockName(event)}`);
      this.#held = this.#held.filter((name) => name !== lockName(event));
    } else if (isIgnored(event)) life.ignored = true;
    this.#effects.push(...sideEffects(event, this.#held));
  }

  /** The state after a step, and that entries of a table that came or went are 0. */
  #expect(difference: JsonObject): void {
    const hardware = difference['hw'];
    if (typeof hardware === 'object' && hardware !== null && 'lpi_ist_bits' in hardware) {
      const entries = this.#expected.sections.get('ist');
      for (const key of entries?.keys() ?? []) if (key.startsWith('l')) entries?.delete(key);
    }
    this.#expected.apply(difference);
  }

  #compare(step: number, expected: JsonObject, result: Value): Mismatch | undefined {
    let first: Mismatch | undefined;
    const differ = (key: string, want: Value | undefined, have: Value | undefined): void => {
      first ??= { step, key, expected: toJson(want), found: toJson(have) };
    };
    for (const [key, have] of [
      ['ret', result],
      ['ev', this.#effects],
      ['lk', this.#locks],
    ] as const) {
      const want = normalise(expected[key] ?? (key === 'ret' ? null : []));
      if (!equal(want, have)) differ(key, want, have);
    }
    this.#render();
    for (const [name, want] of this.#expected.sections) {
      const have = this.#found[name] ?? {};
      const otherwise = SPARSE.get(name);
      for (const [key, value] of want)
        if (!equal(value, have[key] ?? otherwise)) differ(`${name}.${key}`, value, have[key]);
      if (otherwise !== undefined)
        for (const key of Object.keys(have)) if (!want.has(key)) differ(`${name}.${key}`, otherwise, have[key]);
    }
    for (const name of SPARSE.keys())
      if (!this.#expected.sections.has(name))
        for (const [key, value] of Object.entries(this.#found[name] ?? {}))
          differ(`${name}.${key}`, SPARSE.get(name), value);
    return first;
  }

  #render(): void {
    if (this.#life === undefined) return;
    const { vm, irs, host } = this.#life;
    if (host.journal.count === 0 && this.#found['vm'] !== undefined) return;
    host.journal.clear();
    this.#found = sections(vm, irs, this.#held.length);
  }
}
