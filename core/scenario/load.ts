/**
 * A scenario's text to everything a run needs: the machine's configuration, watched labels, events in order of time,
 * expectations with their places in the file. All mistakes that can be found without running are found here.
 */
import { type z } from 'zod';
import { profileByName } from '../kvm/profiles.ts';
import { type MachineConfig } from '../machine/config.ts';
import { DEVICES } from './devices.ts';
import { ScenarioError, type ScenarioProblem } from './errors.ts';
import { buildGuest, type Guest } from './guest.ts';
import { ITS_COMPANION } from './v3-frames.ts';
import { type ScenarioData, scenarioSchema } from './schema.ts';
import { type Path, Source } from './source.ts';

export interface Scenario {
  /** As given: a path or a name. */
  readonly file: string;
  readonly text: string;
  readonly data: ScenarioData;
  readonly config: MachineConfig;
  readonly guest: Guest;
  readonly source: Source;
  /** It says itself how long it may run, or that it is to be stopped. */
  readonly isBounded: boolean;
}

export interface LoadOptions {
  /** Instead of the profile that the scenario names. */
  readonly profile?: string;
  /** Instead of its seed. */
  readonly seed?: number;
  /** Reads a file that the scenario names, relative to it. */
  readonly readImage?: (path: string) => Uint8Array;
}

/** @throws ScenarioError with every problem found, each with line and column. */
export function loadScenario(file: string, text: string, options: LoadOptions = {}): Scenario {
  const source = new Source(file, text);
  const parsed = scenarioSchema.safeParse(source.value);
  if (!parsed.success) throw source.fail(parsed.error.issues.flatMap((issue) => problemsOf(source, issue)));
  const { data } = parsed;
  const guest = buildGuest(source, data, options.readImage ?? noFiles);
  const problems: ScenarioProblem[] = [];
  const config = configOf(source, data, guest, options, problems);
  checkLabels(source, data, guest, problems);
  checkNumbers(source, data, problems);
  if (problems.length > 0 || config === undefined) throw source.fail(problems);
  const isBounded = data.expect.halted === 'limit' || valueAt(source.value, ['limit', 'time']) !== undefined;
  return { file, text, data, config, guest, source, isBounded };
}

function noFiles(): never {
  throw new Error('files cannot be read here');
}

