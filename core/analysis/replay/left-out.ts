/**
 * Kinds of lines that a recording leaves out. QEMU records the events that it was told to record; where a kind of input
 * is not among them, a machine driven by the others differs, and that says nothing about the machine. So such a
 * difference is no comparison. What agrees all the same is counted as ever.
 *
 * A kind is known to be left out where lines are there that come with it: there is no end of an interrupt without an
 * acknowledge. A recording without any input leaves all of them out.
 */
import { type GicModel } from '../../trace/sink.ts';

/** One of `lines` must be there when those of `with` are, at least `often` together: fewer may have been by chance. */
interface Needed {
  readonly lines: readonly string[];
  readonly with: readonly string[];
  readonly often?: number;
  /** Registers keep what such lines write. */
  readonly setUp?: true;
  /** They are needed only where accesses do not tell which PE acts: then they show what an action did (unnamed.ts). */
  readonly unnamed?: true;
}

/** Interrupts are taken again and again; a recording that ends, or a short one, leaves a few open. */
const OFTEN = 16;
/** Registers are set up once. */
const ONCE = 4;

const V5_TAKEN = ['gicv5_gicr_cdia', 'gicv5_cdeoi', 'gicv5_cddi', 'gicv5_update_ppi_state'];
const V3_TAKEN = ['gicv3_icc_iar0_read', 'gicv3_icc_iar1_read', 'gicv3_icc_eoir_write', 'gicv3_redist_set_irq'];
const V2_TAKEN = ['gic_acknowledge_irq', 'gic_set_irq', 'gic_cpu_write'];
const V5_SET_UP = ['gicv5_set_enabled', 'gicv5_set_priority', 'gicv5_set_target', 'gicv5_set_handling'];
const V3_CPU_SET_UP = ['gicv3_redist_write', 'gicv3_icc_igrpen_write', 'gicv3_icc_pmr_write'];

const NEEDED: Readonly<Partial<Record<GicModel, readonly Needed[]>>> = {
  v5: [
    { lines: ['gicv5_gicr_cdia'], with: V5_TAKEN },
    { lines: ['gicv5_cdeoi'], with: V5_TAKEN },
    { lines: ['gicv5_cddi'], with: V5_TAKEN },
    { lines: ['gicv5_update_ppi_state'], with: V5_TAKEN },
    { lines: ['gicv5_recalc_ppi_hppi'], with: V5_TAKEN, unnamed: true },
    { lines: ['gicv5_update_irq_fiq'], with: V5_TAKEN, unnamed: true },
    { lines: ['gicv5_irs_recalc_hppi'], with: ['gicv5_activate', 'gicv5_set_pending'], often: ONCE, unnamed: true },
    // Candidates come and go; setting the tables up gives dozens of lines without one.
    { lines: ['gicv5_activate'], with: ['gicv5_irs_recalc_hppi'], often: 100 },
    { lines: ['gicv5_deactivate'], with: ['gicv5_activate'] },
    { lines: ['gicv5_spi'], with: ['gicv5_spi_state'] },
    { lines: ['gicv5_set_pending'], with: V5_SET_UP },
    { lines: ['gicv5_set_enabled'], with: V5_SET_UP, setUp: true },
    { lines: ['gicv5_set_priority'], with: V5_SET_UP, setUp: true },
    { lines: ['gicv5_set_target'], with: V5_SET_UP, setUp: true },
    { lines: ['gicv5_write'], with: ['gicv5_read'], often: ONCE, setUp: true },
  ],
  v3: [
    { lines: ['gicv3_icc_iar0_read', 'gicv3_icc_iar1_read'], with: V3_TAKEN },
    { lines: ['gicv3_icc_eoir_write'], with: V3_TAKEN },
    { lines: ['gicv3_redist_set_irq'], with: V3_TAKEN },
    { lines: ['gicv3_redist_send_sgi'], with: ['gicv3_icc_generate_sgi'] },
    { lines: ['gicv3_icc_generate_sgi'], with: ['gicv3_redist_send_sgi'] },
    { lines: ['gicv3_dist_write'], with: ['gicv3_dist_read'], often: ONCE, setUp: true },
    { lines: ['gicv3_redist_write'], with: V3_CPU_SET_UP, often: ONCE, setUp: true },
    { lines: ['gicv3_icc_igrpen_write'], with: V3_CPU_SET_UP, setUp: true },
    { lines: ['gicv3_icc_pmr_write'], with: V3_CPU_SET_UP, setUp: true },
    { lines: ['gicv3_its_write'], with: ['gicv3_its_read', 'gicv3_its_process_command'], setUp: true },
  ],
  v2: [
    { lines: ['gic_acknowledge_irq'], with: V2_TAKEN },
    { lines: ['gic_set_irq'], with: V2_TAKEN },
    { lines: ['gic_cpu_write'], with: V2_TAKEN },
    { lines: ['gic_dist_write'], with: ['gic_dist_read', 'gic_enable_irq'], often: ONCE, setUp: true },
  ],
};

/**
 * Compared whatever is left out: registers that nothing changes, and virtual interfaces, which other lines drive
 * (v3/virtual.ts, v3/kvm).
 */
const ALWAYS = /TYPER|_IIDR$|_PIDR|_IDR\d|_AIDR$|^IC[HV]_|virtual|list register|maintenance|^EOIcount/;
/** What depends on how interrupts come and go, and not only on how they are set up. */
const FLOW = /^best|^signals|candidate|^SGI|^ITS|^SPI state|^GICR CD|IAR|HPP|RPR|HAPR|_AP|PENDR|ACTIVER|ICSR/;

export class LeftOut {
  /** Names of the lines, by whether registers would show what they set. */
  readonly #setUp: readonly string[];
  readonly #flow: readonly string[];

  /** `names`: how many lines of each kind. `isNamed`: accesses to registers tell which PE acts. */
  constructor(gic: GicModel, names: ReadonlyMap<string, number>, isNamed: boolean) {
    const count = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + (names.get(line) ?? 0), 0);
    const needed = (NEEDED[gic] ?? []).filter(({ unnamed }) => unnamed !== true || !isNamed);
    const isBlind =
      count([...names.keys()]) >= OFTEN && needed.every((each) => each.unnamed || count(each.lines) === 0);
    const missing = needed.filter(
      ({ lines, with: companions, often = OFTEN }) => count(lines) === 0 && (isBlind || count(companions) >= often),
    );
    const namesOf = (some: readonly Needed[]): string[] => some.flatMap(({ lines }) => lines);
    this.#setUp = namesOf(missing.filter(({ setUp }) => setUp === true));
    this.#flow = namesOf(missing);
  }

  /** Why a difference in `register` is no comparison; undefined: it is one. */
  explains(register: string): string | undefined {
    const lines = ALWAYS.test(register) ? [] : FLOW.test(register) ? this.#flow : this.#setUp;
    return lines.length === 0 ? undefined : `it differs, and the recording leaves out: ${lines.join(', ')}`;
  }
}
