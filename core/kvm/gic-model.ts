/**
 * What one GIC model provides to KVM: the plug-in interface. The rest of core/kvm calls these and never asks which
 * model answers; a new model is a new folder and one entry in models.ts.
 *
 * Three objects per model: the model itself (stateless, what the host registers), its part of a VM, its part of a
 * vCPU. The parts claim their slots when the VM or vCPU is built, whether or not the device is ever created, so the
 * layout depends on the configuration alone.
 */
import { type MmioRefusal } from './events.ts';
import { type Words } from '../gic/v5/words.ts';
import { type Cell } from '../state/cell.ts';
import { type Result } from './errno.ts';
import { type HostCpu } from './host-cpu.ts';
import { type HostFacts } from './host-facts.ts';
import { type Profile } from './profiles.ts';
import { type AttributeOp, type Msi, type UserMemory } from './uapi.ts';
import { type Vcpu } from './vcpu.ts';
import { type Vm } from './vm.ts';

/** Who may inject on an interrupt: a device of the vCPU itself, or somebody foreign. */
export const OWNERS = ['none', 'vtimer', 'ptimer', 'hvtimer', 'hptimer', 'pmu', 'other'] as const;
export type Owner = (typeof OWNERS)[number];

/** Operation tables of a PPI: `timer` adds an input level to `default`; `none` falls back to the generic list. */
export type Operations = 'default' | 'timer' | 'none';

/** Fine-grained trap registers while a guest runs. */
export interface TrapValues {
  readonly read: number;
  readonly write: number;
  readonly instruction: number;
}

/** Fields of the identification registers that a VM with this irqchip shows. */
export interface IdFields {
  /** ID_AA64PFR0_EL1.GIC */
  readonly gic: number;
  /** ID_AA64PFR2_EL1.GCIE */
  readonly gcie: number;
}

/** The answer to "would an interrupt be delivered?". */
export interface PendingAnswer {
  /** Effective priority mask: a priority below it qualifies. */
  readonly mask: number;
  readonly pending: boolean;
  /** What says so, where the model tells: `PPI 3`, `doorbell`. */
  readonly because?: string;
}

export type Signal = 'none' | 'irq' | 'fiq';

export type TrapOutcome = 'emulated' | 'undefined:handler';

/** How a CPU interface answers without an exit; `elsewhere`: it does not, because it has no such register or that traps. */
export type InterfaceAnswer = 'performed' | 'undefined' | 'elsewhere';

/** A device of its own beside the interrupt controller, which may exist before it: an ITS. */
export interface Companion {
  readonly deviceType: number;
  offered(profile: Profile): boolean;
}

/** Where an address lies in a frame of the interrupt controller. */
export interface FramePlace {
  /** Arm's name of the register there, else frame and offset. */
  readonly register: string;
  /** From the start of the frame. */
  readonly offset: number;
  /** The vCPU whose frame it is; absent: the VM's. */
  readonly vcpu?: number;
}

export interface GicModel {
  /** As people call it: `vGICv5`. */
  readonly name: string;
  readonly deviceType: number;
  maxVcpus(profile: Profile, facts: HostFacts): number;
  /** Does a host with these facts register the device type? */
  offered(facts: HostFacts): boolean;
  /** Absent: none. */
  readonly companions?: readonly Companion[];
  attach(vm: Vm): VmGic;
}

