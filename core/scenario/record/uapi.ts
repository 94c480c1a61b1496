/** How user space's calls and the VM's life become events. */
import { type LifeEvent, type UapiEvent } from '../../kvm/events.ts';
import { GROUP } from '../../kvm/uapi.ts';
import { highOf, hexOf, lowOf, resultOf, type Rows } from './scribe.ts';

const GROUP_NAMES: ReadonlyMap<number, string> = new Map(Object.entries(GROUP).map(([name, group]) => [group, name]));
const TIMER_NAMES = ['p', 'v', 'hv', 'hp'] as const;

export const UAPI: Rows<UapiEvent['kind']> = {
  'uapi.createVm': (s, { result }, place) =>
    s.put('kvm.ioctl', 'userspace', place, { ioctl: 'KVM_CREATE_VM', result: resultOf(result) }),
  'uapi.createDevice': (s, { type, flags, result }, place) =>
    s.put(
      'kvm.ioctl',
      'userspace',
      place,
      { ioctl: 'KVM_CREATE_DEVICE', result: resultOf(result), argument: BigInt(type) },
      { flags },
    ),
  'uapi.createVcpu': (s, { id, result }, place) =>
    s.put('kvm.ioctl', 'userspace', place, {
      ioctl: 'KVM_CREATE_VCPU',
      result: resultOf(result),
      argument: BigInt(id >>> 0),
    }),
  'uapi.vcpuCreation': (s, { phase }, place) =>
    s.put('host.event', 'userspace', place, { event: `vCPU creation ${phase}` }),
  'uapi.vcpuInit': (s, { features, result }, place) =>
    s.put('kvm.ioctl', 'userspace', place, {
      ioctl: 'KVM_ARM_VCPU_INIT',
      result: resultOf(result),
      argument: BigInt(features),
    }),
  'uapi.vcpuFinalize': (s, { result }, place) =>
    s.put('kvm.ioctl', 'userspace', place, { ioctl: 'KVM_ARM_VCPU_FINALIZE', result: resultOf(result) }),
  'uapi.deviceAttr': (s, { op, group, attr, result, value, companion }, place) =>
    s.put(
      'kvm.ioctl',
      'userspace',
      place,
      { ioctl: `KVM_${op.toUpperCase()}_DEVICE_ATTR`, result: resultOf(result), argument: attr },
      {
        of: companion === undefined ? 'device' : `ITS ${companion}`,
        group,
        ...(GROUP_NAMES.has(group) ? { name: GROUP_NAMES.get(group) ?? '' } : {}),
        ...(value === undefined ? {} : { value: hexOf(value) }),
      },
    ),
  'uapi.signalMsi': (s, { msi: { address, data, flags, device }, result }, place) =>
    s.put(
      'kvm.ioctl',
      'userspace',
      place,
      { ioctl: 'KVM_SIGNAL_MSI', result: resultOf(result), argument: address },
      { device, event: data, flags },
    ),
  'uapi.gsiRouting': (s, { routes, result }, place) =>
    s.put('kvm.ioctl', 'userspace', place, { ioctl: 'KVM_SET_GSI_ROUTING', result: resultOf(result) }, { routes }),
  'uapi.vcpuAttr': (s, { op, group, attr, result }, place) =>
    s.put(
      'kvm.ioctl',
      'userspace',
      place,
      { ioctl: `KVM_${op.toUpperCase()}_DEVICE_ATTR`, result: resultOf(result), argument: attr },
      { of: 'vcpu', group },
    ),
  'uapi.irqLine': (s, { irq, type, vcpuId, number, level, result }, place) =>
    s.put(
      'kvm.ioctl',
      'userspace',
      place,
      { ioctl: 'KVM_IRQ_LINE', result: resultOf(result), argument: BigInt(irq >>> 0) },
      { type, vcpu: vcpuId, number, level },
    ),
  'uapi.oneReg': (s, { op, register, value, result }, place) =>
    s.put(
      'kvm.ioctl',
      'userspace',
      place,
      { ioctl: `KVM_${op.toUpperCase()}_ONE_REG`, result: resultOf(result) },
      { register, value: hexOf(value) },
    ),
  'uapi.sysreg': (s, { op, register, value }, place) =>
    s.access('userspace', place, register, op === 'get' ? 'read' : 'write', lowOf(value), highOf(value), false),
  'uapi.run': (s, { phase, result }, place) =>
    s.put('kvm.ioctl', 'userspace', place, { ioctl: 'KVM_RUN', result: resultOf(result) }, { phase }),
};

export const LIFE: Rows<LifeEvent['kind']> = {
  'vm.idregs': (s, { gic, gcie, cause }, place) =>
    s.put('gic.setup', 'hypervisor', place, { what: 'ID registers' }, { 'PFR0.GIC': gic, 'PFR2.GCIE': gcie, cause }),
  'vm.timerPpis': (s, event, place) =>
    s.put(
      'gic.setup',
      'hypervisor',
      place,
      { what: 'timer PPIs' },
      Object.fromEntries(TIMER_NAMES.map((name) => [name, hexOf(BigInt(event[name]))])),
    ),
  'vm.init': (s, { vcpus, userspacePpis }, place) =>
    s.put('gic.setup', 'hypervisor', place, { what: 'initialised', value: userspacePpis }, { vcpus }),
  'vm.ready': (s, _event, place) => s.put('gic.setup', 'hypervisor', place, { what: 'ready' }),
  'vm.dead': (s, _event, place) => s.put('gic.setup', 'hypervisor', place, { what: 'VM dead' }),
  'vm.ran': (s, _event, place) => s.put('gic.setup', 'hypervisor', place, { what: 'VM ran' }),
  'vm.timersImmutable': (s, _event, place) => s.put('gic.setup', 'hypervisor', place, { what: 'timer PPIs are final' }),
  'vm.fgu': (s, { gcie }, place) =>
    s.put('gic.setup', 'hypervisor', place, { what: gcie ? 'GICv5 visible' : 'GICv5 hidden' }),
  'vm.ppiFinalised': (s, { mask, hmr, sourceVcpu }, place) =>
    s.put('gic.setup', 'hypervisor', place, { what: 'PPIs finalised', value: mask }, { hmr: hexOf(hmr), sourceVcpu }),
  'vcpu.power': (s, { on }, place) => s.put('vcpu.power', 'hypervisor', place, { on }),
  'vcpu.allocated': (s, _event, place) => s.put('gic.setup', 'hypervisor', place, { what: 'PPIs allocated' }),
  'vcpu.reset': (s, _event, place) => s.put('vcpu.reset', 'hypervisor', place, {}),
  'vcpu.wake': (s, _event, place) => s.put('vcpu.wake', 'hypervisor', place, {}),
  'vcpu.timersEnabled': (s, _event, place) => s.put('gic.setup', 'hypervisor', place, { what: 'timers enabled' }),
  'vcpu.firstRun': (s, { step, result }, place) =>
    s.put('kvm.step', 'hypervisor', place, { step: 'firstRun', value: BigInt(step), argument: resultOf(result) }),
  'vcpu.ppiMasked': (s, event, place) =>
    s.put(
      'kvm.step',
      'hypervisor',
      place,
      { step: 'maskHidden', value: event.enablerAfter, argument: event.activerAfter },
      {
        enablerBefore: hexOf(event.enablerBefore),
        activerBefore: hexOf(event.activerBefore),
        clearedEnabled: event.clearedEnabled.join(' '),
        clearedActive: event.clearedActive.join(' '),
        clearedLatch: event.clearedLatch.join(' '),
        clearedLine: event.clearedLine.join(' '),
      },
    ),
};
