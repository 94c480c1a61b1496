/**
 * The IRS of a recording: commands, wires and accesses to its frame drive the emulated one, and its candidates, the
 * states of SPIs and what software reads are compared (gicv5-spi-lpi-behaviour §4 … §7).
 *
 * A line of a memory-mapped access stands after its effects, so what does not fit is looked at again after the next
 * such line. In a recording that begins in the middle an interrupt that was enabled before, the state of an SPI and the
 * content of a register are taken over from the first record that shows them.
 */
import { splitIntid } from '../../../gic/intid.ts';
import { type Candidate } from '../../../gic/v5/irs/candidates.ts';
import { type EventOf, type TraceEvent } from '../../../trace/kinds.ts';
import { type Recording } from '../replay.ts';
import { REASON } from '../reasons.ts';
import { type Tally } from '../tally.ts';
import { type Command, Irs } from './irs.ts';
import { IrsFrame } from './irs-frame.ts';
import { bits, coded, isDefective, merged, partOf, same } from './values.ts';

export const CREATED = 'gicv5_common_realize';
/** Registers that tell of the machine's size, which is printed when it is created. */
const DERIVED: ReadonlySet<string> = new Set(['IRS_SPI_STATUSR', 'IRS_PE_STATUSR', 'IRS_SPI_CFGR']);
const BEFORE = 'what was set before the recording began';
const BEGUN = 'interrupts and registers of the IRS that were set before the recording began';
const TIES = 'ties among SPIs and LPIs';

export class IrsReplay {
  readonly irs = new Irs();
  readonly #frame = new IrsFrame(this.irs);
  readonly #tally: Tally;
  readonly #offer: () => void;
  /** The recording holds the creation of the machine. */
  readonly #isWhole: boolean;
  /** In a part of a recording: SPIs and registers that it has shown, and interrupts that were candidates. */
  readonly #shown = new Set<number | string>();
  readonly #candidates = new Set<number>();
  /** Comparisons that failed and may fit after the next line of a memory-mapped access. */
  #held: (() => boolean)[] = [];

  /** `offer`: candidates may have changed. */
  constructor({ vcpus, names }: Recording, tally: Tally, offer: () => void) {
    this.#frame.pes = vcpus;
    this.#isWhole = names.has(CREATED);
    // Nothing would be offered otherwise.
    this.irs.isEnabled = !this.#isWhole;
    this.#tally = tally;
    this.#offer = offer;
  }

  setup({ what, detail }: EventOf<'gic.setup'>): void {
    if (what !== 'IRS created') return;
    const number = (name: string): number => Number(detail?.[name] ?? 0);
    this.#frame.pes = number('CPUs');
    this.#frame.spiBase = number('SPI base');
    this.#frame.spiRange = number('SPIs of this IRS');
    this.#frame.spis = number('SPIs');
  }

  mmio(event: EventOf<'mmio.access'>): void {
    const { register, op, size, offset, value } = event;
    if (event.detail?.['rejected'] === true || value === undefined) return;
    if (op === 'write') {
      this.#frame.write(register, merged(this.#frame.stored(register), size, offset, value));
      this.#offer();
      this.release();
      return;
    }
    const emulated = this.#frame.read(register);
    const isNews = !this.#isWhole && emulated !== value && (!this.#shown.has(register) || DERIVED.has(register));
    this.#shown.add(register);
    if (emulated === undefined) this.#tally.unsupported(REASON.register);
    else if (isNews) this.#adopt(register, value);
    else this.#tally.compare(event, register, value, partOf(emulated, size, offset));
  }

  /** A register's content from before the recording; what it follows from may be unknown for good. */
  #adopt(register: string, value: bigint): void {
    this.#frame.write(register, value);
    if (this.#frame.read(register) === value) this.#tally.infer(BEGUN);
    else this.#tally.unsupported(BEFORE);
  }

  // --- commands and wires ---------------------------------------------------------------------------------------

  configure(event: EventOf<'irq.configure'>): void {
    const { what, intid } = event;
    if (what !== 'enabled' && what !== 'priority' && what !== 'handling' && what !== 'target') return;
    this.#command(intid, what, what === 'enabled' && isDefective(event) ? 1 : Number(event.value));
  }

  pend(event: EventOf<'irq.pend'>): void {
    this.#command(event.intid, 'pending', event.pending || isDefective(event) ? 1 : 0);
  }

  wire(intid: number, level: boolean): void {
    this.irs.wire(intid, level);
    this.#offer();
  }

  activate(intid: number): void {
    this.irs.activate(intid);
    this.#offer();
  }

  deactivate(intid: number): void {
    this.irs.deactivate(intid);
    this.#offer();
  }

  #command(intid: number, field: Command, value: number): void {
    this.irs.command(intid, field, value);
    this.#offer();
  }

  // --- what the recorder saw ------------------------------------------------------------------------------------

  candidate(event: EventOf<'irq.hppi'>, pe: number, context: () => string): void {
    const recorded: Candidate = { intid: event.intid ?? 0, priority: event.priority };
    const mine = (): Candidate => this.irs.candidate(pe);
    const fits = (): boolean => {
      if (!this.#isWhole && !same(mine(), recorded)) this.#learn(pe, recorded);
      if (!same(mine(), recorded) && this.irs.prefer(pe, recorded.intid)) {
        this.#tally.infer(TIES);
        this.#offer();
      }
      return same(mine(), recorded);
    };
    this.later(fits, () => this.#tally.compare(event, 'IRS candidate', coded(recorded), coded(mine()), context));
  }

  /** An interrupt whose configuration may be older than the recording is a candidate for the first time. */
  #learn(pe: number, { intid, priority }: Candidate): void {
    if (intid === 0 || splitIntid(intid)?.type === 'ppi' || this.#candidates.has(intid)) return;
    this.#candidates.add(intid);
    this.irs.deactivate(intid);
    const shown = { enabled: 1, pending: 1, priority, target: pe } as const;
    for (const field of ['enabled', 'pending', 'priority', 'target'] as const)
      this.irs.command(intid, field, shown[field]);
    this.#offer();
    this.#tally.infer(BEGUN);
  }

  state(event: EventOf<'irq.state'>): void {
    const { intid, level, pending, active } = event;
    const recorded = bits(level, pending, active);
    const emulated = (): bigint => {
      const now = this.irs.state(intid);
      return bits(now.wire, now.pending, now.active);
    };
    if (!this.#isWhole && !this.#shown.has(intid) && emulated() !== recorded) {
      this.irs.adopt(intid, { wire: level, pending, active });
      this.#offer();
      this.#tally.infer(BEGUN);
    }
    this.#shown.add(intid);
    this.later(
      () => emulated() === recorded,
      () => this.#tally.compare(event, 'SPI state', recorded, emulated()),
    );
  }

  /** Compares now if it fits, else after the next memory-mapped access, whose effects may stand before it. */
  later(fits: () => boolean, compare: () => boolean): void {
    if (fits()) compare();
    else
      this.#held.push(() => {
        fits();
        return compare();
      });
  }

  /** What waits cannot be the effect of an access any more. */
  release(): void {
    if (this.#held.length === 0) return;
    const held = this.#held;
    this.#held = [];
    for (const compare of held) compare();
  }
}

/** Kinds of event that end what a memory-mapped access has printed before its own line. */
export const RELEASING: ReadonlySet<TraceEvent['kind']> = new Set([
  'vcpu.reset',
  'irq.acknowledge',
  'irq.drop',
  'irq.deactivate',
  'irq.line',
  'irq.configure',
  'irq.pend',
]);
