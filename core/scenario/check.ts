/** What can be wrong with a scenario only in the eyes of its machine: registers and slots that do not exist. */
import { type ScenarioProblem } from './errors.ts';
import { SHOWN_REGISTERS } from '../kvm/vgic/guest-interface.ts';
import { DEVICES } from './devices.ts';
import { GuestViews } from './guest-views.ts';
import { type Scenario } from './load.ts';
import { Machine } from '../machine/machine.ts';
import { USERSPACE_REGISTERS, userspaceRegisterByName } from '../kvm/v5/userspace-registers.ts';
import { nearest } from '../machine/a64/index.ts';
import { readRegister, registerNames } from './registers.ts';
import { type Path } from './source.ts';

/** Memory, LPIs and what an ITS maps get their slots when they are first written. */
const CLAIMED_LATER = /^(ram\.|ist\.lpi|vm\.its|vm\.gsi|vm\.vgic\.irq\.lpi)/;

/** @throws ScenarioError with every problem. */
export function checkScenario(scenario: Scenario): void {
  const { data, source } = scenario;
  const problems: ScenarioProblem[] = [];
  const machine = build(scenario);
  const { layout } = machine.journal;
  const paths = layout.slots.map(({ path }) => path);
  const slots = (wanted: Readonly<Record<string, bigint>>, path: Path): void => {
    for (const [name, value] of Object.entries(wanted)) {
      const slot = layout.find(name);
      if (slot === undefined && !CLAIMED_LATER.test(name))
        problems.push({
          ...source.locateKey(path, name),
          message: `unknown slot "${name}"${perhaps(name, paths)}: gicscope state lists a trace's slots`,
        });
      else if (slot !== undefined && BigInt.asUintN(layout.descriptor(slot).width, value) !== value)
        problems.push({
          ...source.locate([...path, name]),
          message: `expected a value of ${layout.descriptor(slot).width} bits for ${name}, found 0x${value.toString(16)}`,
        });
    }
  };
  // The device that shows them is created when the run begins.
  const ofInterface = DEVICES[data.vm.device].gic === 'v3' ? SHOWN_REGISTERS : [];
  for (const [index, { registers, state, vcpu = 0 }] of data.expect.at.entries()) {
    const path = ['expect', 'at', index];
    for (const name of Object.keys(registers))
      if (!ofInterface.includes(name) && readRegister(machine, vcpu, name) === undefined)
        problems.push({
          ...source.locateKey([...path, 'registers'], name),
          message: `unknown register "${name}" of a vCPU${perhaps(name, [...registerNames(machine, vcpu), ...ofInterface])}`,
        });
    slots(state, [...path, 'state']);
  }
  slots(data.expect.end, ['expect', 'end']);
  for (const [index, { do: actions }] of data.events.entries())
    for (const { getRegister, setRegister } of actions) {
      const name = (getRegister ?? setRegister)?.register;
      if (name !== undefined && userspaceRegisterByName(name) === undefined)
        problems.push({
          ...source.locate(['events', index, 'do']),
          message: `unknown register "${name}"${perhaps(name, userspaceNames)}: user space reaches ICC_*_EL1 registers`,
        });
    }
  if (problems.length > 0) throw source.fail(problems);
}

const userspaceNames = USERSPACE_REGISTERS.map(({ name }) => name);

/** ` (perhaps ICC_PCR_EL1)`, or nothing when no name is near. */
function perhaps(name: string, names: Iterable<string>): string {
  const near = nearest(name, names);
  return near.length === 0 ? '' : ` (perhaps ${near.join(', ')})`;
}

function build({ config, source }: Scenario): Machine {
  try {
    const machine = new Machine(config);
    machine.create();
    new GuestViews(machine).update();
    return machine;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw source.error(['vm'], error.message);
  }
}