function configOf(
  source: Source,
  data: ScenarioData,
  guest: Guest,
  options: LoadOptions,
  problems: ScenarioProblem[],
): MachineConfig | undefined {
  const { host, vm } = data;
  const device = DEVICES[vm.device];
  const name = options.profile ?? data.profile;
  try {
    const profile = profileByName(name);
    const attributes = device.attributes?.(vm, profile);
    return {
      facts: {
        gic: host.gic,
        v3Compat: host.v3Compat,
        pkvm: host.pkvm,
        vhe: host.vhe,
        pmu: host.pmu,
        nestedVirt: host.nestedVirt,
        cpus: host.cpus,
        wfiTraps: host.wfiTraps,
        irs: given(host.irs),
      },
      profile,
      vcpus: vm.vcpus.map(({ id, features, cpu, starts, entry }, index) => ({
        id: id ?? index,
        features,
        pcpu: cpu ?? index % host.cpus,
        starts,
        entry: entry === undefined ? guest.entryOf(index) : (guest.labelOf(entry, index) ?? guest.entryOf(index)),
      })),
      device: device.type,
      ...(attributes === undefined ? {} : { attributes }),
      ...(vm.its ? { companions: [ITS_COMPANION] } : {}),
      ram: { base: data.guest.base, size: Math.ceil(data.guest.memory / 4096) * 4096 },
      images: guest.images,
      slice: host.slice,
      timeslice: BigInt(host.timeslice),
      hostTasks: host.tasks,
      seed: options.seed ?? data.seed,
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    if (options.profile !== undefined)
      throw new ScenarioError(source.file, [{ line: 1, column: 1, message: error.message }]);
    problems.push({ ...source.locate(['profile']), message: error.message });
    return undefined;
  }
}

/** The members that have a value. */
function given<T extends object>(facts: T): { [K in keyof T]?: NonNullable<T[K]> } {
  // fromEntries forgets the keys and that undefined was left out.
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

/** Labels that events and expectations name, and vCPUs' entries. */
function checkLabels(source: Source, data: ScenarioData, guest: Guest, problems: ScenarioProblem[]): void {
  const count = data.vm.vcpus.length;
  const check = (label: string | undefined, vcpu: number | undefined, path: Path): void => {
    if (label === undefined) return;
    const isKnown = vcpu === undefined ? guest.labels.includes(label) : guest.labelOf(label, vcpu) !== undefined;
    if (isKnown) return;
    const known = guest.labels.slice(0, 12).join(', ');
    const wanted =
      known === ''
        ? 'no label: the guest has none'
        : `a label of the guest (${known}${guest.labels.length > 12 ? ', …' : ''})`;
    problems.push({ ...source.locate(path), message: `expected ${wanted}; found "${label}"` });
  };
  for (const [index, { entry }] of data.vm.vcpus.entries()) check(entry, index, ['vm', 'vcpus', index, 'entry']);
  for (const [index, { when }] of data.events.entries())
    check(when?.label, inRange(when?.vcpu, count), ['events', index, 'when', 'label']);
  for (const [index, { label, vcpu }] of data.expect.at.entries())
    check(label, inRange(vcpu, count), ['expect', 'at', index, 'label']);
}

const inRange = (vcpu: number | undefined, count: number): number | undefined =>
  vcpu === undefined || vcpu >= count ? undefined : vcpu;

/** vCPUs and physical CPUs that exist, and a memory that holds the program. */
function checkNumbers(source: Source, data: ScenarioData, problems: ScenarioProblem[]): void {
  const vcpus = data.vm.vcpus.length;
  const { cpus } = data.host;
  const check = (value: unknown, limit: number, what: string, path: Path): void => {
    if (typeof value === 'number' && value >= limit)
      problems.push({ ...source.locate(path), message: `expected ${what} from 0 to ${limit - 1}, found ${value}` });
  };
  for (const [index, { cpu }] of data.vm.vcpus.entries())
    check(cpu, cpus, 'a physical CPU', ['vm', 'vcpus', index, 'cpu']);
  for (const [index, { when, do: actions }] of data.events.entries()) {
    check(when?.vcpu, vcpus, 'a vCPU', ['events', index, 'when', 'vcpu']);
    const isList = source.locate(['events', index, 'do', 0]) !== undefined && Array.isArray(rawActions(source, index));
    for (const [n, action] of actions.entries())
      for (const [name, args] of Object.entries(action) as [string, unknown][]) {
        if (typeof args !== 'object' || args === null || name === 'irqLine') continue;
        const path: Path = isList ? ['events', index, 'do', n, name] : ['events', index, 'do', name];
        if ('vcpu' in args) check(args.vcpu, vcpus, 'a vCPU', [...path, 'vcpu']);
        if ('cpu' in args) check(args.cpu, cpus, 'a physical CPU', [...path, 'cpu']);
      }
  }
  for (const [index, { vcpu }] of data.expect.at.entries())
    check(vcpu, vcpus, 'a vCPU', ['expect', 'at', index, 'vcpu']);
}

function rawActions(source: Source, index: number): unknown {
  const { value } = source;
  const events: unknown = typeof value === 'object' && value !== null && 'events' in value ? value.events : undefined;
  const event: unknown = Array.isArray(events) ? events[index] : undefined;
  return typeof event === 'object' && event !== null && 'do' in event ? event.do : undefined;
}

type Issue = z.core.$ZodIssue;

/** One mistake against the schema, in words: what was expected where, and what was found. */
function problemsOf(source: Source, issue: Issue): ScenarioProblem[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      ...source.locateKey(path, key),
      message: `unknown key "${key}"${whereOf(path)}`,
    }));
  if (issue.code === 'invalid_union' && !issue.message.startsWith('expected')) {
    // The alternative that got furthest says best what is wrong.
    const deepest = issue.errors.flat().toSorted((a, b) => b.path.length - a.path.length)[0];
    if (deepest !== undefined) return problemsOf(source, { ...deepest, path: [...path, ...deepest.path] } as Issue);
  }
  const at = source.locate(path);
  const isMissing = issue.code === 'invalid_type' && valueAt(source.value, path) === undefined;
  if (isMissing) return [{ ...at, message: `"${String(path.at(-1) ?? '')}" is missing${whereOf(path.slice(0, -1))}` }];
  const message = issue.message
    .replace(/^Invalid (input|option): /, '')
    .replace(/, received .*$/, '')
    .replace(/^Too /, 'too ');
  const found = issue.code === 'custom' ? '' : `; found ${describe(valueAt(source.value, path))}`;
  return [{ ...at, message: `${whereName(path)}${message}${found}` }];
}

const whereOf = (path: Path): string => (path.length === 0 ? '' : ` in "${path.map(String).join('.')}"`);
const whereName = (path: Path): string => (path.length === 0 ? '' : `${path.map(String).join('.')}: `);

function valueAt(value: unknown, path: Path): unknown {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

function describe(value: unknown): string {
  if (typeof value === 'bigint') return value < 0x1_0000n ? String(value) : `0x${value.toString(16)}`;
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (Array.isArray(value)) return 'a list';
  if (value === null || value === undefined) return 'nothing';
  return typeof value === 'object' ? 'a mapping' : String(value);
}
