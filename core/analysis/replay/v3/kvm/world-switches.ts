/**
 * What a hypervisor did around its guests, read from its accesses to ICH_* as steps (kvm-vgic-v3 §8.1, §12.1):
 *
 *     load    VMCR, then the active priorities, are written
 *     entry   HCR is written with En, then the list registers in use
 *     guest   the guest's own accesses (ICV_*)
 *     exit    list registers are read and cleared, VMCR is read, HCR is written 0
 *     put     the active priorities are read
 *
 * Invariant: per CPU the steps come as load, (entry, guest*, exit)*, put. What does not fit, because lines are missing
 * or the recording begins in a guest, gives no step; an entry that was left without an exit gives `lost`.
 */
import { HCR } from '../../../../gic/v3/vmcr.ts';
import { type EventOf, type TraceEvent } from '../../../../trace/kinds.ts';

export interface RegisterWrite {
  readonly event: TraceEvent;
  readonly value: bigint;
}

/** The interface as it is written at a load, or read up to a put. */
export interface Image {
  readonly vmcr: bigint;
  readonly ap0: bigint;
  readonly ap1: bigint;
}

export interface Entry {
  readonly kind: 'entry';
  readonly cpu: number;
  readonly hcr: RegisterWrite;
  /** By number. */
  readonly lrs: ReadonlyMap<number, RegisterWrite>;
}

export type Step =
  | Entry
  /** `vm` is what tells VMs apart: their CNTVOFF_EL2. */
  | {
      readonly kind: 'load';
      readonly cpu: number;
      readonly vm: bigint;
      readonly event: TraceEvent;
      readonly image: Image;
    }
  | {
      readonly kind: 'guest';
      readonly cpu: number;
      readonly register: string;
      readonly isRead: boolean;
      readonly value: bigint;
    }
  /** `readsHcr`: the hypervisor asked for EOIcount. `image`: VMCR as it is now, active priorities of the last load or put. */
  | {
      readonly kind: 'exit';
      readonly cpu: number;
      readonly event: TraceEvent;
      readonly cleared: number;
      readonly readsHcr: boolean;
      readonly image: Image;
    }
  | { readonly kind: 'put'; readonly cpu: number; readonly image: Image }
  | { readonly kind: 'lost'; readonly cpu: number };

type Access = EventOf<'register.access'>;

class CpuSteps {
  readonly #cpu: number;
  readonly #emit: (step: Step) => void;
  vm = 0n;
  /** VM of the vCPU that is loaded: its offset is written before VMCR, and taken away before it is put. */
  #loadedVm = 0n;
  #phase: 'host' | 'loading' | 'entering' | 'guest' | 'leaving' = 'host';
  #loadEvent: TraceEvent | undefined;
  #image: Image = { vmcr: 0n, ap0: 0n, ap1: 0n };
  #hcr: RegisterWrite | undefined;
  #lrs = new Map<number, RegisterWrite>();
  #cleared = 0;
  #readsHcr = false;

  constructor(cpu: number, emit: (step: Step) => void) {
    this.#cpu = cpu;
    this.#emit = emit;
  }

  take(event: Access, value: bigint): void {
    const { register, op } = event;
    if (register.startsWith('ICV_')) this.#guest(event, value);
    else if (register === 'ICH_VMCR_EL2') this.#vmcr(event, value);
    else if (register === 'ICH_HCR_EL2') this.#hcrAccess(event, value);
    else if (/^ICH_AP[01]R0_EL2$/.test(register)) this.#activePriority(register, op === 'read', value);
    else if (/^ICH_LR\d+_EL2$/.test(register)) this.#listRegister(event, value);
    else if (register === 'ICH_ELRSR_EL2') this.#leave();
  }

  #guest({ register, op }: Access, value: bigint): void {
    this.#entered();
    if (this.#phase === 'guest') this.#emit({ kind: 'guest', cpu: this.#cpu, register, isRead: op === 'read', value });
  }

  #vmcr(event: Access, value: bigint): void {
    if (event.op === 'read') {
      this.#leave();
      this.#image = { ...this.#image, vmcr: value };
      return;
    }
    this.#lose();
    this.#phase = 'loading';
    this.#loadedVm = this.vm;
    this.#loadEvent = event;
    this.#image = { ...this.#image, vmcr: value };
  }

  #activePriority(register: string, isRead: boolean, value: bigint): void {
    if (isRead) this.#loaded();
    const isFirst = register === 'ICH_AP0R0_EL2';
    this.#image = { ...this.#image, ...(isFirst ? { ap0: value } : { ap1: value }) };
    if (isRead && !isFirst && this.#phase === 'host') this.#emit({ kind: 'put', cpu: this.#cpu, image: this.#image });
  }

  #hcrAccess(event: Access, value: bigint): void {
    if (event.op === 'read') {
      this.#leave();
      this.#readsHcr = true;
    } else if ((value & BigInt(HCR.EN)) !== 0n) {
      this.#loaded();
      this.#lose();
      this.#phase = 'entering';
      this.#hcr = { event, value };
      this.#lrs = new Map();
      this.#cleared = 0;
      this.#readsHcr = false;
    } else {
      this.#leave();
      const [cpu, cleared, readsHcr, image] = [this.#cpu, this.#cleared, this.#readsHcr, this.#image];
      if (this.#phase === 'leaving') this.#emit({ kind: 'exit', cpu, event, cleared, readsHcr, image });
      this.#phase = 'host';
    }
  }

  #listRegister(event: Access, value: bigint): void {
    if (event.op === 'read') return this.#leave();
    const n = Number(/\d+/.exec(event.register)?.[0] ?? 0);
    if (this.#phase === 'entering') this.#lrs.set(n, { event, value });
    else if (value === 0n) this.#cleared++;
  }

  /** The load is complete. */
  #loaded(): void {
    if (this.#phase !== 'loading' || this.#loadEvent === undefined) return;
    this.#phase = 'host';
    this.#emit({ kind: 'load', cpu: this.#cpu, vm: this.#loadedVm, event: this.#loadEvent, image: this.#image });
  }

  /** The entry is complete. */
  #entered(): void {
    if (this.#phase !== 'entering' || this.#hcr === undefined) return;
    this.#phase = 'guest';
    this.#emit({ kind: 'entry', cpu: this.#cpu, hcr: this.#hcr, lrs: this.#lrs });
  }

  #leave(): void {
    this.#entered();
    if (this.#phase === 'guest') this.#phase = 'leaving';
  }

  #lose(): void {
    if (this.#phase === 'host' || this.#phase === 'loading') return;
    if (this.#phase !== 'entering') this.#emit({ kind: 'lost', cpu: this.#cpu });
    this.#phase = 'host';
  }
}

export class WorldSwitches {
  readonly #cpus = new Map<number, CpuSteps>();
  readonly #emit: (step: Step) => void;

  constructor(emit: (step: Step) => void) {
    this.#emit = emit;
  }

  /** An access to ICH_* or ICV_* on `cpu`. */
  take(cpu: number, event: Access, value: bigint): void {
    this.#on(cpu).take(event, value);
  }

  /** CNTVOFF_EL2 was written: the next vCPU that is loaded is of this VM. */
  offset(cpu: number, value: bigint): void {
    this.#on(cpu).vm = value;
  }

  #on(cpu: number): CpuSteps {
    let found = this.#cpus.get(cpu);
    if (found === undefined) this.#cpus.set(cpu, (found = new CpuSteps(cpu, this.#emit)));
    return found;
  }
}
