/** The operations of the GICv3 and GICv2 vectors on core/kvm: one row per `op`, giving the members of the step's result. */
import { EINVAL } from '../../core/kvm/errno.ts';
import { type Host } from '../../core/kvm/host.ts';
import { requireReadyIrqchip } from '../../core/kvm/first-run.ts';
import { type AttributeOp, BAD_ADDRESS, decodeIrqLine, IRQ_TYPE, UserWords } from '../../core/kvm/uapi.ts';
import { type Vcpu } from '../../core/kvm/vcpu.ts';
import { type Vm } from '../../core/kvm/vm.ts';
import { Words } from '../../core/gic/v5/words.ts';
import { guestAccess } from '../../core/kvm/vgic/bus.ts';
import { deliverable, inject } from '../../core/kvm/vgic/queue.ts';
import { driveWire, map, resetMapped, setOwner, unmap } from '../../core/kvm/vgic/mapped.ts';
import { type Irq } from '../../core/kvm/vgic/irq.ts';
import { VmVgic } from '../../core/kvm/vgic/vm-part.ts';
import { UNSET } from '../../core/kvm/frame.ts';
import { type VgicVm } from '../../core/kvm/vgic/vm-state.ts';
import { executeGuest } from '../../core/kvm/vgic/guest-interface.ts';
import { bigintAt, type JsonObject, numberAt, textAt, VectorError } from './format.ts';
import { type Value } from './compare.ts';

export interface Life {
  readonly host: Host;
  readonly vm: Vm;
  readonly vgic: VgicVm;
  /** Lines of devices behind callbacks, `vcpu intid`. */
  readonly lines: Set<string>;
}

export interface Found {
  readonly [key: string]: Value;
}

type Operation = (life: Life, step: JsonObject) => Found;

function vcpuAt({ vm }: Life, step: JsonObject): Vcpu {
  const index = numberAt(step, 'v');
  const vcpu = vm.vcpu(index);
  if (vcpu === undefined) throw new VectorError(`there is no vCPU ${index}`);
  return vcpu;
}

function flagAt(step: JsonObject, key: string): boolean {
  return numberAt(step, key) !== 0;
}

function irqAt(life: Life, step: JsonObject): Irq | undefined {
  const vcpu = life.vm.vcpu(numberAt(step, 'v'));
  return life.vgic.lookup(vcpu && life.vgic.attach(vcpu), numberAt(step, 'intid'));
}

function isWrite(step: JsonObject): boolean {
  return textAt(step, 'dir') === 'w';
}

/** A trapped register: 1 handled, 0 undefined. */
function trap(life: Life, step: JsonObject, register: string): Found {
  const vcpu = vcpuAt(life, step);
  const words = new Words();
  words.value = bigintAt(step, 'data', 0n);
  const outcome = vcpu.gic?.trappedAccess(register, isWrite(step) ? 'write' : 'read', words);
  const handled = outcome === 'emulated';
  if (!handled) vcpu.emit({ kind: 'trap.undef', what: register, via: 'handler' });
  if (register !== 'ICC_SRE_EL1' || isWrite(step) || !handled) return { ret: handled ? 1 : 0 };
  return { ret: 1, val: words.value };
}

function attribute({ vm }: Life, step: JsonObject): Found {
  const op = textAt(step, 'dir') as AttributeOp;
  if (op !== 'has' && op !== 'get' && op !== 'set') throw new VectorError(`"dir" must be has, get or set`);
  const memory = new UserWords(bigintAt(step, 'data', 0n));
  const bad = step['null'] === 1;
  const ret = vm.deviceAttr(op, numberAt(step, 'grp'), bigintAt(step, 'attr'), bad ? BAD_ADDRESS : memory);
  return ret === 0 && op === 'get' ? { ret, val: memory.words[0] ?? 0n } : { ret };
}

function frameBase(life: Life, frame: string): bigint {
  if (frame === 'D') return life.vgic.distBase.value;
  if (frame === 'C') return life.vgic.cpuBase.value;
  const owner = /^R(\d+)$/.exec(frame)?.[1];
  if (owner === undefined) throw new VectorError(`"frame" must be D, C or R and an index, found ${frame}`);
  return life.vgic.vcpu(Number(owner))?.redistBase.value ?? UNSET;
}

