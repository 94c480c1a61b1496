/**
 * One physical CPU as KVM uses it: its virtual CPU interface, the EL0 timers that a guest is given, the trap
 * registers, which physical PPIs the host has disabled, and the scratch words that live between flush and fold
 * (kvm-vgic-v5 §1.5).
 *
 * Invariant: the timer lines of the interface's physical PPIs follow the timer registers and the host counter.
 */
import { CpuInterface } from '../gic/v5/cpu-interface.ts';
import { CpuInterfaceV3 } from '../gic/v3/cpu-interface.ts';
import { DEFAULT_INTERFACE } from '../gic/v3/interface-size.ts';
import { CNTP, CNTV, EDGE_PPIS } from '../gic/v5/ppi.ts';
import { type Cell, CellClaim } from '../state/cell.ts';
import { type Host } from './host.ts';
import { implementedPpis } from './host-facts.ts';
import { type TrapValues } from './gic-model.ts';
import { type Place, placeAt } from './place.ts';
import { type Vcpu } from './vcpu.ts';

/** Trap registers while the host runs: the boot values (gicv5-registers §3.2). */
export const HOST_TRAPS: TrapValues = { read: 0x1f_00f7, write: 0x1e_0065, instruction: 0x7ff };
const NO_TRAPS: TrapValues = { read: 0, write: 0, instruction: 0 };

export const TIMER_ENABLE = 1;
export const TIMER_IMASK = 2;
export const TIMER_ISTATUS = 4;

/** A timer in hardware: control (ENABLE, IMASK) and compare value. */
export class HardwareTimer {
  readonly ppi: number;
  readonly control: Cell;
  readonly compare: Cell;

  constructor(claim: CellClaim, name: string, ppi: number) {
    this.ppi = ppi;
    this.control = claim.register(`${name}_CTL_EL0`);
    this.compare = claim.register(`${name}_CVAL_EL0`);
  }

  /** Control as it reads: with ISTATUS when the timer is enabled and its condition is met. */
  readControl(counter: bigint): number {
    const control = this.control.lo;
    const met = (control & TIMER_ENABLE) !== 0 && this.compare.value <= counter;
    return control | (met ? TIMER_ISTATUS : 0);
  }

  /** ISTATUS cannot be written. */
  writeControl(value: number): void {
    this.control.set(value & (TIMER_ENABLE | TIMER_IMASK));
  }

  /** The counter value at which the output will rise; undefined: not by time alone. */
  deadline(counter: bigint): bigint | undefined {
    if (this.control.lo !== TIMER_ENABLE) return undefined;
    const compare = this.compare.value;
    return compare > counter ? compare : undefined;
  }

  /** The output: condition met and not masked. */
  output(counter: bigint): boolean {
    return this.control.lo === TIMER_ENABLE && this.compare.value <= counter;
  }
}

export class HostCpu {
  readonly host: Host;
  readonly index: number;
  /** Is this a GICv5 host? */
  readonly hasV5: boolean;
  readonly interface: CpuInterface;
  /** The GICv3 virtual interface, on hosts that have one. */
  readonly interfaceV3: CpuInterfaceV3 | undefined;
  readonly hfgrtr: Cell;
  readonly hfgwtr: Cell;
  readonly hfgitr: Cell;
  /** En in bit 0, V3 in bit 1. */
  readonly vctlr: Cell;
  #found: { readonly loaded: number; readonly vcpu: Vcpu | undefined } = { loaded: 0, vcpu: undefined };
  /** ICH_CONTEXTR_EL2: the resident virtual PE; not claimed on hosts whose IRS KVM does not use. */
  readonly #context: Cell | undefined;
  /** Where nobody is loaded. */
  readonly #place: Place;
  readonly virtualTimer: HardwareTimer;
  readonly physicalTimer: HardwareTimer;
  /** Physical PPIs that the host keeps disabled. */
  readonly disabledPpis: Cell;
  readonly scratchPendr: Cell;
  readonly scratchActiver: Cell;
  /** Tasks that want to run here; decides whether WFI traps. */
  readonly runnableTasks: Cell;
  /** 0 none, else number of the loaded vCPU + 1, with the VM's number in bits 31:16. */
  readonly loaded: Cell;

