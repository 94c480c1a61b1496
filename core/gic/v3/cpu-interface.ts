/**
 * The virtual CPU interface of one physical CPU: list registers, controls (interface-controls.ts), active priorities, and
 * what a guest does with interrupts there (gicv3-behaviour §5, §6, §12). A guest of the GICv2 kind (SRE 0) uses the same
 * machinery through the GICV page; then both groups keep their active priorities in AP1R.
 *
 * Kept: one slot per register. Everything else (MISR, EISR, ELRSR, the signal) is computed from them when asked: at
 * most 16 list registers are looked at.
 */
import { type Cell, CellClaim } from '../../state/cell.ts';
import { type Journal } from '../../state/journal.ts';
import { FIRST_LPI, SPURIOUS } from '../intid.ts';
import { ActivePriorities, IDLE } from './active-priorities.ts';
import { type InterfaceSize } from './interface-size.ts';
import { LR_ACTIVE, LR_GROUP, LR_HW, LR_PENDING, LR_PINTID, LR_STATE, lrPriority } from './list-register.ts';
import { eisrOf, elrsrOf, misrOf } from './maintenance.ts';
import { InterfaceControls } from './interface-controls.ts';
import { EOICOUNT_MASK, EOICOUNT_SHIFT, HCR, VMCR } from './vmcr.ts';

export type Signal = 'none' | 'irq' | 'fiq';

/** What became of the interrupt that an EOIR or DIR named (§6.4, §6.5). */
export type EndEffect =
  | 'deactivated'
  /** EOImode 1: DIR is to follow. */
  | 'dropped'
  /** In no list register: ICH_HCR_EL2.EOIcount has one more. */
  | 'counted'
  /** In no list register, and not counted. */
  | 'missing'
  /** Its group priority or group is not the one that was dropped. */
  | 'otherPriority';

/** Why IAR gave 1023 (§6.3). */
export type SpuriousReason = 'nothing' | 'groupDisabled' | 'otherGroup' | 'mask' | 'running';

/** What the latest IAR, EOIR or DIR did, for who tells of it; nothing depends on it. */
interface Latest {
  /** −1: none. */
  lr: number;
  /** Of the interrupt taken, or the group priority dropped; −1: none. */
  priority: number;
  effect: EndEffect;
}

export interface InterfaceHost {
  /** The guest ended `intid`, which is backed by physical interrupt `pintid`. */
  deactivatePhysical(pintid: number, intid: number): void;
}

function isSpecial(intid: number): boolean {
  return intid >= 1020 && intid <= 1023;
}

export class CpuInterfaceV3 extends InterfaceControls {
  readonly lr: readonly Cell[];
  readonly #priorities: ActivePriorities;
  readonly #host: InterfaceHost;
  readonly latest: Latest = { lr: -1, priority: -1, effect: 'missing' };

  constructor(journal: Journal, prefix: string, size: InterfaceSize, host: InterfaceHost) {
    const claim = new CellClaim(journal, prefix);
    super(claim, size);
    this.#host = host;
    this.lr = Array.from({ length: size.listRegisters }, (_, n) => claim.register(`ICH_LR${n}_EL2`));
    this.#priorities = new ActivePriorities(claim, size.preemptionBits);
  }

  // --- hypervisor side ------------------------------------------------------------------------------------------

  get eisr(): number {
    return eisrOf(this.lr);
  }

  get elrsr(): number {
    return elrsrOf(this.lr);
  }

  get misr(): number {
    return misrOf(this.hcr.lo, this.vmcr.lo, this.lr);
  }

  /** Is the maintenance interrupt pending? */
  get maintenance(): boolean {
    return (this.hcr.lo & HCR.EN) !== 0 && this.misr !== 0;
  }

  // --- guest side -----------------------------------------------------------------------------------------------

