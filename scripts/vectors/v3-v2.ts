/**
 * Driver for the GICv3 and GICv2 vectors: files without a header, one sequence per line with its own host. Every
 * step's result, notifications and state are compared; a key of the state is rendered again when the step lists it or
 * a slot behind it changed, everything else is as it was when it was last found equal.
 */
import { type KvmEvent } from '../../core/kvm/events.ts';
import { type Place } from '../../core/kvm/place.ts';
import { Host } from '../../core/kvm/host.ts';
import { REFERENCE_HOST } from '../../core/kvm/host-facts.ts';
import { vgicOf } from '../../core/kvm/vgic/vm-state.ts';
import { Journal } from '../../core/state/journal.ts';
import { Layout } from '../../core/state/layout.ts';
import { equal, normalise, toJson, type Value } from './compare.ts';
import {
  isObject,
  type Json,
  type JsonObject,
  type Mismatch,
  bigintAt,
  numberAt,
  objectAt,
  objectsAt,
  type Played,
  textAt,
  type VectorFormat,
  VectorError,
} from './format.ts';
import { playSteps } from './play-steps.ts';
import { type Found, type Life, OPERATIONS } from './v3-v2-ops.ts';
import { show, Watch } from './v3-v2-state.ts';

export const V3_V2: VectorFormat = {
  name: 'v3-v2',
  headerless: true,
  accepts: (first) =>
    (first['kind'] === 'hand' || first['kind'] === 'random') && isObject(first['cfg']) && Array.isArray(first['steps']),
  play: (_header, vector) => play(vector),
};

/** A notification as the vectors write it; other events are none there. */
function notification(event: KvmEvent, { vcpu = -1 }: Place): string | undefined {
  switch (event.kind) {
    case 'vcpu.request':
      return `req irq ${vcpu}`;
    case 'vcpu.requestUpdate':
      return `req upd ${vcpu}`;
    case 'vcpu.kick':
      return `kick ${vcpu}`;
    case 'vm.requestAll':
      return event.request === 'sleep' ? 'reqall sleep' : 'reqall irq';
    case 'vcpu.forcedExit':
      return `forced-exit ${vcpu}`;
    case 'vcpu.pruned':
      return `process-update ${vcpu}`;
    case 'irq.acknowledged':
      return `ack ${event.pin}`;
    case 'physical.deactivate':
      return `${event.by === 'hardware' ? 'hwdeact' : 'pdir'} ${event.pintid}`;
    case 'physical.active':
      return `phys-active ${event.pintid} ${event.on ? 1 : 0}`;
    case 'physical.pending':
      return `phys-pend ${event.pintid} ${event.on ? 1 : 0}`;
    case 'irq.updatePending':
      return `trace upd ${event.vcpu} ${event.intid} ${event.level ? 1 : 0}`;
    case 'uapi.irqLine':
      return `trace line ${event.type} ${event.vcpuId} ${event.number} ${event.level ? 1 : 0}`;
    case 'trap.undef':
      return `undef ${vcpu}`;
    case 'host.warning':
      return 'warn';
    case 'vm.dead':
      return 'vm-dead';
    default:
      return undefined;
  }
}

function hostOf(cfg: JsonObject, cpus: number): Host {
  const vtr = bigintAt(cfg, 'vtr');
  const facts = {
    ...REFERENCE_HOST,
    gic: 'v3' as const,
    cpus,
    v3Interface: {
      listRegisters: numberAt(cfg, 'numLR'),
      priorityBits: numberAt(cfg, 'priBits'),
      preemptionBits: numberAt(cfg, 'preBits'),
      idBits: Number((vtr >> 23n) & 7n),
      seis: ((vtr >> 22n) & 1n) === 1n,
      aff3: ((vtr >> 21n) & 1n) === 1n,
    },
    v3TrapsDir: numberAt(cfg, 'tdir') !== 0,
    v3SoftwareResample: numberAt(cfg, 'swResample') !== 0,
    paBits: numberAt(cfg, 'paBits'),
  };
  return new Host(new Journal(new Layout()), facts);
}

