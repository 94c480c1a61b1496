/** The operations of the PPI vectors as calls of core/kvm, one row per operation. Each returns the step's `ret`. */
import { gicInstruction } from '../../core/gic/v5/instructions.ts';
import { Words } from '../../core/gic/v5/words.ts';
import { EINVAL, EIO } from '../../core/kvm/errno.ts';
import { OWNERS, type Operations, type Owner } from '../../core/kvm/gic-model.ts';
import { type Host } from '../../core/kvm/host.ts';
import { resetIdRegisters } from '../../core/kvm/id-registers.ts';
import { BAD_ADDRESS, CTRL, DEVICE_VGIC_V5, GROUP, PMU_ATTRIBUTE, UserWords, VCPU_GROUP } from '../../core/kvm/uapi.ts';
import { type Vcpu } from '../../core/kvm/vcpu.ts';
import { FEATURE } from '../../core/kvm/vcpu-slots.ts';
import { type Vm } from '../../core/kvm/vm.ts';
import { ppiOf } from '../../core/kvm/v5/ownership.ts';
import { userspaceRegisterByName } from '../../core/kvm/v5/userspace-registers.ts';
import { bigintAt, type JsonObject, numberAt, numberWithin, textAt, VectorError } from './format.ts';
import { type Value } from './compare.ts';
import { vgicOf } from './v5-ppi-state.ts';

/** One VM life in progress. */
export interface Life {
  readonly host: Host;
  vm: Vm | undefined;
}

type Operation = (life: Life, step: JsonObject) => Value;

/** What a user-space word holds before the kernel writes it. */
const UNWRITTEN = 0xa5a5n;
/** The counter moves one by one. */
const MOST_TICKS = 1_000_000;
const TIMER_OWNERS = ['vtimer', 'ptimer'] as const;

function vmOf(life: Life): Vm {
  if (life.vm === undefined) throw new VectorError('there is no VM yet');
  return life.vm;
}

function vcpuOf(life: Life, step: JsonObject): Vcpu {
  const index = numberAt(step, 'vcpu');
  const vcpu = vmOf(life).vcpu(index);
  if (vcpu === undefined) throw new VectorError(`there is no vCPU ${index}`);
  return vcpu;
}

const flagAt = (step: JsonObject, key: string, otherwise = false): boolean =>
  numberAt(step, key, otherwise ? 1 : 0) !== 0;
const intidAt = (step: JsonObject): number => numberAt(step, 'intid');

function ownerAt(step: JsonObject): Owner {
  const name = step['owner'] ?? 'null';
  if (name === 'null') return 'none';
  const owner = OWNERS.find((candidate) => candidate === name);
  if (owner === undefined) throw new VectorError(`"owner": unknown owner ${JSON.stringify(name)}`);
  return owner;
}

function operationsAt(step: JsonObject): Operations {
  const name = textAt(step, 'ops');
  if (name === 'default' || name === 'timer' || name === 'none') return name;
  throw new VectorError(`"ops": unknown operation table "${name}"`);
}

/** The guest's register names in the vectors, as the register tables have them. */
function registerName(short: string): string {
  const match = /^(priorityr|spendr|cpendr|sactiver|cactiver|enabler|hmr)([0-9]+)$/.exec(short);
  if (match !== null) return `ICC_PPI_${short.toUpperCase()}_EL1`;
  if (/^(cr0|pcr|apr|icsr|hapr|hppir|idr0|iaffidr)$/.test(short)) return `ICC_${short.toUpperCase()}_EL1`;
  throw new VectorError(`"reg": unknown register "${short}"`);
}

