/**
 * A scenario's text to everything a run needs: the machine's configuration, watched labels, events in order of time,
 * expectations with their places in the file. All mistakes that can be found without running are found here.
 */
import { type HostFacts } from '../kvm/host-facts.ts';
import { profileByName } from '../kvm/profiles.ts';
import { type MachineConfig } from '../machine/config.ts';
import { DEVICES } from './devices.ts';
import { ScenarioError, type ScenarioProblem } from './errors.ts';
import { buildGuest, type Guest } from './guest.ts';
import { checkLabels, checkNumbers } from './references.ts';
import { problemsOf, valueAt } from './schema-problems.ts';
import { ITS_COMPANION } from './v3-frames.ts';
import { type ScenarioData, scenarioSchema } from './schema.ts';
import { Source } from './source.ts';

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
        paBits: host.paBits,
        ...interfaceOf(host.v3),
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

/** The GICv3 virtual interface; hosts without one leave it unused. */
function interfaceOf({
  trapsDir,
  softwareResample,
  ...size
}: ScenarioData['host']['v3']): Pick<HostFacts, 'v3Interface' | 'v3TrapsDir' | 'v3SoftwareResample'> {
  return { v3Interface: size, v3TrapsDir: trapsDir, v3SoftwareResample: softwareResample };
}

/** The members that have a value. */
function given<T extends object>(facts: T): { [K in keyof T]?: NonNullable<T[K]> } {
  // fromEntries forgets the keys and that undefined was left out.
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
