/** The timers of a vCPU as data, one row per timer, and the slots of one of them (kvm-vgic-v5 §19). */
import { CNTHP, CNTHV, CNTP, CNTV } from '../gic/v5/ppi.ts';
import { type Cell, type CellClaim } from '../state/cell.ts';
import { type Owner } from './gic-model.ts';
import { TIMER_ENABLE, TIMER_IMASK } from './host-cpu.ts';
import { type TimerPpis } from './vm.ts';

export interface TimerSpec {
  readonly owner: Owner & ('ptimer' | 'vtimer' | 'hvtimer' | 'hptimer');
  /** Register name before `_CTL_EL0`. */
  readonly register: string;
  readonly ppi: number;
  readonly uapi: keyof TimerPpis;
  /** Attribute number of TIMER_CTRL. */
  readonly attribute: number;
  /** Exists only for vCPUs with EL2. */
  readonly nested: boolean;
}

/** In the order in which the first run takes them. */
export const TIMERS: readonly TimerSpec[] = [
  { owner: 'ptimer', register: 'CNTP', ppi: CNTP, uapi: 'p', attribute: 1, nested: false },
  { owner: 'vtimer', register: 'CNTV', ppi: CNTV, uapi: 'v', attribute: 0, nested: false },
  { owner: 'hvtimer', register: 'CNTHV', ppi: CNTHV, uapi: 'hv', attribute: 2, nested: true },
  { owner: 'hptimer', register: 'CNTHP', ppi: CNTHP, uapi: 'hp', attribute: 3, nested: true },
];

/** A host timer: armed or not, and the counter value it waits for. */
export class SoftTimer {
  readonly armed: Cell;
  readonly deadline: Cell;
  readonly #changed: () => void;

  /** `changed` is called when the timer was armed or cancelled. */
  constructor(claim: CellClaim, name: string, changed: () => void) {
    this.#changed = changed;
    this.armed = claim.flag(`softTimer.${name}.armed`);
    this.deadline = claim.cell(`softTimer.${name}.deadline`);
  }

  start(deadline: bigint): void {
    this.armed.flag = true;
    this.deadline.value = deadline;
    this.#changed();
  }

  cancel(): void {
    this.armed.flag = false;
    this.#changed();
  }
}

/** One timer of a vCPU. */
export class TimerContext {
  readonly spec: TimerSpec;
  readonly control: Cell;
  readonly compare: Cell;
  /** The registers are in the hardware of the vCPU's CPU. */
  readonly loaded: Cell;
  /** Level of the output as last announced. */
  readonly level: Cell;
  /** Watches the deadline of an emulated timer. */
  readonly soft: SoftTimer;

  constructor(claim: CellClaim, spec: TimerSpec, softChanged: () => void) {
    this.spec = spec;
    this.control = claim.register(`${spec.register}_CTL_EL0`);
    this.compare = claim.register(`${spec.register}_CVAL_EL0`);
    this.loaded = claim.flag(`${spec.owner}.loaded`);
    this.level = claim.flag(`${spec.owner}.level`);
    this.soft = new SoftTimer(claim, spec.owner, softChanged);
  }

  /** Enabled and not masked: it may fire at some time. */
  get canFire(): boolean {
    return (this.control.lo & (TIMER_ENABLE | TIMER_IMASK)) === TIMER_ENABLE;
  }
}
