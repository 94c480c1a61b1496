/** A vCPU's part of the plug-in interface, the same for GICv3 and GICv2 but for what traps. */
import { type Words } from '../../gic/v5/words.ts';
import { vmcrPmr } from '../../gic/v3/vmcr.ts';
import { type CpuInterfaceV3 } from '../../gic/v3/cpu-interface.ts';
import { type Result } from '../errno.ts';
import { type MmioRefusal } from '../events.ts';
import {
  type InterfaceAnswer,
  type Operations,
  type Owner,
  OWNERS,
  type PendingAnswer,
  type Signal,
  type TrapOutcome,
  type VcpuGic,
} from '../gic-model.ts';
import { type HostCpu } from '../host-cpu.ts';
import { type Vcpu } from '../vcpu.ts';
import { guestAccess } from './bus.ts';
import { flush, fold } from './flush.ts';
import { executeRegister, inspectRegister } from './guest-interface.ts';
import { tellLostEnd } from './lost-end.ts';
import { HOST_IRQ_BASE, loadTimers, map, resetMapped, setOwner, unmap } from './mapped.ts';
import { deliverable, prune } from './queue.ts';
import { REQUEST, type VgicVcpu } from './vcpu-state.ts';
import { vgicOf } from './vm-state.ts';
import * as worldSwitch from './world-switch.ts';

export interface VcpuRules {
  allocate(self: VgicVcpu): Result;
  trappedAccess(self: VgicVcpu, register: string, direction: 'read' | 'write', words: Words): TrapOutcome;
  /** A system register of a vCPU that is on no CPU; absent: its guest has none. */
  savedRegister?(self: VgicVcpu, register: string): bigint | undefined;
  /** An access to a page that is mapped to the hardware's interface; absent: there is none. */
  directAccess?(
    self: VgicVcpu,
    hardware: CpuInterfaceV3,
    address: bigint,
    length: number,
    data: bigint | undefined,
  ): bigint | undefined;
  /** ICH_VCTLR_EL2 of a GICv5 host for such a guest. */
  readonly vctlr: number;
}

export class VcpuVgic implements VcpuGic {
  readonly self: VgicVcpu;
  readonly #rules: VcpuRules;

  constructor(rules: VcpuRules, vcpu: Vcpu) {
    this.self = vgicOf(vcpu.vm).attach(vcpu);
    this.#rules = rules;
  }

  allocate(): Result {
    return this.#rules.allocate(this.self);
  }

  setOwner(intid: number, owner: Owner): Result {
    return setOwner(this.self.vgic, this.self, intid, OWNERS.indexOf(owner));
  }

  setOperations(intid: number, operations: Operations): Result {
    const irq = this.self.vgic.lookup(this.self, intid);
    if (irq !== undefined) irq.hasCallback = operations === 'timer';
    return 0;
  }

  mapHostPpi(intid: number, hostPpi: number): Result {
    const { vgic } = this.self;
    const irq = vgic.lookup(this.self, intid);
    return map(vgic, irq, hostPpi + HOST_IRQ_BASE, irq?.hasCallback ?? false);
  }

  unmapHostPpi(intid: number): Result {
    return unmap(this.self.vgic, this.self.vgic.lookup(this.self, intid));
  }

  resetMapped(intid: number): void {
    resetMapped(this.self.vgic.lookup(this.self, intid));
  }

  finalise(): Result {
    return 0;
  }

  handleRequests(): void {
    const { requests, vcpu } = this.self;
    if (requests.lo === 0) return;
    const update = (requests.lo & REQUEST.UPDATE) !== 0;
    requests.set(0);
    if (!update) return;
    vcpu.emit({ kind: 'vcpu.pruned' });
    prune(this.self);
  }

  load(cpu: HostCpu): void {
    if (!this.self.vgic.vm.initialized.flag) return;
    cpu.setVctlr(this.#rules.vctlr);
    worldSwitch.load(this.self, this.#hardware(cpu));
    loadTimers(this.self);
  }

  put(cpu: HostCpu): void {
    if (this.self.vgic.vm.initialized.flag) worldSwitch.put(this.self, this.#hardware(cpu));
  }

  flush(): void {
    flush(this.self);
  }

  restore(cpu: HostCpu): void {
    worldSwitch.restore(this.self, this.#hardware(cpu));
  }

  save(cpu: HostCpu): void {
    worldSwitch.save(this.self, this.#hardware(cpu));
  }

  fold(): void {
    fold(this.self);
  }

  hasPending(): PendingAnswer {
    return { mask: vmcrPmr(this.self.vmcr.lo), pending: deliverable(this.self) };
  }

  signal(cpu: HostCpu): Signal {
    return this.#hardware(cpu).input;
  }

  needsExit(cpu: HostCpu): boolean {
    return this.#hardware(cpu).maintenance;
  }

  leaves(cpu: HostCpu): string {
    const { maintenance, misr, eisr, elrsr } = this.#hardware(cpu);
    if (!maintenance) return 'kick';
    this.self.vcpu.emit({ kind: 'icv.maintenance', misr, eisr, elrsr });
    return 'maintenance';
  }

  inspect(register: string): bigint | undefined {
    const { savedRegister } = this.#rules;
    const hardware = this.self.vcpu.cpu?.interfaceV3;
    if (savedRegister === undefined) return undefined;
    const loaded = hardware && inspectRegister(hardware, register);
    return loaded === undefined ? savedRegister(this.self, register) : BigInt(loaded);
  }

  interfaceAccess(cpu: HostCpu, register: string, direction: 'read' | 'write', words: Words): InterfaceAnswer {
    // A memory-mapped guest has no system registers.
    if (this.self.sre.lo === 0) return 'elsewhere';
    const hardware = this.#hardware(cpu);
    const { lo: before } = hardware.hcr;
    const answer = executeRegister(this.self.vcpu, hardware, register, direction, words);
    // All that a guest can change there is EOIcount.
    if (hardware.hcr.lo !== before) tellLostEnd(this.self, words.lo);
    return answer;
  }

  directAccess(cpu: HostCpu, address: bigint, length: number, data: bigint | undefined): bigint | undefined {
    const hardware = this.#hardware(cpu);
    const { lo: before } = hardware.hcr;
    const answer = this.#rules.directAccess?.(this.self, hardware, address, length, data);
    if (hardware.hcr.lo !== before && data !== undefined) tellLostEnd(this.self, Number(data));
    return answer;
  }

  memoryAccess(
    address: bigint,
    length: number,
    data: bigint | undefined,
    tell: (refused?: MmioRefusal) => void,
  ): bigint | undefined {
    return guestAccess(this.self.vcpu, address, length, data, tell);
  }

  trappedAccess(register: string, direction: 'read' | 'write', words: Words): TrapOutcome {
    return this.#rules.trappedAccess(this.self, register, direction, words);
  }

  #hardware(cpu: HostCpu): CpuInterfaceV3 {
    if (cpu.interfaceV3 === undefined) throw new Error(`physical CPU ${cpu.index} has no GICv3 virtual interface`);
    return cpu.interfaceV3;
  }
}
