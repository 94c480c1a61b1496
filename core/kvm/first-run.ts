/**
 * What a vCPU's first KVM_RUN does before the vCPU is loaded (kvm-vgic-v5 §10, §28.2 … §28.5).
 * Steps that finished stay done when a later one fails; the next KVM_RUN starts again at step 1.
 */
import { EAGAIN, EIO, ENOEXEC, EPERM, type Result } from './errno.ts';
import { finaliseIdRegisters } from './id-registers.ts';
import { type Vcpu } from './vcpu.ts';
import { FEATURE } from './vcpu-slots.ts';
import { FGU_HIDDEN, FGU_VISIBLE } from './fgu.ts';

interface Step {
  readonly number: number;
  readonly run: (vcpu: Vcpu) => Result;
}

const STEPS: readonly Step[] = [
  { number: 4, run: requireReadyIrqchip },
  { number: 5, run: settleIdRegisters },
  { number: 6, run: computeTraps },
  { number: 7, run: (vcpu) => vcpu.timers.enable() },
  { number: 8, run: (vcpu) => vcpu.pmu.checkEnabled() },
  { number: 9, run: finalise },
];

/** 0 at once for a vCPU that has run. */
export function firstRun(vcpu: Vcpu): Result {
  const { vm, slots } = vcpu;
  if (vm.dead.flag) return -EIO;
  if (!slots.initialised.flag) return -ENOEXEC;
  if ((slots.features.lo & FEATURE.SVE) !== 0 && !slots.finalized.flag) return -EPERM;
  if (slots.hasRun.flag) return 0;
  for (const { number, run } of STEPS) {
    const result = run(vcpu);
    if (result !== 0) {
      vcpu.emit({ kind: 'vcpu.firstRun', step: number, result });
      return result;
    }
  }
  if (!vm.ranOnce.flag) {
    vm.ranOnce.flag = true;
    vm.emit({ kind: 'vm.ran' });
  }
  slots.hasRun.flag = true;
  vcpu.emit({ kind: 'vcpu.firstRun', step: 10, result: 0 });
  return 0;
}

/** Step 4: the frames of the irqchip are put in place once; a failure kills the VM. */
export function requireReadyIrqchip({ vm }: Vcpu): Result {
  if (vm.gic === undefined || vm.ready.flag) return 0;
  const result = vm.gic.mapResources();
  if (result !== 0) {
    vm.kill();
    return result;
  }
  vm.ready.flag = true;
  vm.emit({ kind: 'vm.ready' });
  return 0;
}

function settleIdRegisters(vcpu: Vcpu): Result {
  const { vm } = vcpu;
  if (!vm.ranOnce.flag) finaliseIdRegisters(vm, 'firstRun');
  // A vCPU with EL2 cannot run without an interrupt controller (§28.5).
  return vcpu.isNested && vm.gic === undefined ? -EAGAIN : 0;
}

/** Once per VM: later changes of the irqchip come too late (§28.2). */
function computeTraps({ vm }: Vcpu): Result {
  if (vm.fgu.lo === 0) {
    const gcie = vm.idGcie.lo !== 0;
    vm.fgu.set(gcie ? FGU_VISIBLE : FGU_HIDDEN);
    vm.emit({ kind: 'vm.fgu', gcie });
  }
  return 0;
}

function finalise(vcpu: Vcpu): Result {
  return vcpu.gic?.finalise() ?? 0;
}