  constructor(host: Host, index: number) {
    const claim = new CellClaim(host.journal, `pcpu${index}.`);
    const [extraLow, extraHigh] = host.facts.extraPpis ?? [0n, 0n];
    const implemented = implementedPpis(host.facts) | extraLow;
    this.host = host;
    this.index = index;
    this.hasV5 = host.facts.gic === 'v5';
    this.#place = placeAt(undefined, undefined, index);
    this.loaded = claim.cell('loadedVcpu', 32);
    this.interface = new CpuInterface(host.journal, `pcpu${index}.`, {
      implemented: [implemented, extraHigh],
      level: [implemented & ~EDGE_PPIS, extraHigh],
      idr0: 0x40n | (host.facts.v3Compat ? 0x100n : 0n),
      iaffid: index,
      irs: host.usesIrs,
    });
    this.#context = host.usesIrs ? claim.register('ICH_CONTEXTR_EL2') : undefined;
    const { read, write, instruction } = this.hasV5 ? HOST_TRAPS : NO_TRAPS;
    this.hfgrtr = claim.register('ICH_HFGRTR_EL2', BigInt(read));
    this.hfgwtr = claim.register('ICH_HFGWTR_EL2', BigInt(write));
    this.hfgitr = claim.register('ICH_HFGITR_EL2', BigInt(instruction));
    this.vctlr = claim.register('ICH_VCTLR_EL2', this.hasV5 ? 1n : 0n);
    const size = host.facts.v3Interface ?? DEFAULT_INTERFACE;
    const hasV3 = host.facts.gic === 'v3' || host.facts.v3Compat;
    this.interfaceV3 = hasV3
      ? new CpuInterfaceV3(host.journal, `pcpu${index}.v3.`, size, {
          deactivatePhysical: (pintid, intid) =>
            host.emit?.({ kind: 'physical.deactivate', intid, pintid, by: 'hardware' }, this.place()),
        })
      : undefined;
    this.virtualTimer = new HardwareTimer(claim, 'CNTV', CNTV);
    this.physicalTimer = new HardwareTimer(claim, 'CNTP', CNTP);
    this.disabledPpis = claim.cell('hostDisabledPpis');
    this.scratchPendr = claim.cell('scratch.pendr');
    this.scratchActiver = claim.cell('scratch.activerExit');
    // Two tasks, so that WFI traps unless a scenario says otherwise (gicv5-scenarios, rules).
    this.runnableTasks = claim.cell('runnableTasks', 16, { initial: 2n });
  }

  /** @throws Error where KVM does not use an IRS. */
  get context(): Cell {
    if (this.#context === undefined) throw new Error('KVM does not use the IRS of this host');
    return this.#context;
  }

  /** Has the guest here acknowledged an interrupt whose priority it has not dropped? */
  get isHandling(): boolean {
    return !this.interface.apr.isZero || this.interfaceV3?.isHandling === true;
  }

  /** The vCPU whose thread is loaded here, if any. */
  get vcpu(): Vcpu | undefined {
    const loaded = this.loaded.lo;
    if (loaded === 0) return undefined;
    // Every event asks. A number names the same object for good, also after an undo (the pools of host and VM).
    if (loaded !== this.#found.loaded || this.#found.vcpu === undefined)
      this.#found = { loaded, vcpu: this.host.vm(loaded >>> 16)?.vcpu((loaded & 0xffff) - 1) };
    return this.#found.vcpu;
  }

  setVcpu(vcpu: Vcpu | undefined): void {
    this.loaded.set(vcpu === undefined ? 0 : (vcpu.vm.index << 16) | (vcpu.index + 1));
  }

  /** Nothing on a host before GICv5, which has none of these registers. */
  setTraps({ read, write, instruction }: TrapValues): void {
    if (!this.hasV5) return;
    this.hfgrtr.set(read);
    this.hfgwtr.set(write);
    this.hfgitr.set(instruction);
    this.host.emit?.({ kind: 'hyp.fgt', read, write, instruction }, this.place());
  }

  /** `v3`: EL1 gets the GICv3-compatible interface. */
  setVctlr(value: number): void {
    if (this.vctlr.lo === value) return;
    this.vctlr.set(value);
    this.host.emit?.({ kind: 'hyp.vctlr', value }, this.place());
  }

  setHostPpiDisabled(ppi: number, disabled: boolean, cause: string): void {
    if (this.disabledPpis.has(ppi) === disabled) return;
    this.disabledPpis.put(ppi, disabled);
    this.host.emit?.({ kind: 'host.ppiMask', ppi, masked: disabled, cause }, this.place());
  }

  /** Brings the timers' lines up to date with their registers and the counter. */
  updateTimerLines(): void {
    const counter = this.host.counter.value;
    this.interface.setPhysical(CNTV, this.virtualTimer.output(counter));
    this.interface.setPhysical(CNTP, this.physicalTimer.output(counter));
  }

  place(): Place {
    const vcpu = this.vcpu;
    return vcpu === undefined ? this.#place : vcpu.place;
  }
}
