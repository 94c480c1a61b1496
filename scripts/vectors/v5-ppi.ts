/**
 * Driver for the PPI vectors (format 1, profiles `mainline` and `masked`): plays each VM life on core/kvm and compares
 * result, side effects and the whole state after every step. A section of the state is rendered again only when a
 * slot of it changed; everything else is as it was when it was last found equal.
 */
import { type KvmEvent } from '../../core/kvm/events.ts';
import { type Place } from '../../core/kvm/place.ts';
import { Host } from '../../core/kvm/host.ts';
import { REFERENCE_HOST } from '../../core/kvm/host-facts.ts';
import { PROFILES, profileByName } from '../../core/kvm/profiles.ts';
import { Journal } from '../../core/state/journal.ts';
import { Layout } from '../../core/state/layout.ts';
import { equal, ExpectedState, normalise, toJson, type Value } from './compare.ts';
import {
  type JsonObject,
  type Mismatch,
  numberAt,
  objectAt,
  objectsAt,
  type Played,
  textAt,
  type VectorFormat,
} from './format.ts';
import { playSteps } from './play-steps.ts';
import { type Life, OPERATIONS } from './v5-ppi-ops.ts';
import { cpuSection, type Section, vcpuSection, vmSection } from './v5-ppi-state.ts';

const CPUS = 2;
const VCPUS = 3;

export const V5_PPI: VectorFormat = {
  name: 'v5-ppi',
  accepts: (header) =>
    header['format'] === 1 &&
    header['part'] === undefined &&
    PROFILES.some(({ name }) => name === header['profile']) &&
    typeof header['zero'] === 'object',
  play,
};

/** Side effects as the vectors list them; other events are not side effects there. */
function sideEffect(event: KvmEvent, { vcpu = -1 }: Place): Value | undefined {
  switch (event.kind) {
    case 'vcpu.request':
      return ['req', vcpu, 'irq_pending'];
    case 'vcpu.kick':
      return ['kick', vcpu, { blocked: event.blocked ? 1 : 0, in_guest: event.inGuest ? 1 : 0 }];
    case 'vcpu.wake':
      return ['wake', vcpu];
    case 'host.softTimer':
      return ['soft_timer', vcpu, event.timer === 'ptimer' ? 'p' : 'background'];
    case 'host.ppiMask':
      return ['host_mask', event.ppi, event.masked ? 1 : 0];
    case 'host.warning':
      return ['warn'];
    default:
      return undefined;
  }
}

function play(header: JsonObject, vector: JsonObject): Played {
  const id = textAt(vector, 'id');
  const steps = objectsAt(vector, 'steps');
  const facts = objectAt(vector, 'host');
  const journal = new Journal(new Layout());
  const host = new Host(
    journal,
    {
      ...REFERENCE_HOST,
      pmu: numberAt(facts, 'pmu') !== 0,
      vhe: numberAt(facts, 'vhe') !== 0,
      v3Compat: numberAt(facts, 'compat') !== 0,
      nestedVirt: steps.some((step) => step['nv'] === 1),
      cpus: CPUS,
    },
    { profile: profileByName(textAt(header, 'profile')), reserveVcpus: VCPUS },
  );
  const effects: Value[] = [];
  host.observe((event, place) => {
    const effect = sideEffect(event, place);
    if (effect !== undefined) effects.push(effect);
  });
  const comparison = new Comparison(header, host);
  const life: Life = { host, vm: undefined };
  const probe = probeMismatch(host, vector);
  const played = playSteps<Value>(id, steps, {
    operation(name) {
      const operation = OPERATIONS[name];
      if (operation === undefined) return undefined;
      return (step) => {
        effects.length = 0;
        return operation(life, step);
      };
    },
    refused: (message) => `error: ${message}`,
    check: (number, step, found) => comparison.check(number, step, found, effects),
  });
  return { ...played, first: probe ?? played.first };
}

/** The host's registrations; counted with the first step because they are none of their own. */
function probeMismatch(host: Host, vector: JsonObject): Mismatch | undefined {
  const probe = objectAt(vector, 'probe');
  const { result, deviceTypes } = host.probe();
  const found = { ret: result, ev: deviceTypes.map((type) => ['register', type]) };
  return equal(normalise(probe), found) ? undefined : { step: -1, key: 'probe', expected: probe, found: toJson(found) };
}

class Comparison {
  readonly #host: Host;
  readonly #expected: ExpectedState;
  readonly #zero: ReadonlyMap<string, Section>;
  /** Section by slot. */
  readonly #sectionOf: readonly string[];
  /** Sections that differed when last compared. */
  readonly #different = new Set<string>();

  constructor(header: JsonObject, host: Host) {
    const zero = objectAt(header, 'zero');
    this.#host = host;
    this.#expected = new ExpectedState(zero);
    this.#zero = new Map(
      [...this.#expected.sections].map(([name, section]) => [name, Object.fromEntries(section)] as const),
    );
    this.#sectionOf = host.journal.layout.slots.map(({ path }) => sectionOf(path));
    host.journal.clear();
  }

  check(step: number, expected: JsonObject, found: Value, effects: readonly Value[]): Mismatch | undefined {
    const { journal } = this.#host;
    const dirty = new Set([...this.#different, ...this.#expected.apply(objectAt(expected, 'd'))]);
    for (let i = 0; i < journal.count; i++) dirty.add(this.#sectionOf[journal.slot[i] ?? 0] ?? '');
    // What a CPU shows depends on the vCPU that it runs.
    if (['c0', 'c1', 'c2'].some((name) => dirty.has(name))) for (const name of ['p0', 'p1']) dirty.add(name);
    journal.clear();
    let first: Mismatch | undefined;
    const differ = (key: string, want: Value | undefined, have: Value | undefined): void => {
      first ??= { step, key, expected: toJson(want), found: toJson(have) };
    };
    const ret = normalise(expected['ret'] ?? null);
    if (!equal(ret, found)) differ('ret', ret, found);
    const ev = normalise(expected['ev'] ?? []);
    if (!equal(ev, effects)) differ('ev', ev, effects);
    for (const name of dirty) {
      const want = this.#expected.sections.get(name);
      if (want === undefined) continue;
      const have = this.#render(name);
      this.#different.delete(name);
      for (const [key, value] of want)
        if (!equal(value, have[key])) {
          this.#different.add(name);
          differ(`${name}.${key}`, value, have[key]);
        }
    }
    return first;
  }

  #render(name: string): Section {
    const index = Number(name.slice(1));
    const zero = this.#zero.get(name) ?? {};
    const vm = this.#host.vm(0);
    if (name === 'vm') return vmSection(this.#host, vm, zero);
    if (name.startsWith('p')) return cpuSection(this.#host.cpu(index));
    return vcpuSection(vm?.vcpu(index), zero);
  }
}

function sectionOf(path: string): string {
  const match = /^(pcpu|vcpu)([0-9]+)\./.exec(path);
  if (match === null) return 'vm';
  return `${match[1] === 'pcpu' ? 'p' : 'c'}${match[2]}`;
}
