/**
 * The vGICv3, as far as a GICv5 host's registers show it: creation, INIT, identification registers, and a loaded
 * vCPU that has the GICv3-compatible interface, where every GICv5 access is UNDEFINED (kvm-vgic-v5 §3, §9.4;
 * gicv5-scenarios S04, S07, S55). It has no interrupts yet: an injection is refused and reported as `notModelled`,
 * and a GICv3 register access of the guest is an error of the caller.
 */
import { type Words } from '../../gic/v5/words.ts';
import { EINVAL, ENXIO, type Result } from '../errno.ts';
import {
  type GicModel,
  type Owner,
  type PendingAnswer,
  type TrapOutcome,
  type VcpuGic,
  type VmGic,
} from '../gic-model.ts';
import { type HostCpu } from '../host-cpu.ts';
import { DEVICE_VGIC_V3, MAX_VCPU_IDS } from '../uapi.ts';
import { type Vcpu } from '../vcpu.ts';
import { type Vm } from '../vm.ts';

/** ICH_VCTLR_EL2 for a GICv3 guest: En and V3. */
const VCTLR_V3 = 3;
const FIRST_PPI = 16;
const LAST_PPI = 31;

class VmVgicV3 implements VmGic {
  readonly model = VGIC_V3;
  readonly idFields = { gic: 1, gcie: 0 };
  readonly traps = undefined;
  /** The host shares the timers' active state with a GICv3 guest. */
  readonly disablesHostTimers = false;
  readonly hardwareTimers = false;
  readonly waitsInHardware = false;
  readonly hasDefaultPmuIntid = false;
  readonly #vm: Vm;

  constructor(vm: Vm) {
    this.#vm = vm;
  }

  attach(vcpu: Vcpu): VcpuGic {
    return new VcpuVgicV3(vcpu);
  }

  ppiIntid(ppi: number): number {
    return ppi;
  }

  isPpiIntid(intid: number): boolean {
    return intid >= FIRST_PPI && intid <= LAST_PPI;
  }

  acceptsPmuIntid(intid: number): boolean {
    return this.isPpiIntid(intid);
  }

  initialise(): Result {
    this.#vm.initialized.flag = true;
    this.#vm.emit({ kind: 'vm.init', vcpus: this.#vm.vcpus.length, userspacePpis: 0n });
    return 0;
  }

  attribute(): Result {
    return -ENXIO;
  }

  routeIrqLine(): number {
    return -EINVAL;
  }

  inject(vcpu: Vcpu | undefined, intid: number, level: boolean, owner: Owner): Result {
    (vcpu ?? this.#vm).emit({ kind: 'irq.inject', intid, level, owner, accepted: false, reason: 'notModelled' });
    return 0;
  }
}

class VcpuVgicV3 implements VcpuGic {
  readonly #vcpu: Vcpu;

  constructor(vcpu: Vcpu) {
    this.#vcpu = vcpu;
  }

  allocate(): void {}
  setOwner(): Result {
    return 0;
  }
  setOperations(): Result {
    return 0;
  }
  mapHostPpi(): Result {
    return 0;
  }
  unmapHostPpi(): Result {
    return 0;
  }
  resetMapped(): void {}
  finalise(): void {}

  load(cpu: HostCpu): void {
    if (this.#vcpu.vm.initialized.flag) cpu.setVctlr(VCTLR_V3);
  }

  put(): void {}
  flush(): void {}
  restore(): void {}
  save(): void {}
  fold(): void {}

  hasPending(): PendingAnswer {
    return { mask: 0, pending: false };
  }

  trappedAccess(register: string, direction: 'read' | 'write', _words: Words): TrapOutcome {
    throw new Error(`the GICv3 CPU interface is not modelled yet: ${direction} of ${register}`);
  }
}

export const VGIC_V3: GicModel = {
  name: 'vGICv3',
  deviceType: DEVICE_VGIC_V3,
  maxVcpus: MAX_VCPU_IDS,
  offered: ({ gic, v3Compat }) => gic === 'v3' || v3Compat,
  attach: (vm) => new VmVgicV3(vm),
};