function mmio(life: Life, step: JsonObject): Found {
  const base = frameBase(life, textAt(step, 'frame'));
  const data = isWrite(step) ? bigintAt(step, 'data') : undefined;
  const address = BigInt.asUintN(64, base + bigintAt(step, 'off'));
  const value = base === UNSET ? undefined : guestAccess(vcpuAt(life, step), address, numberAt(step, 'len'), data);
  if (value === undefined) return { ret: 'unmapped' };
  return data === undefined ? { val: value } : {};
}

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  vcpu: ({ vm }, step) => {
    const ret = vm.createVcpu(numberAt(step, 'id'));
    const vcpu = ret === 0 ? vm.vcpus.at(-1) : undefined;
    if (vcpu !== undefined && numberAt(step, 'reset', 1) === 1) {
      vcpu.init();
      if (step['mpidr'] !== undefined) vcpu.slots.mpidr.value = bigintAt(step, 'mpidr');
    }
    return { ret };
  },
  create: ({ vm }, step) => ({ ret: vm.createDevice(numberAt(step, 'type')) }),
  attr: attribute,
  first_run: (life, step) => ({
    ret: life.vm.dead.flag ? -5 : requireReadyIrqchip(vcpuAt(life, step)),
  }),
  mark_ran: (life, step) => {
    vcpuAt(life, step).slots.hasRun.flag = flagAt(step, 'ran');
    return {};
  },
  load: (life, step) => {
    const vcpu = vcpuAt(life, step);
    vcpu.slots.locked.flag = true;
    vcpu.load(life.host.cpu(vcpu.index));
    return {};
  },
  put: (life, step) => {
    const vcpu = vcpuAt(life, step);
    vcpu.put();
    vcpu.slots.locked.flag = false;
    return {};
  },
  enter: (life, step) => {
    vcpuAt(life, step).enter();
    return {};
  },
  enter_abort: (life, step) => {
    vcpuAt(life, step).enter({ hostWork: true });
    return {};
  },
  exit: (life, step) => {
    vcpuAt(life, step).exit();
    return {};
  },
  mmio,
  sgi: (life, step) => trap(life, step, `ICC_${textAt(step, 'reg')}_EL1`),
  sre: (life, step) => trap(life, step, 'ICC_SRE_EL1'),
  dir_trap: (life, step) => trap(life, step, 'ICC_DIR_EL1'),
  guest: (life, step) => {
    const vcpu = vcpuAt(life, step);
    const data = isWrite(step) ? Number(bigintAt(step, 'data') & 0xffff_ffffn) : undefined;
    const value = executeGuest(vcpu, textAt(step, 'reg'), data);
    if (value === undefined) throw new VectorError(`no guest register ${textAt(step, 'reg')} in this direction`);
    return data === undefined ? { val: BigInt(value) } : {};
  },
  inject: ({ vm, vgic }, step) => {
    const vcpu = vm.vcpu(numberAt(step, 'v'));
    const intid = numberAt(step, 'intid');
    const self = vcpu && vgic.attach(vcpu);
    const owner = numberAt(step, 'owner', 0);
    return { ret: inject(vgic, self, { intid, level: flagAt(step, 'level'), owner, via: 'other' }) };
  },
  irq_line: ({ host, vm }, step) => {
    const irq = numberAt(step, 'code');
    const mark = host.journal.mark();
    const ret = vm.irqLine({ irq, level: numberAt(step, 'level') });
    // Behind the CPU type the vectors have a stand-in that only answers; what it would move is taken back.
    if (decodeIrqLine(irq).type === IRQ_TYPE.CPU) host.journal.undoTo(mark);
    return { ret };
  },
  irqfd: ({ vm }, step) => {
    const { gic } = vm;
    // Without a controller there is no SPI that the pin could be.
    if (!(gic instanceof VmVgic)) return { ret: -EINVAL };
    return { ret: gic.injectPin(numberAt(step, 'pin'), flagAt(step, 'level')) };
  },
  set_owner: ({ vm, vgic }, step) => {
    const vcpu = vm.vcpu(numberAt(step, 'v'));
    return { ret: setOwner(vgic, vcpu && vgic.attach(vcpu), numberAt(step, 'intid'), numberAt(step, 'owner')) };
  },
  map: (life, step) => ({
    ret: map(life.vgic, irqAt(life, step), numberAt(step, 'host'), flagAt(step, 'ops')),
  }),
  unmap: (life, step) => ({ ret: unmap(life.vgic, irqAt(life, step)) }),
  reset_mapped: (life, step) => {
    resetMapped(irqAt(life, step));
    return {};
  },
  get_map: (life, step) => {
    const irq = irqAt(life, step);
    const mapped = irq?.hw === true;
    return { ret: mapped ? irq.hwIntid : -1, active: mapped && irq.active ? 1 : 0 };
  },
  devline: ({ lines }, step) => {
    const key = `${numberAt(step, 'v')} ${numberAt(step, 'intid')}`;
    if (flagAt(step, 'level')) lines.add(key);
    else lines.delete(key);
    return {};
  },
  physline: ({ vgic }, step) => {
    driveWire(vgic, numberAt(step, 'hwintid'), flagAt(step, 'level'));
    return {};
  },
  pending: (life, step) => ({ ret: deliverable(life.vgic.attach(vcpuAt(life, step))) ? 1 : 0 }),
};
