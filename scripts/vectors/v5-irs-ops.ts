/** The operations of the SPI and IRS vectors as calls of core/kvm, one row per operation. Each returns the step's `ret`. */
import { gicInstruction } from '../../core/gic/v5/instructions.ts';
import { Words } from '../../core/gic/v5/words.ts';
import { type HostFault } from '../../core/kvm/v5/irs/host-irs.ts';
import { E2BIG, EEXIST, EINVAL } from '../../core/kvm/errno.ts';
import { OWNERS } from '../../core/kvm/gic-model.ts';
import { Host } from '../../core/kvm/host.ts';
import { type Profile } from '../../core/kvm/profiles.ts';
import { BAD_ADDRESS, CTRL, DEVICE_VGIC_V5, GROUP, UserWords } from '../../core/kvm/uapi.ts';
import { ADDR_IRS } from '../../core/kvm/v5/irs/attributes.ts';
import { ACTIVE, PENDING, withBit } from '../../core/gic/v5/irs/iste.ts';
import { scan } from '../../core/kvm/v5/irs/ap-list.ts';
import { injectSpi } from '../../core/kvm/v5/irs/inject-spi.ts';
import { IRS_REGION, irsAccess } from '../../core/kvm/v5/irs/virtual-irs.ts';
import { type VmIrs } from '../../core/kvm/v5/irs/vm-irs.ts';
import { type Vcpu } from '../../core/kvm/vcpu.ts';
import { type Vm } from '../../core/kvm/vm.ts';
import { VmVgicV5 } from '../../core/kvm/v5/vm-vgic.ts';
import { Journal } from '../../core/state/journal.ts';
import { Layout } from '../../core/state/layout.ts';
import { bigintAt, type JsonObject, numberAt, numberWithin, textAt, VectorError } from './format.ts';
import { type Value } from './compare.ts';

/** One VM life in progress. */
export interface Life {
  readonly host: Host;
  readonly vm: Vm;
  readonly irs: VmIrs;
  /** Side effects of the step so far. */
  readonly effects: Value[];
  readonly locks: string[];
  /** Did an instruction find no entry? */
  ignored: boolean;
}

type Operation = (life: Life, step: JsonObject) => Value;

const CPUS = 3;
/** What the attribute takes (kvm-vgic-v5-spi §4). */
const MOST_SPIS = 1024;
const PA_BITS = [32, 36, 40, 42, 44, 48, 52, 56];
const FAULTS: Readonly<Record<string, HostFault>> = { alloc: 'alloc', free: 'free', cmd: 'command' };

/** `setup`: host, VM, vCPUs and device. */
export function setUp(profile: Profile, step: JsonObject): Omit<Life, 'effects' | 'locks' | 'ignored'> {
  const vmid = numberWithin(step, 'vmid', 0, 0xffff, 0);
  const paBits = PA_BITS[numberWithin(step, 'pa', 0, PA_BITS.length - 1, 5)];
  const host = new Host(
    new Journal(new Layout()),
    {
      gic: 'v5',
      v3Compat: false,
      pkvm: false,
      vhe: true,
      pmu: true,
      nestedVirt: false,
      cpus: CPUS,
      ...(paBits === undefined ? {} : { paBits }),
      irs: {
        idBits: numberWithin(step, 'idbits', 1, 24, 16),
        minIdBits: numberWithin(step, 'minbits', 0, 15, 5),
        priorityBits: numberWithin(step, 'pribits', 1, 5, 5),
        vpes: numberWithin(step, 'maxvpes', 1, 0x1_0000, 512),
        // The vectors' stand-in for the creation of vCPUs does not look at it.
        vcpuLimit: 512,
        vms: vmid + 1,
        firstVm: vmid,
      },
    },
    { profile, reserveVcpus: CPUS },
  );
  const vm = host.createVm();
  const ids = textAt(step, 'ids');
  for (const id of ids === 'none' ? [] : ids.split(',')) {
    if (vm.online.lo === CPUS) throw new VectorError(`"ids": at most ${CPUS} vCPUs`);
    const result = vm.createVcpu(Number(id));
    if (result !== 0) throw new VectorError(`"ids": vCPU ${id}: result ${result}`);
    vm.vcpu(vm.online.lo - 1)?.init();
  }
  const part = vm.gics.get(DEVICE_VGIC_V5);
  if (!(part instanceof VmVgicV5) || part.irs === undefined) throw new VectorError('the profile has no IRS');
  if (numberAt(step, 'in_kernel', 1) !== 0) vm.createDevice(DEVICE_VGIC_V5);
  // The vectors set the number as such, also where there is no device to take the attribute.
  part.irs.nrSpis.set(numberWithin(step, 'nspis', 0, MOST_SPIS));
  return { host, vm, irs: part.irs };
}

function vcpuOf({ vm }: Life, step: JsonObject): Vcpu {
  const index = numberAt(step, 'vcpu');
  const vcpu = vm.vcpu(index);
  if (vcpu === undefined) throw new VectorError(`there is no vCPU ${index}`);
  return vcpu;
}

function attribute(op: 'has' | 'get' | 'set'): Operation {
  return ({ vm }, step) => {
    const words = new UserWords(bigintAt(step, 'val', 0n));
    const memory = numberAt(step, 'fault', 0) !== 0 ? BAD_ADDRESS : words;
    const result = vm.deviceAttr(op, GROUP.IRS_REGS, bigintAt(step, 'off'), memory);
    return op === 'get' && result === 0 ? (words.words[0] ?? 0n) : result;
  };
}

