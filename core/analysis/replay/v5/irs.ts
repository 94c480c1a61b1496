/**
 * A physical GICv5 IRS as software sees it, without its tables: state of SPIs and LPIs, wires, and the best candidate
 * of each PE (gicv5-spi-lpi-behaviour §2, §4 … §7.1). A recording shows no guest memory, so LPI state is kept by number.
 *
 * Invariant: `#ready` holds per PE exactly the interrupts that are pending, enabled, not active and routed to it.
 * Cost: an operation looks at the ready interrupts of one PE, which are few.
 */
import { splitIntid } from '../../../gic/intid.ts';

/** No candidate, as the emulator of the recordings prints it. */
export const NONE: Candidate = { intid: 0, priority: 255 };

export interface Candidate {
  readonly intid: number;
  readonly priority: number;
}

export interface SharedInterrupt {
  readonly intid: number;
  pending: boolean;
  active: boolean;
  enabled: boolean;
  /** Handling mode: true is level. */
  level: boolean;
  priority: number;
  target: number;
  /** SPIs: the trigger mode is level. */
  triggersOnLevel: boolean;
  wire: boolean;
}

export class Irs {
  readonly #interrupts = new Map<number, SharedInterrupt>();
  readonly #ready = new Map<number, Set<SharedInterrupt>>();
  /** Among candidates of equal priority, the one that the recording names. */
  readonly #preferred = new Map<number, number>();
  isEnabled = false;

  interrupt(intid: number): SharedInterrupt {
    let found = this.#interrupts.get(intid);
    if (found === undefined) {
      found = {
        intid,
        pending: false,
        active: false,
        enabled: false,
        level: false,
        priority: 0,
        target: 0,
        triggersOnLevel: false,
        wire: false,
      };
      this.#interrupts.set(intid, found);
    }
    return found;
  }

  /** Changes an interrupt and keeps the invariant. */
  update(intid: number, change: Partial<SharedInterrupt>): void {
    const interrupt = this.interrupt(intid);
    this.#readyOn(interrupt.target).delete(interrupt);
    Object.assign(interrupt, change);
    if (interrupt.pending && interrupt.enabled && !interrupt.active) this.#readyOn(interrupt.target).add(interrupt);
  }

  /** Active, and no longer pending if edge handled (§6 rule 1). */
  activate(intid: number): void {
    const { level, pending } = this.interrupt(intid);
    this.update(intid, { active: true, pending: pending && level });
  }

  /** The wire moved (§5). */
  wire(intid: number, level: boolean): void {
    const { triggersOnLevel } = this.interrupt(intid);
    if (level) this.update(intid, { wire: true, pending: true, level: triggersOnLevel });
    else this.update(intid, triggersOnLevel ? { wire: false, pending: false } : { wire: false });
  }

  /** IRS_SPI_CFGR.TM (gicv5-irs-registers §5). */
  setTrigger(intid: number, isLevel: boolean): void {
    const { triggersOnLevel, wire } = this.interrupt(intid);
    if (triggersOnLevel === isLevel) return;
    if (!isLevel) this.update(intid, wire ? { triggersOnLevel: false, pending: false } : { triggersOnLevel: false });
    else this.update(intid, wire ? { triggersOnLevel: true, pending: true, level: true } : IDLE_LEVEL);
  }

  /** ICC_ICSR_EL1 as CDRCFG fills it (§4). */
  configuration(intid: number): bigint {
    const type = splitIntid(intid)?.type;
    if (type !== 'spi' && type !== 'lpi') return 1n;
    const { enabled, pending, active, level, priority, target } = this.interrupt(intid);
    const low = (+enabled << 1) | (+pending << 2) | (+active << 4) | (+level << 5) | (priority << 11);
    return (BigInt(target) << 32n) | BigInt(low);
  }

  /** The best candidate of a PE (§7.1): smallest priority value, then smallest INTID. */
  candidate(pe: number): Candidate {
    if (!this.isEnabled) return NONE;
    let best: SharedInterrupt | undefined;
    for (const interrupt of this.#readyOn(pe))
      if (
        best === undefined ||
        interrupt.priority < best.priority ||
        (interrupt.priority === best.priority && this.#precedes(pe, interrupt.intid, best.intid))
      )
        best = interrupt;
    return best === undefined ? NONE : { intid: best.intid, priority: best.priority };
  }

  /** The order among equal priorities is the implementation's choice: takes over a choice that was recorded. */
  prefer(pe: number, intid: number): boolean {
    const chosen = this.#interrupts.get(intid);
    const mine = this.candidate(pe);
    if (chosen === undefined || chosen.priority !== mine.priority || !this.#readyOn(pe).has(chosen)) return false;
    this.#preferred.set(pe, intid);
    return true;
  }

  #precedes(pe: number, a: number, b: number): boolean {
    const preferred = this.#preferred.get(pe);
    return a === preferred || (b !== preferred && a < b);
  }

  #readyOn(pe: number): Set<SharedInterrupt> {
    let ready = this.#ready.get(pe);
    if (ready === undefined) {
      ready = new Set();
      this.#ready.set(pe, ready);
    }
    return ready;
  }
}

const IDLE_LEVEL = { triggersOnLevel: true, pending: false } as const;
