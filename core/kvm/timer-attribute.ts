/** The vCPU attribute TIMER_CTRL: which PPI each timer has, for the whole VM (kvm-vgic-v5 §19). */
import { give } from './attribute.ts';
import { EBUSY, EFAULT, EINVAL, EIO, ENXIO, type Result } from './errno.ts';
import { TIMERS } from './timer-context.ts';
import { type AttributeOp, type UserMemory } from './uapi.ts';
import { type Vm } from './vm.ts';

/** Any PPI is taken until a vCPU has enabled its timers; a wrong one is punished at the first run. */
export function timerAttribute(vm: Vm, op: AttributeOp, attr: bigint, memory: UserMemory): Result {
  const spec = TIMERS.find(({ attribute }) => BigInt(attribute) === attr);
  if (vm.dead.flag) return -EIO;
  if (op === 'has') return spec === undefined ? -ENXIO : 0;
  if (op === 'get') {
    if (spec === undefined) return -ENXIO;
    return give(memory, BigInt(vm.timerPpis[spec.uapi].lo));
  }
  if (vm.gic === undefined) return -EINVAL;
  const value = memory.load(0);
  if (value === undefined) return -EFAULT;
  const intid = Number(value & 0xffff_ffffn);
  if (!vm.gic.isPpiIntid(intid)) return -EINVAL;
  if (vm.timersImmutable.flag) return -EBUSY;
  if (spec === undefined) return -ENXIO;
  vm.timerPpis[spec.uapi].set(intid);
  return 0;
}
