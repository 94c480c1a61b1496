/** Numbers and words of the user-space interface (kvm-vgic-v5 §2, §8), and how an ioctl reaches user memory. */

export const KVM_CREATE_DEVICE_TEST = 1;

export const DEVICE_VGIC_V2 = 5;
export const DEVICE_VGIC_V3 = 7;
export const DEVICE_VGIC_ITS = 8;
export const DEVICE_VGIC_V5 = 16;

/** Attribute groups of an interrupt controller device. */
export const GROUP = {
  ADDR: 0,
  DIST_REGS: 1,
  CPU_REGS: 2,
  NR_IRQS: 3,
  CTRL: 4,
  REDIST_REGS: 5,
  CPU_SYSREGS: 6,
  LEVEL_INFO: 7,
  ITS_REGS: 8,
  MAINT_IRQ: 9,
  IRS_REGS: 10,
  IST: 11,
} as const;
/** Attributes of the group CTRL. */
export const CTRL = {
  INIT: 0,
  ITS_SAVE_TABLES: 1,
  ITS_RESTORE_TABLES: 2,
  SAVE_PENDING_TABLES: 3,
  ITS_RESET: 4,
  USERSPACE_PPIS: 5,
} as const;
/** Attribute groups of a vCPU. */
export const VCPU_GROUP = { PMU_V3_CTRL: 0, TIMER_CTRL: 1 } as const;
export const PMU_ATTRIBUTE = { IRQ: 0, INIT: 1 } as const;

/** Interrupt types of KVM_IRQ_LINE. */
export const IRQ_TYPE = { CPU: 0, SPI: 1, PPI: 2 } as const;

/** vCPU ids are below this; also the host-wide limit of vCPUs. */
export const MAX_VCPU_IDS = 512;

/** KVM_MSI_VALID_DEVID, of KVM_SIGNAL_MSI and of routes. */
export const MSI_VALID_DEVID = 1;

/** A message of a device: 32 bits of data to an address, on behalf of a DeviceID (kvm-vgic-v3 §15.3). */
export interface Msi {
  readonly address: bigint;
  readonly data: number;
  readonly flags: number;
  readonly device: number;
}

export type AttributeOp = 'has' | 'get' | 'set';

export interface IrqLine {
  readonly type: number;
  /** vCPU id: vcpu2 × 256 + vcpu. */
  readonly vcpu: number;
  readonly number: number;
}

/** Takes the `irq` word of KVM_IRQ_LINE apart. */
export function decodeIrqLine(irq: number): IrqLine {
  return { type: (irq >>> 24) & 0xf, vcpu: (irq >>> 28) * 256 + ((irq >>> 16) & 0xff), number: irq & 0xffff };
}

/** The `irq` word of KVM_IRQ_LINE. */
export function encodeIrqLine({ type, vcpu, number }: IrqLine): number {
  return ((((vcpu >>> 8) & 0xf) << 28) | (type << 24) | ((vcpu & 0xff) << 16) | number) >>> 0;
}

/** The words that an ioctl's `addr` points to. */
export interface UserMemory {
  /** Word `index`, or undefined when it faults. */
  load(index: number): bigint | undefined;
  /** Stores word `index`; false when it faults. */
  store(index: number, value: bigint): boolean;
}

/** An address that faults at once. */
export const BAD_ADDRESS: UserMemory = { load: () => undefined, store: () => false };

/** Words of user memory; those beyond `words` fault. */
export class UserWords implements UserMemory {
  readonly words: bigint[];

  constructor(...words: readonly bigint[]) {
    this.words = [...words];
  }

  load(index: number): bigint | undefined {
    return this.words[index];
  }

  store(index: number, value: bigint): boolean {
    if (index >= this.words.length) return false;
    this.words[index] = BigInt.asUintN(64, value);
    return true;
  }
}