  /** §6.2 */
  get signal(): Signal {
    if ((this.hcr.lo & HCR.EN) === 0) return 'none';
    const index = this.#best();
    if (index < 0 || !this.#signalled(index)) return 'none';
    return (this.#hi(index) & LR_GROUP) !== 0 ? 'irq' : 'fiq';
  }

  /** The core's input: with ICH_VMCR_EL2.VFIQEn 0, which a GICv2 guest may have, group 0 interrupts as IRQs too. */
  get input(): Signal {
    const { signal } = this;
    return signal === 'fiq' && (this.vmcr.lo & VMCR.FIQEN) === 0 ? 'irq' : signal;
  }

  /** Group of the interrupt that is active under this identifier; 0 if none is. */
  groupOfActive(intid: number): 0 | 1 {
    const index = this.#findActive(intid);
    return index < 0 ? 0 : this.#group(index);
  }

  /** ICC_IAR0_EL1 and ICC_IAR1_EL1 (§6.3): the INTID acknowledged, or 1023. */
  acknowledge(group: 0 | 1): number {
    const index = this.#best();
    if (index < 0 || this.#group(index) !== group || !this.#signalled(index)) return SPURIOUS;
    const cell = this.#lr(index);
    const { lo, hi } = cell;
    this.latest.lr = index;
    this.latest.priority = lrPriority(hi);
    if (isSpecial(lo)) {
      cell.set(lo, hi & ~LR_PENDING);
      return lo;
    }
    cell.set(lo, (hi & ~LR_STATE) | LR_ACTIVE);
    this.#priorities.raise(this.#activePriorities(group), lrPriority(hi) & this.groupMask(group));
    return lo;
  }

  /** ICC_EOIR0_EL1 and ICC_EOIR1_EL1 (§6.4). Was a priority dropped? */
  endOfInterrupt(group: 0 | 1, intid: number): boolean {
    if (isSpecial(intid)) return false;
    const dropped = this.#priorities.drop();
    if (dropped < 0) return false;
    const index = this.#findActive(intid);
    this.latest.lr = index;
    this.latest.priority = dropped;
    this.latest.effect = this.#endDropped(group, intid, dropped, index);
    return true;
  }

  #endDropped(group: 0 | 1, intid: number, dropped: number, index: number): EndEffect {
    const splitEoi = (this.vmcr.lo & VMCR.EOIM) !== 0;
    if (index < 0) {
      if (intid >= FIRST_LPI || splitEoi) return 'missing';
      this.#countEoi();
      return 'counted';
    }
    if (this.#group(index) !== group || (lrPriority(this.#hi(index)) & this.groupMask(group)) !== dropped)
      return 'otherPriority';
    if (splitEoi && intid < FIRST_LPI) return 'dropped';
    this.#deactivate(index);
    return 'deactivated';
  }

  /** ICC_DIR_EL1 when it does not trap (§6.5); false: it is ignored. */
  deactivateInterrupt(intid: number): boolean {
    if ((this.vmcr.lo & VMCR.EOIM) === 0 || intid >= FIRST_LPI || isSpecial(intid)) return false;
    const index = this.#findActive(intid);
    this.latest.lr = index;
    this.latest.priority = -1;
    this.latest.effect = index < 0 ? 'counted' : 'deactivated';
    if (index < 0) this.#countEoi();
    else this.#deactivate(index);
    return true;
  }

  /** Why IAR of this group gives 1023 as things are. */
  whySpurious(group: 0 | 1): SpuriousReason {
    const index = this.#best();
    if (index < 0) return this.lr.some(({ hi }) => (hi & LR_STATE) === LR_PENDING) ? 'groupDisabled' : 'nothing';
    if (this.#group(index) !== group) return 'otherGroup';
    return lrPriority(this.#hi(index)) >= this.pmr ? 'mask' : 'running';
  }

  /** ICC_HPPIR0_EL1 and ICC_HPPIR1_EL1. */
  highestPending(group: 0 | 1): number {
    const index = this.#best();
    return index >= 0 && this.#group(index) === group ? this.#lr(index).lo : SPURIOUS;
  }

  get ap0r(): readonly Cell[] {
    return this.#priorities.ap0r;
  }

  get ap1r(): readonly Cell[] {
    return this.#priorities.ap1r;
  }

  /** ICC_RPR_EL1. */
  get runningPriority(): number {
    return this.#priorities.running;
  }

  /** Is an interrupt acknowledged whose priority was not dropped? */
  get isHandling(): boolean {
    return this.#priorities.isHandling;
  }

  activePriority(group: 0 | 1, n: number): number {
    return (group === 0 ? this.ap0r : this.ap1r)[n]?.lo ?? 0;
  }

  setActivePriority(group: 0 | 1, n: number, value: number): void {
    (group === 0 ? this.ap0r : this.ap1r)[n]?.set(value >>> 0);
  }

  #lr(index: number): Cell {
    const cell = this.lr[index];
    if (cell === undefined) throw new RangeError(`no list register ${index}`);
    return cell;
  }

  #hi(index: number): number {
    return this.lr[index]?.hi ?? 0;
  }

  #group(index: number): 0 | 1 {
    return (this.#hi(index) & LR_GROUP) !== 0 ? 1 : 0;
  }

  #activePriorities(group: 0 | 1): readonly Cell[] {
    return group === 1 || !this.sre.flag ? this.ap1r : this.ap0r;
  }

  /** §6.1; ties: the lowest index. -1: none. */
  #best(): number {
    let best = IDLE;
    let index = -1;
    const { lr } = this;
    const vmcr = this.vmcr.lo;
    for (let i = 0; i < lr.length; i++) {
      const hi = lr[i]?.hi ?? 0;
      if ((hi & LR_STATE) !== LR_PENDING || (vmcr & ((hi & LR_GROUP) !== 0 ? VMCR.ENG1 : VMCR.ENG0)) === 0) continue;
      const priority = lrPriority(hi);
      if (priority < best) {
        best = priority;
        index = i;
      }
    }
    return index;
  }

  /** Urgent enough for the mask and the running priority (§5.5). */
  #signalled(index: number): boolean {
    const priority = lrPriority(this.#hi(index));
    if (priority >= this.pmr) return false;
    const running = this.runningPriority;
    if (running === IDLE) return true;
    const mask = this.groupMask(this.#group(index));
    return (priority & mask) < (running & mask);
  }

  #findActive(intid: number): number {
    return this.lr.findIndex((cell) => cell.hi >= LR_ACTIVE && cell.lo === intid);
  }

  #countEoi(): void {
    const hcr = this.hcr.lo;
    const count = ((hcr >>> EOICOUNT_SHIFT) + 1) & 31;
    this.hcr.set(((hcr & ~EOICOUNT_MASK) | (count << EOICOUNT_SHIFT)) >>> 0);
  }

  /** §6.6 */
  #deactivate(index: number): void {
    const cell = this.#lr(index);
    const { lo, hi } = cell;
    cell.set(lo, (hi & ~LR_ACTIVE) >>> 0);
    if ((hi & LR_HW) !== 0) this.#host.deactivatePhysical(hi & LR_PINTID, lo);
  }
}
