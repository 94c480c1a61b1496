/**
 * One physical CPU as KVM uses it: its virtual interfaces, the EL0 timers that a guest is given, the lines of its
 * physical PPIs, and which of them the host has disabled.
 *
 * Invariant: the timers' lines follow the timer registers and the host counter.
 */
import { type CpuInterface } from '../gic/v5/cpu-interface.ts';
import { CpuInterfaceV3 } from '../gic/v3/cpu-interface.ts';
import { DEFAULT_INTERFACE } from '../gic/v3/interface-size.ts';
import { CNTP, CNTV } from '../gic/v5/ppi.ts';
import { type Cell, CellClaim } from '../state/cell.ts';
import { type TrapValues } from './gic-model.ts';
import { HostCpuV5 } from './host-cpu-v5.ts';
import { type Host } from './host.ts';
import { type Place, placeAt } from './place.ts';
import { type Vcpu } from './vcpu.ts';

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
  /** On GICv5 hosts. */
  readonly v5: HostCpuV5 | undefined;
  /** The GICv3 virtual interface, on hosts that have one. */
  readonly interfaceV3: CpuInterfaceV3 | undefined;
  #found: { readonly loaded: number; readonly vcpu: Vcpu | undefined } = { loaded: 0, vcpu: undefined };
  /** Where nobody is loaded. */
  readonly #place: Place;
  readonly virtualTimer: HardwareTimer;
  readonly physicalTimer: HardwareTimer;
  /** Physical PPIs that the host keeps disabled. */
  readonly disabledPpis: Cell;
  /** Levels of physical PPIs, where no GICv5 interface has them. */
  readonly #lines: Cell | undefined;
  /** Tasks that want to run here; decides whether WFI traps. */
  readonly runnableTasks: Cell;
  /** 0 none, else number of the loaded vCPU + 1, with the VM's number in bits 31:16. */
  readonly loaded: Cell;

  constructor(host: Host, index: number) {
    const claim = new CellClaim(host.journal, `pcpu${index}.`);
    this.host = host;
    this.index = index;
    this.#place = placeAt(undefined, undefined, index);
    this.loaded = claim.cell('loadedVcpu', 32);
    this.v5 = host.facts.gic === 'v5' ? new HostCpuV5(host, index) : undefined;
    this.#lines = this.v5 === undefined ? claim.cell('physicalPpis') : undefined;
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
    // Two tasks, so that WFI traps unless a scenario says otherwise (gicv5-scenarios, rules).
    this.runnableTasks = claim.cell('runnableTasks', 16, { initial: 2n });
  }

  /** @throws Error on a host before GICv5. */
  get hardwareV5(): HostCpuV5 {
    if (this.v5 === undefined) throw new Error(`physical CPU ${this.index} has no GICv5`);
    return this.v5;
  }

  /** The GICv5 virtual interface. @throws Error as `hardwareV5` */
  get interface(): CpuInterface {
    return this.hardwareV5.interface;
  }

  /** ICH_CONTEXTR_EL2. @throws Error where KVM does not use an IRS. */
  get context(): Cell {
    const context = this.v5?.context;
    if (context === undefined) throw new Error('KVM does not use the IRS of this host');
    return context;
  }

  /** Has the guest here acknowledged an interrupt whose priority it has not dropped? */
  get isHandling(): boolean {
    return this.v5?.interface.apr.isZero === false || this.interfaceV3?.isHandling === true;
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
    if (this.v5 === undefined) return;
    this.v5.hfgrtr.set(read);
    this.v5.hfgwtr.set(write);
    this.v5.hfgitr.set(instruction);
    this.host.emit?.({ kind: 'hyp.fgt', read, write, instruction }, this.place());
  }

  /** ICH_VCTLR_EL2; with V3, EL1 gets the GICv3-compatible interface. Nothing on a host before GICv5. */
  setVctlr(value: number): void {
    if (this.v5 === undefined || this.v5.vctlr.lo === value) return;
    this.v5.vctlr.set(value);
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
    this.setPhysical(CNTV, this.virtualTimer.output(counter));
    this.setPhysical(CNTP, this.physicalTimer.output(counter));
  }

  /** Level of the wire of a physical PPI. */
  setPhysical(ppi: number, level: boolean): void {
    const lines = this.#lines;
    if (lines === undefined) this.interface.setPhysical(ppi, level);
    else if (lines.has(ppi) !== level) {
      lines.put(ppi, level);
      this.host.emit?.({ kind: 'cpuif.physical', ppi, level }, this.place());
    }
  }

  place(): Place {
    const vcpu = this.vcpu;
    return vcpu === undefined ? this.#place : vcpu.place;
  }
}