function play(vector: JsonObject): Played {
  const id = textAt(vector, 'id');
  const steps = objectsAt(vector, 'steps');
  const vcpus = steps.filter((step) => step['op'] === 'vcpu').length;
  const host = hostOf(objectAt(vector, 'cfg'), Math.max(1, vcpus));
  const vm = host.createVm();
  const vgic = vgicOf(vm);
  const lines = new Set<string>();
  vgic.sampler = (executing, intid) => lines.has(`${executing.index} ${intid}`);
  const life: Life = { host, vm, vgic, lines };
  const events: string[] = [];
  host.observe((event, place) => {
    const text = notification(event, place);
    if (text !== undefined) events.push(text);
  });
  const comparison = new Comparison(life);
  return playSteps<Found>(id, steps, {
    operation(name) {
      const operation = OPERATIONS[name];
      if (operation === undefined) return undefined;
      return (step) => {
        events.length = 0;
        const found = operation(life, step);
        // The CPU line's stand-in notifies nobody (see there); its record shows the level as it was passed.
        if (name === 'irq_line') shapeLineEvents(step, events);
        return found;
      };
    },
    refused: (error) => ({ error }),
    check: (number, step, found) => comparison.check(number, step, found, events),
  });
}

/** The record of KVM_IRQ_LINE carries the level as passed, which the emulator keeps as a boolean. */
function shapeLineEvents(step: JsonObject, events: string[]): void {
  const [line = ''] = events;
  const isCpuLine = line.startsWith('trace line 0 ');
  events[0] = line.replace(/ \d+$/, ` ${numberAt(step, 'level') | 0}`);
  if (isCpuLine) events.length = 1;
}

/** Members of a step that are results of the call. */
const RESULTS = ['ret', 'val', 'active'] as const;
/** Members of a step that hold one value per vCPU, and how their keys begin. */
const PER_VCPU = ['ap', 'if', 'hw', 'req'] as const;

class Comparison {
  readonly #life: Life;
  readonly #watch: Watch;
  readonly #expected = new Map<string, Value>();
  /** Keys that differed when last compared. */
  readonly #different = new Set<string>();

  constructor(life: Life) {
    this.#life = life;
    this.#watch = new Watch(life.host.journal);
    this.#watch.drain();
  }

  check(step: number, wanted: JsonObject, found: Found, events: readonly string[]): Mismatch | undefined {
    let first: Mismatch | undefined;
    const differ = (key: string, want: Value | undefined, have: Value | undefined): void => {
      first ??= { step, key, expected: toJson(want), found: toJson(have) };
    };
    if (found['error'] !== undefined) differ('error', undefined, found['error']);
    for (const key of RESULTS) {
      const want = resultOf(wanted[key]);
      if (!equal(want, found[key])) differ(key, want, found[key]);
    }
    const want = normalise(wanted['ev'] ?? []);
    if (!equal(want, events)) differ('ev', want, events);
    const keys = new Set([...this.#different, ...this.#apply(wanted), ...this.#watch.drain()]);
    for (const key of keys) {
      const expected = this.#expected.get(key);
      // Before the first vCPU or device the vectors show nothing.
      if (expected === undefined && (key === 'vm' || !key.startsWith('irq'))) {
        const vcpu = key === 'vm' ? undefined : this.#life.vm.vcpu(Number(key.split(' ')[1]));
        if (vcpu === undefined) continue;
      }
      const have = show(this.#life.vm, key);
      this.#different.delete(key);
      if (equal(expected ?? defaultOf(key), have)) continue;
      this.#different.add(key);
      differ(key, expected, have);
    }
    return first;
  }

  /** Takes over what a step says, and names the keys. */
  #apply(step: JsonObject): string[] {
    const keys: string[] = [];
    const set = (key: string, value: Json): void => {
      this.#expected.set(key, normalise(value));
      keys.push(key);
    };
    for (const record of list(step['irq'])) {
      if (!Array.isArray(record)) throw new VectorError('"irq" must hold lists of numbers');
      set(`irq ${String(record[0])} ${String(record[1])}`, record);
    }
    for (const section of PER_VCPU) {
      const values = step[section];
      if (isObject(values)) for (const [index, value] of Object.entries(values)) set(`${section} ${index}`, value);
    }
    if (isObject(step['vm'])) set('vm', step['vm']);
    return keys;
  }
}

function list(json: Json | undefined): readonly Json[] {
  return Array.isArray(json) ? json : [];
}

function resultOf(json: Json | undefined): Value | undefined {
  return json === undefined ? undefined : normalise(json);
}

/** What a key holds until a step has shown it. */
function defaultOf(key: string): Value | undefined {
  if (key.startsWith('ap ')) return [];
  if (key.startsWith('req ')) return 0;
  return key.startsWith('hw ') ? null : undefined;
}
