/**
 * Memory beyond a guest's RAM: the frames of the GIC. An access leaves the guest, KVM carries it out, and the vCPU is
 * entered again; what is nobody's is an external abort (kvm-vgic-v3 §10.1). A GICv2 guest's CPU interface is a page of
 * the hardware's, whose accesses stay in the guest.
 */
import { type Words } from '../gic/v5/words.ts';
import { type Vcpu } from '../kvm/vcpu.ts';
import { type Bus, type BusAnswer, DONE, FAULT, TRAP } from './a64/execute/system.ts';
import { type GuestSystem } from './guest-system.ts';

function address(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo);
}

export class GuestBus implements Bus {
  readonly #vcpu: Vcpu;
  readonly #system: GuestSystem;

  constructor(vcpu: Vcpu, system: GuestSystem) {
    this.#vcpu = vcpu;
    this.#system = system;
  }

  load(lo: number, hi: number, size: number, value: Words): BusAnswer {
    if (this.#system.gate.isShut) return TRAP;
    if (this.#system.before !== undefined) this.#system.announceMemory(address(lo, hi), 'read', undefined);
    const direct = this.#vcpu.directAccess(address(lo, hi), size);
    if (direct !== undefined) {
      value.value = direct;
      this.#system.went();
      return DONE;
    }
    const answer = this.#vcpu.memoryAccess(address(lo, hi), size);
    this.#system.leave();
    if (answer === undefined) return FAULT.EXTERNAL;
    value.value = answer;
    return DONE;
  }

  store(lo: number, hi: number, size: number, value: Words): BusAnswer {
    if (this.#system.gate.isShut) return TRAP;
    if (this.#system.before !== undefined) this.#system.announceMemory(address(lo, hi), 'write', value);
    if (this.#vcpu.directAccess(address(lo, hi), size, value.value) !== undefined) {
      this.#system.went();
      return DONE;
    }
    const answer = this.#vcpu.memoryAccess(address(lo, hi), size, value.value);
    this.#system.leave();
    return answer === undefined ? FAULT.EXTERNAL : DONE;
  }
}