function poke(vcpu: Vcpu, what: string, value: bigint): Value {
  const priority = /^prio([0-9]+)$/.exec(what);
  const name =
    priority === null
      ? {
          enabler: 'ICC_PPI_ENABLER0_EL1',
          activer: 'ICC_PPI_SACTIVER0_EL1',
          pend: 'ICC_PPI_SPENDR0_EL1',
          apr: 'ICC_APR_EL1',
        }[what]
      : `ICC_PPI_PRIORITYR${priority[1]}_EL1`;
  const register = name === undefined ? undefined : userspaceRegisterByName(name);
  if (register === undefined) throw new VectorError(`"what": nothing to poke is called "${what}"`);
  register.set(vgicOf(vcpu), value);
  return 0;
}

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  vm: (life) => {
    life.vm = life.host.createVm();
    // The vectors store the ID registers when the VM is made, not at the first KVM_ARM_VCPU_INIT.
    resetIdRegisters(life.vm, false);
    return 0;
  },
  vcpu: (life, step) => {
    const vm = vmOf(life);
    const index = vm.online.lo;
    const result = vm.createVcpu(numberAt(step, 'id'));
    if (result !== 0) return result;
    const features = (flagAt(step, 'pmu') ? FEATURE.PMU : 0) | (flagAt(step, 'nv') ? FEATURE.NESTED : 0);
    const vcpu = vm.vcpu(index);
    if (flagAt(step, 'init', true)) return vcpu?.init(features) ?? -EINVAL;
    // The later `vinit` does not repeat the features.
    vcpu?.slots.features.set(features);
    return 0;
  },
  vinit: (life, step) => {
    const vcpu = vcpuOf(life, step);
    return vcpu.init(vcpu.slots.features.lo);
  },
  halfcreate: (life, step) => {
    if (numberAt(step, 'n') > 0) vmOf(life).beginVcpuCreation();
    else vmOf(life).abandonVcpuCreation();
    return 0;
  },
  device: (life) => vmOf(life).createDevice(DEVICE_VGIC_V5),
  attr: (life, step) => {
    const direction = textAt(step, 'dir');
    if (direction !== 'set' && direction !== 'get' && direction !== 'has')
      throw new VectorError(`"dir": must be set, get or has, found "${direction}"`);
    const group = numberAt(step, 'group');
    const attr = bigintAt(step, 'attr');
    const words = new UserWords(UNWRITTEN, UNWRITTEN);
    const second = { load: words.load, store: (i: number, v: bigint) => i === 0 && words.store(i, v) };
    const fault = numberAt(step, 'fault', 0);
    const memory = fault === 1 ? BAD_ADDRESS : fault === 2 ? second : words;
    const errno = vmOf(life).deviceAttr(direction, group, attr, memory);
    const readsPpis = direction === 'get' && group === GROUP.CTRL && attr === BigInt(CTRL.USERSPACE_PPIS);
    // A dead VM is refused before the attribute is looked at.
    return readsPpis && errno !== -EIO ? { errno, data: words.words } : errno;
  },
  irqline: (life, step) => vmOf(life).irqLine({ irq: numberAt(step, 'irq'), level: numberAt(step, 'level') }),
  timerattr: (life, step) => {
    const vcpu = vcpuOf(life, step);
    const which = bigintAt(step, 'which');
    const words = new UserWords(bigintAt(step, 'val', 0n));
    const memory = flagAt(step, 'fault') ? BAD_ADDRESS : words;
    if (!flagAt(step, 'get')) return vcpu.attribute('set', VCPU_GROUP.TIMER_CTRL, which, memory);
    const errno = vcpu.attribute('get', VCPU_GROUP.TIMER_CTRL, which, memory);
    return errno === -EIO ? errno : { errno, val: words.words[0] ?? 0n };
  },
  pmuinit: (life, step) =>
    vcpuOf(life, step).attribute('set', VCPU_GROUP.PMU_V3_CTRL, BigInt(PMU_ATTRIBUTE.INIT), new UserWords()),
  firstrun: (life, step) => vcpuOf(life, step).firstRun(),
  poke: (life, step) => poke(vcpuOf(life, step), textAt(step, 'what'), bigintAt(step, 'val')),
  setvmcr: (life, step) => {
    vgicOf(vcpuOf(life, step)).setVmcr(flagAt(step, 'en'), numberAt(step, 'pmr'));
    return 0;
  },
  getvmcr: (life, step) => {
    const { enabled, priorityMask } = vgicOf(vcpuOf(life, step)).getVmcr();
    return { en: enabled ? 1 : 0, pmr: priorityMask };
  },

  setowner: (life, step) => vgicOf(vcpuOf(life, step)).setOwner(intidAt(step), ownerAt(step)),
  inject: (life, step) => {
    const { vm } = life;
    const target = flagAt(step, 'novcpu') ? undefined : vcpuOf(life, step);
    return vm?.gic?.inject(target, intidAt(step), flagAt(step, 'level'), ownerAt(step)) ?? 0;
  },
  map: (life, step) => vgicOf(vcpuOf(life, step)).mapHostPpi(intidAt(step), numberAt(step, 'hostppi')),
  unmap: (life, step) => vgicOf(vcpuOf(life, step)).unmapHostPpi(intidAt(step)),
  setops: (life, step) => vgicOf(vcpuOf(life, step)).setOperations(intidAt(step), operationsAt(step)),
  dvi: (life, step) => {
    vgicOf(vcpuOf(life, step)).setDirectInjection(ppiOf(intidAt(step)) ?? 0, flagAt(step, 'on'));
    return 0;
  },
  resetmapped: (life, step) => {
    vgicOf(vcpuOf(life, step)).resetMapped(intidAt(step));
    return 0;
  },
  getmap: (life, step) => vgicOf(vcpuOf(life, step)).hostPpi(intidAt(step)),
  mapactive: (life, step) => (vgicOf(vcpuOf(life, step)).isMappedActive(intidAt(step)) ? 1 : 0),
  reset: (life, step) => {
    vcpuOf(life, step).reset();
    return 0;
  },
  pending: (life, step) => {
    const vcpu = vcpuOf(life, step);
    const cpu = life.host.cpu(numberAt(step, 'pcpu', vcpu.cpu?.index ?? 0));
    const { mask, pending } = vgicOf(vcpu).hasPending(cpu);
    return { mask, pending: pending ? 1 : 0 };
  },
  load: (life, step) => {
    vcpuOf(life, step).load(life.host.cpu(numberAt(step, 'pcpu')));
    return 0;
  },
  put: (life, step) => {
    vcpuOf(life, step).put();
    return 0;
  },
  entry: (life, step) => {
    const vcpu = vcpuOf(life, step);
    const isLate = step['late'] !== undefined && step['late'] !== 0;
    return vcpu.enter({
      hostWork: flagAt(step, 'abort'),
      meanwhile: () => {
        if (isLate) vcpu.vm.gic?.inject(vcpu, 0x2000_0003, true, 'none');
      },
    });
  },
  exit: (life, step) => {
    vcpuOf(life, step).exit();
    return 0;
  },
  tick: (life, step) => {
    life.host.advance(BigInt(numberWithin(step, 'n', 0, MOST_TICKS)));
    return 0;
  },
  phys: (life, step) => {
    life.host.setPhysicalPpi(numberAt(step, 'pcpu'), numberAt(step, 'ppi'), flagAt(step, 'level'));
    return 0;
  },
  pmu: (life, step) => {
    vcpuOf(life, step).pmu.set(numberAt(step, 'ovs'), numberAt(step, 'inten'), flagAt(step, 'e'));
    return 0;
  },

  msr: (life, step) => {
    const register = registerName(textAt(step, 'reg'));
    const { outcome } = vcpuOf(life, step).sysreg('write', register, bigintAt(step, 'val'));
    return outcome === 'performed' ? null : outcome;
  },
  mrs: (life, step) => {
    const { outcome, value } = vcpuOf(life, step).sysreg('read', registerName(textAt(step, 'reg')));
    return outcome === 'performed' ? value : outcome;
  },
  insn: (life, step) => {
    const short = textAt(step, 'name').toUpperCase();
    const instruction = gicInstruction(`GICR ${short}`) ?? gicInstruction(`GIC ${short}`);
    if (instruction === undefined) throw new VectorError(`"name": unknown instruction "${short}"`);
    const { outcome, value } = vcpuOf(life, step).instruction(instruction.name, bigintAt(step, 'val', 0n));
    if (outcome !== 'performed') return outcome;
    return instruction.hasResult ? value : null;
  },
  trap: (life, step) => {
    const words = new Words();
    words.value = bigintAt(step, 'val', 0n);
    const direction = flagAt(step, 'write') ? 'write' : 'read';
    const outcome = vcpuOf(life, step).trapSysreg(registerName(textAt(step, 'reg')), direction, words);
    const handled = outcome === 'emulated';
    const result = { handled: handled ? 1 : 0, undef: handled ? 0 : 1 };
    return handled && direction === 'read' ? { ...result, val: words.value } : result;
  },
  gtimer: (life, step) => {
    const vcpu = vcpuOf(life, step);
    const owner = TIMER_OWNERS.find((name) => name.startsWith(textAt(step, 'which')));
    if (owner === undefined) throw new VectorError('"which": must be v or p');
    const context = vcpu.timers.context(owner);
    const writes = (['compare', 'control'] as const).flatMap((what) => {
      const key = what === 'compare' ? 'cval' : 'ctl';
      return step[key] === undefined ? [] : [{ what, value: bigintAt(step, key) }];
    });
    if (vcpu.timers.isDirect(context)) {
      for (const { what, value } of writes) vcpu.writeTimer(context, what, value);
      return 'direct';
    }
    // One exit covers both writes.
    vcpu.exit('trap');
    for (const { what, value } of writes) vcpu.timers.writeEmulated(context, what, value);
    return 'trapped';
  },
  wfi: (life, step) => {
    const { mask, runnable } = vcpuOf(life, step).trapWfi();
    return { mask, runnable: runnable ? 1 : 0 };
  },
  wfiend: (life, step) => {
    vcpuOf(life, step).endWait();
    return 0;
  },
};
