/** Devices beside a VM's interrupt controller (ITSs): creation, attributes (kvm-vgic-v3 §14.1, §14.10). */
import { attributeValue } from './attribute.ts';
import { EFAULT, EIO, ENODEV, type Result } from './errno.ts';
import { type VmGic } from './gic-model.ts';
import { type AttributeOp, KVM_CREATE_DEVICE_TEST, type UserMemory } from './uapi.ts';
import { type Vm } from './vm.ts';

/** Which of them: its type, and its number among those of the type. */
export interface CompanionId {
  readonly type: number;
  readonly index: number;
}

/** The part that offers a device of this type beside its interrupt controller, whether or not that exists. */
function ownerOf(vm: Vm, type: number): VmGic | undefined {
  for (const gic of vm.gics.values())
    if (gic.model.companions?.some((each) => each.deviceType === type && each.offered(vm.host.profile)) === true)
      return gic;
  return undefined;
}

/** KVM_CREATE_DEVICE; undefined: no such companion is offered. */
export function createCompanion(vm: Vm, type: number, flags: number): Result | undefined {
  const owner = ownerOf(vm, type);
  if (owner === undefined) return undefined;
  const testOnly = (flags & KVM_CREATE_DEVICE_TEST) !== 0;
  const result = vm.dead.flag ? -EIO : testOnly ? 0 : (owner.createCompanion?.(type) ?? -ENODEV);
  vm.emit({ kind: 'uapi.createDevice', type, flags, result });
  return result;
}

export function companionAttribute(
  vm: Vm,
  { type, index }: CompanionId,
  op: AttributeOp,
  group: number,
  attr: bigint,
  memory: UserMemory | undefined,
): Result {
  const access = (from: UserMemory): Result =>
    ownerOf(vm, type)?.companionAttribute?.(index, op, group, attr, from) ?? -ENODEV;
  const result = vm.dead.flag ? -EIO : memory === undefined ? -EFAULT : access(memory);
  vm.emit({
    kind: 'uapi.deviceAttr',
    op,
    group,
    attr,
    result,
    companion: index,
    ...attributeValue(op, group, result, memory),
  });
  return result;
}
