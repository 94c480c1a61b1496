/** The actions of user space and the host, one row each: what it does to a machine, and its answer. */
import { type Result } from '../kvm/errno.ts';
import { BAD_ADDRESS, CTRL, DEVICE_VGIC_ITS, GROUP, KVM_CREATE_DEVICE_TEST, type Msi, UserWords } from '../kvm/uapi.ts';
import { type VcpuGic } from '../kvm/gic-model.ts';
import * as host from '../machine/host-actions.ts';
import * as irs from '../machine/irs-actions.ts';
import * as msi from '../machine/msi-actions.ts';
import { type Machine } from '../machine/machine.ts';
import { ACTION_NAMES, type Action, type ActionArgs, type ActionName } from './schema.ts';

export interface Answer {
  readonly result: Result;
  /** What it read, in words. */
  readonly words?: readonly bigint[];
}

/** What actions keep between each other. */
export interface ActionContext {
  readonly machine: Machine;
  readonly saved: Map<string, host.SavedRegisters>;
  readonly tables: Map<string, irs.SavedTables>;
}

const OK: Answer = { result: 0 };
const answer = (result: Result): Answer => ({ result });

function gicOf(machine: Machine, vcpu: number): VcpuGic {
  const { gic } = machine.thread(vcpu).vcpu;
  if (gic === undefined) throw new RangeError(`vCPU ${vcpu} has no in-kernel irqchip`);
  return gic;
}

/** User memory, and what is in it afterwards. */
function memoryOf(words: readonly bigint[]): UserWords | typeof BAD_ADDRESS {
  return words.length === 0 ? BAD_ADDRESS : new UserWords(...words);
}

function answered(result: Result, memory: UserWords | typeof BAD_ADDRESS): Answer {
  return memory instanceof UserWords ? { result, words: memory.words } : { result };
}

const messageOf = ({ address, event, flags, device }: ActionArgs<'signalMsi'>): Msi => ({
  address,
  data: event,
  flags,
  device,
});

