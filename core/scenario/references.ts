/** What a scenario names must exist: labels of its guest, vCPUs and physical CPUs by number. */
import { type ScenarioProblem } from './errors.ts';
import { type Guest } from './guest.ts';
import { type ScenarioData } from './schema.ts';
import { type Path, type Source } from './source.ts';

/** Labels that events and expectations name, and vCPUs' entries. */
export function checkLabels(source: Source, data: ScenarioData, guest: Guest, problems: ScenarioProblem[]): void {
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
export function checkNumbers(source: Source, data: ScenarioData, problems: ScenarioProblem[]): void {
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