/** What happens in the gap of an injection. */
function race(life: Life, kind: number, number: number, level: boolean): void {
  const { irs } = life;
  const spi = irs.spi(number);
  if (spi === undefined) return;
  life.effects.push(['race', kind]);
  if (kind === 1) {
    const domain = irs.host.domain(irs.vmId.lo);
    domain.replace(spi.intid, withBit(irs.word(spi.intid) ?? 0, PENDING | ACTIVE, false));
  } else if (kind === 2) injectSpi(irs, { intid: spi.intid, level: spi.isLevel ? !level : true, owner: 'none' });
  else if (kind === 3) scan(irs, life.vm.vcpu(0));
  else throw new VectorError(`"race": must be 1, 2 or 3, found ${kind}`);
}

function listener(life: Life, number: number, mode: number): (() => void) | undefined {
  const { irs, effects } = life;
  const lower = (level: boolean): void => {
    const spi = irs.spi(number);
    if (spi !== undefined) injectSpi(irs, { intid: spi.intid, level, owner: 'none' });
  };
  switch (mode) {
    case 0:
      return undefined;
    case 1:
      return () => void effects.push(['listener', number]);
    case 2:
    case 3:
      return () => {
        lower(false);
        effects.push(['resample', number]);
        if (mode === 3) lower(true);
      };
    default:
      throw new VectorError(`"mode": must be 0 … 3, found ${mode}`);
  }
}

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  base: ({ vm, irs }, step) => {
    const base = bigintAt(step, 'val');
    const result = vm.deviceAttr('set', GROUP.ADDR, ADDR_IRS, new UserWords(base));
    // The vectors' stand-in looks at the alignment alone: a second address and one out of range are taken.
    if (result !== -EEXIST && result !== -E2BIG) return result;
    if (base % BigInt(IRS_REGION / 2) !== 0n) return -EINVAL;
    irs.base.value = base;
    irs.emit({ kind: 'irs.region', base, bytes: IRS_REGION });
    return 0;
  },
  init: ({ vm, host }) => {
    const result = vm.deviceAttr('set', GROUP.CTRL, BigInt(CTRL.INIT), new UserWords());
    if (result === 0) for (const vcpu of vm.vcpus) if (vcpu.cpu === undefined) vcpu.load(host.cpu(vcpu.index));
    return result;
  },
  uget: attribute('get'),
  uset: attribute('set'),
  uhas: attribute('has'),
  irqline: (life, step) => {
    const irq = numberAt(step, 'irq');
    const level = numberAt(step, 'level');
    const kind = numberAt(step, 'race', 0);
    if (kind !== 0) life.irs.inTheGap = () => race(life, kind, irq & 0xffff, level !== 0);
    const result = life.vm.irqLine({ irq, level });
    life.irs.inTheGap = undefined;
    return result;
  },
  hold: ({ vm }, step) => {
    vm.vcpu(0)?.slots.locked.set(numberAt(step, 'on') === 0 ? 0 : 1);
    return 0;
  },
  ran: (life, step) => {
    vcpuOf(life, step).slots.hasRun.flag = true;
    return 0;
  },
  inject: ({ vm }, step) => {
    const target = numberAt(step, 'novcpu', 0) === 0 ? vm.vcpu(0) : undefined;
    const owner = numberAt(step, 'owner', 0) === 0 ? 'none' : 'other';
    return vm.gic?.inject(target, numberAt(step, 'intid'), numberAt(step, 'level') !== 0, owner) ?? 0;
  },
  setowner: ({ irs }, step) => {
    const spi = irs.spi(numberAt(step, 'spi'));
    if (spi !== undefined) spi.owner = numberAt(step, 'on') === 0 ? 0 : OWNERS.indexOf('other');
    return 0;
  },
  exit: (life, step) => {
    scan(life.irs, vcpuOf(life, step));
    return 0;
  },
  entry: (life, step) => {
    const { gic } = vcpuOf(life, step);
    const wanted = gic?.needsExit(life.host.cpu(0)) === true;
    gic?.handleRequests();
    return wanted ? 1 : 0;
  },
  listen: (life, step) => {
    const number = numberAt(step, 'spi');
    const callback = listener(life, number, numberAt(step, 'mode'));
    if (callback === undefined) life.irs.listeners.internal.delete(number);
    else life.irs.listeners.internal.set(number, callback);
    return 0;
  },
  fail: ({ irs }, step) => {
    const fault = FAULTS[textAt(step, 'what')];
    if (fault === undefined) throw new VectorError(`"what": nothing fails so: ${textAt(step, 'what')}`);
    irs.host.failNext(fault);
    return 0;
  },
  mmio: (life, step) => {
    const isWrite = numberAt(step, 'w') !== 0;
    const data = isWrite ? bigintAt(step, 'val') : undefined;
    const value = irsAccess(life.irs, vcpuOf(life, step), numberAt(step, 'off'), numberAt(step, 'size'), data);
    return isWrite ? null : value;
  },
  insn: (life, step) => {
    const name = textAt(step, 'name');
    const instruction = gicInstruction(`GICR ${name.toUpperCase()}`) ?? gicInstruction(`GIC ${name.toUpperCase()}`);
    if (instruction === undefined) throw new VectorError(`"name": unknown instruction "${name}"`);
    const words = new Words();
    words.value = bigintAt(step, 'val', 0n);
    life.ignored = false;
    life.host.cpu(vcpuOf(life, step).index).interface.execute(instruction, words);
    if (instruction.hasResult) return words.value;
    return life.ignored ? 'ignored' : null;
  },
  cpu: (life, step) => {
    const { interface: hardware } = life.host.cpu(vcpuOf(life, step).index);
    hardware.vmcr.set((numberAt(step, 'pcr') << 27) | (numberAt(step, 'en') === 0 ? 0 : 1));
    hardware.reevaluate('el2write');
    return 0;
  },
};
