/** What a machine is built from. Equal configurations give equal machines, layouts and runs. */
import { type HostFacts } from '../kvm/host-facts.ts';
import { type Profile } from '../kvm/profiles.ts';

export interface VcpuConfig {
  /** User space's number of the vCPU. */
  readonly id: number;
  /** Bits of `FEATURE` for KVM_ARM_VCPU_INIT. */
  readonly features: number;
  /** Where the guest program of this vCPU starts. */
  readonly entry: bigint;
  /** Physical CPU on which its thread starts. */
  readonly pcpu: number;
  /** off: PSCI CPU_ON starts it; paused: user space calls KVM_RUN later. */
  readonly starts: 'on' | 'off' | 'paused';
}

export interface ImageConfig {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

export interface AttributeConfig {
  readonly group: number;
  readonly attr: bigint;
  readonly value: bigint;
}

export interface MachineConfig {
  readonly facts: HostFacts;
  readonly profile: Profile;
  readonly vcpus: readonly VcpuConfig[];
  /** Device type that `setUp` creates (16: vGICv5); 0: no in-kernel irqchip. */
  readonly device: number;
  /** Attributes of the device that `setUp` sets before CTRL_INIT: addresses of frames, number of interrupts. */
  readonly attributes?: readonly AttributeConfig[];
  /** Further devices that `setUp` creates after CTRL_INIT, each with its attributes: ITSs. */
  readonly companions?: readonly { readonly type: number; readonly attributes: readonly AttributeConfig[] }[];
  /** Guest RAM: base a multiple of 4096, size in bytes. */
  readonly ram: { readonly base: bigint; readonly size: number };
  readonly images: readonly ImageConfig[];
  /** Instructions that a CPU executes before the others get their turn and time moves on; 1 … 100,000. */
  readonly slice: number;
  /** Counter ticks after which a vCPU that shares its physical CPU gives way. */
  readonly timeslice: bigint;
  /** Other tasks that want to run on every physical CPU; with one or more, WFI traps by default. */
  readonly hostTasks: number;
  /** 0: fixed order of the physical CPUs; else the seed of a reproducible random order. */
  readonly seed: number;
}