const ACTIONS: { readonly [K in ActionName]: (context: ActionContext, args: ActionArgs<K>) => Answer } = {
  irqLine: ({ machine }, args) =>
    answer(
      'irq' in args
        ? machine.vm.irqLine({ irq: args.irq, level: args.level })
        : 'spi' in args
          ? host.spiLine(machine, args.spi, args.level)
          : host.irqLine(machine, args.vcpu, args.ppi, args.level),
    ),
  createDevice: ({ machine }, { type, test }) =>
    answer(machine.vm.createDevice(type, test ? KVM_CREATE_DEVICE_TEST : 0)),
  createVcpu: ({ machine }, { id }) => answer(machine.vm.createVcpu(id)),
  vcpuInit: ({ machine }, { vcpu, features }) => answer(machine.thread(vcpu).vcpu.init(features)),
  initialise: ({ machine }) => answer(machine.vm.deviceAttr('set', GROUP.CTRL, BigInt(CTRL.INIT), new UserWords())),
  deviceAttr: ({ machine: { vm } }, { op, group, attr, words, its }) => {
    const memory = memoryOf(words);
    const result =
      its === undefined
        ? vm.deviceAttr(op, group, attr, memory)
        : vm.companionAttr({ type: DEVICE_VGIC_ITS, index: its }, op, group, attr, memory);
    return answered(result, memory);
  },
  vcpuAttr: ({ machine }, { vcpu = 0, op, group, attr, words }) => {
    const memory = memoryOf(words);
    return answered(machine.thread(vcpu).vcpu.attribute(op, group, attr, memory), memory);
  },
  getRegister: ({ machine }, { vcpu, register }) => {
    const { result, value } = host.userRegister(machine, 'get', vcpu, register);
    return { result, words: [value] };
  },
  setRegister: ({ machine }, { vcpu, register, value }) =>
    answer(host.userRegister(machine, 'set', vcpu, register, value).result),
  getOneReg: ({ machine }, { vcpu, register }) => {
    const { result, value } = machine.thread(vcpu).vcpu.getOneReg(register);
    return { result, words: [value] };
  },
  setOneReg: ({ machine }, { vcpu, register, value }) => answer(machine.thread(vcpu).vcpu.setOneReg(register, value)),
  save: ({ machine, saved }, { vcpu, as }) => {
    const { result, saved: registers } = host.saveRegisters(machine, vcpu);
    saved.set(as, registers);
    return answer(result);
  },
  restore: ({ machine, saved }, { vcpu, from }) => {
    const registers = saved.get(from);
    if (registers === undefined) throw new RangeError(`nothing was saved as "${from}" yet`);
    return answer(host.restoreRegisters(machine, vcpu, registers));
  },
  run: ({ machine }, { vcpu }) => answer(host.resume(machine, vcpu)),
  pause: ({ machine }, { vcpu }) => {
    host.pause(machine, vcpu);
    return OK;
  },
  reset: ({ machine }, { vcpu }) => answer(host.reset(machine, vcpu)),
  migrate: ({ machine }, { vcpu, cpu }) => {
    host.migrate(machine, vcpu, cpu);
    return OK;
  },
  pmuOverflow: ({ machine }, { vcpu, flags }) => {
    host.pmuOverflow(machine, vcpu, flags);
    return OK;
  },
  wire: ({ machine }, { cpu, ppi, level }) => {
    host.setWire(machine, cpu, ppi, level !== 0);
    return OK;
  },
  inject: ({ machine }, { vcpu, ppi, level, owner }) => {
    const { gic } = machine.vm;
    if (gic === undefined) throw new RangeError('the VM has no in-kernel irqchip');
    return answer(gic.inject(machine.thread(vcpu).vcpu, gic.ppiIntid(ppi), level !== 0, owner));
  },
  map: ({ machine }, { vcpu, ppi }) => answer(gicOf(machine, vcpu).mapHostPpi(intid(machine, ppi), ppi)),
  unmap: ({ machine }, { vcpu, ppi }) => answer(gicOf(machine, vcpu).unmapHostPpi(intid(machine, ppi))),
  // An eventfd tells nobody that a message was delivered.
  irqfd: ({ machine }, { gsi, level }) => answer(Math.min(0, msi.signalGsi(machine, gsi, level !== 0))),
  signalMsi: ({ machine }, args) => answer(msi.signalMsi(machine, messageOf(args))),
  routes: ({ machine }, routes) =>
    answer(
      msi.setGsiRouting(
        machine,
        routes.map((route) => ({
          gsi: route.gsi,
          to: 'pin' in route ? { irqchip: 0, pin: route.pin } : { msi: messageOf(route) },
        })),
      ),
    ),
  resampler: ({ machine }, { gsi }) => {
    msi.addResampler(machine, gsi);
    return OK;
  },
  saveTables: ({ machine, tables }, { as }) => {
    const { result, saved } = irs.saveTables(machine);
    tables.set(as, saved);
    return answer(result);
  },
  restoreTables: ({ machine, tables }, args) => {
    if (!('from' in args)) return answer(irs.restoreTables(machine, irs.tablesOf(machine, args)));
    const saved = tables.get(args.from);
    if (saved === undefined) throw new RangeError(`no tables were saved as "${args.from}" yet`);
    return answer(irs.restoreTables(machine, saved));
  },
  hypervisor: ({ machine }, { cpu, instruction, operand }) => {
    const icsr = irs.hypervisor(machine, cpu, instruction, operand);
    return instruction === 'GIC VDRCFG' ? { result: 0, words: [icsr] } : OK;
  },
  operations: ({ machine }, { vcpu, ppi, table }) =>
    answer(gicOf(machine, vcpu).setOperations(intid(machine, ppi), table)),
  stop: ({ machine }) => {
    machine.stop();
    return OK;
  },
};

function intid(machine: Machine, ppi: number): number {
  return machine.vm.gic?.ppiIntid(ppi) ?? ppi;
}

/** The name of an action's one key. */
export function actionName(action: Action): ActionName {
  const name = ACTION_NAMES.find((each) => action[each] !== undefined);
  if (name === undefined) throw new Error('an action without a name passed the schema');
  return name;
}

/** @throws RangeError when the machine has no such vCPU, CPU or register. */
export function perform(context: ActionContext, action: Action): Answer {
  const name = actionName(action);
  // The row of a name takes the arguments under that name; the compiler does not relate the two.
  const row = ACTIONS[name] as (context: ActionContext, args: unknown) => Answer;
  return row(context, action[name]);
}