export interface VmGic {
  readonly model: GicModel;
  readonly idFields: IdFields;
  /** Trap registers for guests of this model; undefined: those of a guest without a GICv5 interface. */
  readonly traps: TrapValues | undefined;
  /** Does the model keep the host's timer PPIs disabled while a vCPU is loaded (it cannot share the active state)? */
  readonly disablesHostTimers: boolean;
  /** Are timers that the hardware injects left out of `inject`? */
  readonly hardwareTimers: boolean;
  /** May a vCPU that is alone on its CPU wait in hardware (HCR_EL2.TWI 0)? */
  readonly waitsInHardware: boolean;
  attach(vcpu: Vcpu): VcpuGic;
  /**
   * Claims the slots that grow with the configuration, before a recording begins. `nrIrqs`: what NR_IRQS will say;
   * absent: what holds when it is never set.
   */
  reserve(nrIrqs?: number): void;
  /** The device was created; its vCPUs' parts are allocated next. */
  created(): void;
  /** The identifier that the UAPI uses for PPI n. */
  ppiIntid(ppi: number): number;
  /** May the UAPI name a PPI so? */
  isPpiIntid(intid: number): boolean;
  /** May PMU_V3_IRQ name this interrupt? */
  acceptsPmuIntid(intid: number): boolean;
  /** Does PMU_V3_INIT choose the architected PPI when PMU_V3_IRQ was never set? */
  readonly hasDefaultPmuIntid: boolean;
  /** The first KVM_RUN of the VM: are the frames in place? An error kills the VM. */
  mapResources(): Result;
  /** CTRL_INIT, after the checks that do not depend on the model. */
  initialise(): Result;
  /** An attribute of the device other than CTRL_INIT. */
  attribute(op: AttributeOp, group: number, attr: bigint, memory: UserMemory): Result;
  /** KVM_IRQ_LINE of type SPI or PPI: the identifier to inject, or minus an errno. */
  routeIrqLine(type: number, vcpu: Vcpu | undefined, number: number): number;
  /** An interrupt input changes; `vcpu` is the target of private interrupts. `via`: the call that moves it for nobody. */
  inject(vcpu: Vcpu | undefined, intid: number, level: boolean, owner: Owner, via?: 'KVM_IRQ_LINE'): Result;
  /** Minus an errno if `inject` would refuse; absent: it takes what `routeIrqLine` gives. */
  refusesInput?(vcpu: Vcpu | undefined, intid: number): Result;
  /** KVM_CREATE_DEVICE of a companion; absent in models without. They are numbered in order of creation. */
  createCompanion?(deviceType: number): Result;
  /** An attribute of companion `index`. */
  companionAttribute?(index: number, op: AttributeOp, group: number, attr: bigint, memory: UserMemory): Result;
  /** A message of a device: 1 delivered, 0 blocked by the guest, or minus an errno. Absent: no MSIs. */
  injectMsi?(msi: Msi): Result;
  /** The frame that answers a guest at this address. */
  frameAt(address: bigint): FramePlace | undefined;
  /**
   * Names the slots of interrupts that have one each, those of now at once and the others when they are claimed;
   * `vcpu` is the owner of a private one, `guest` a derived slot (vgic/guest-view.ts). Absent: the model keeps bitmaps or
   * tables.
   */
  visitInterrupts?(visit: (intid: number, vcpu: number | undefined, state: Cell, guest: Cell) => void): void;
  /** Brings the derived slots of the interrupts visited up to date; before an event is recorded. */
  updateGuest?(): void;
  /** Where eventfds of KVM_IRQFD lead, by GSI; absent: the model routes otherwise. */
  readonly gsis?: GsiRoutes;
}

/** The table of KVM_SET_GSI_ROUTING. */
export interface GsiRoutes {
  /** Replaces all routes. */
  replace(routes: readonly GsiRoute[]): Result;
  /** An input of this number changes. */
  signal(gsi: number, level: boolean): Result;
  /** KVM_IRQFD with a resample eventfd, to be signalled when the guest has consumed the interrupt. */
  addResampler(gsi: number): void;
}

export interface GsiRoute {
  readonly gsi: number;
  readonly to: { readonly irqchip: number; readonly pin: number } | { readonly msi: Msi };
}

export interface VcpuGic {
  /** Creates the vCPU's interrupt state: when the device is created, or the vCPU after it, which fails on an error. */
  allocate(): Result;
  setOwner(intid: number, owner: Owner): Result;
  setOperations(intid: number, operations: Operations): Result;
  mapHostPpi(intid: number, hostPpi: number): Result;
  unmapHostPpi(intid: number): Result;
  resetMapped(intid: number): void;
  /** First run: the last word on what the guest is shown. An error refuses the run; the next one asks again. */
  finalise(): Result;
  /** Requests that the model keeps beside the interrupt request, handled before each entry. */
  handleRequests(): void;
  load(cpu: HostCpu): void;
  put(cpu: HostCpu): void;
  flush(cpu: HostCpu): void;
  restore(cpu: HostCpu): void;
  save(cpu: HostCpu): void;
  fold(cpu: HostCpu): void;
  /** Asked on `cpu`, which need not be where the vCPU runs. */
  hasPending(cpu: HostCpu): PendingAnswer;
  /** What the virtual interface of the CPU where the vCPU runs signals. */
  signal(cpu: HostCpu): Signal;
  /** Must the guest be left for something of the interface: a maintenance interrupt? */
  needsExit(cpu: HostCpu): boolean;
  /** That exit begins; its reason. Absent: `kick`. */
  leaves?(cpu: HostCpu): string;
  /**
   * A register of the interface as the guest would read it, without an effect; undefined: none of this name. Absent: the
   * model keeps them in slots of these names.
   */
  inspect?(register: string): bigint | undefined;
  /** The guest executes a CPU interface register of this model. */
  interfaceAccess(cpu: HostCpu, register: string, direction: 'read' | 'write', words: Words): InterfaceAnswer;
  /**
   * A memory access of a guest that stays in it, because the page is the hardware's; undefined: it is not, and the access
   * leaves the guest. A write gives 0. Absent: the model has no such page.
   */
  directAccess?(cpu: HostCpu, address: bigint, length: number, data: bigint | undefined): bigint | undefined;
  /**
   * A memory access of the guest, which has exited; undefined: none of the GIC's frames is there. A write gives 0. `tell`:
   * it is told of now, before what it causes, or that it is not executed.
   */
  memoryAccess(
    address: bigint,
    length: number,
    data: bigint | undefined,
    tell: (refused?: MmioRefusal) => void,
  ): bigint | undefined;
  /** A trapped access to a register of this model; the guest has exited. `words` holds and receives the value. */
  trappedAccess(register: string, direction: 'read' | 'write', words: Words): TrapOutcome;
}
