/** KVM_IRQ_LINE: user space moves an interrupt input (kvm-vgic-v5 §8, §28.6). */
import { EFAULT, EINVAL, EIO, ENXIO, type Result } from './errno.ts';
import { decodeIrqLine, IRQ_TYPE } from './uapi.ts';
import { type Vcpu } from './vcpu.ts';
import { type Vm } from './vm.ts';

/** Highest number of the CPU type: 0 IRQ, 1 FIQ. */
const CPU_FIQ = 1;

export function setIrqLine(vm: Vm, request: { readonly irq: number; readonly level: number } | undefined): Result {
  if (request === undefined) return vm.dead.flag ? -EIO : -EFAULT;
  const { type, vcpu: vcpuId, number } = decodeIrqLine(request.irq);
  const vcpu = vm.vcpuById(vcpuId);
  // The level argument is a boolean (S23).
  const level = request.level !== 0;
  const route = vm.dead.flag ? -EIO : check(vm, type, vcpu, number);
  const target = type === IRQ_TYPE.PPI ? vcpu : undefined;
  // The call is told of before what it does, as the kernel does.
  const result = route < 0 || type === IRQ_TYPE.CPU ? Math.min(route, 0) : (vm.gic?.refusesInput?.(target, route) ?? 0);
  vm.emit({ kind: 'uapi.irqLine', irq: request.irq, type, vcpuId, number, level, result });
  if (route < 0) return route;
  if (type !== IRQ_TYPE.CPU) return vm.gic?.inject(target, route, level, 'none', 'KVM_IRQ_LINE') ?? 0;
  vcpu?.setCpuLine(number, level);
  return 0;
}

/** Minus an errno, or what to move: the number of a CPU line, or the identifier to inject. */
function check(vm: Vm, type: number, vcpu: Vcpu | undefined, number: number): number {
  const { gic } = vm;
  switch (type) {
    case IRQ_TYPE.CPU:
      if (gic !== undefined) return -ENXIO;
      return vcpu === undefined || number > CPU_FIQ ? -EINVAL : number;
    case IRQ_TYPE.SPI:
    case IRQ_TYPE.PPI:
      return gic === undefined ? -ENXIO : gic.routeIrqLine(type, vcpu, number);
    default:
      return -EINVAL;
  }
}
