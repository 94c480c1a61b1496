/**
 * Replay of a GICv5 log without register lines, whose lines name no PE, or that begins in the middle: it asks whether
 * there is a way in which the PEs can have acted that explains every record (`attributions.ts`). Acknowledges,
 * candidates and signals are compared with what the emulator's PE gives in such a state; one that no way explains is a
 * difference.
 *
 * Why that is sound: the recorder holds one lock over each action, so the lines of an action stand together, and its
 * candidate and signal lines are those of the PE that acts (gicv5-cpuif-behaviour §16). Writes of registers leave no
 * line but their candidate or signal; such a line alone may change what it is about, and is no comparison.
 */
import { splitIntid } from '../../../../gic/intid.ts';
import { type Candidate, NOBODY } from '../../../../gic/v5/irs/candidates.ts';
import { ID_MASK } from '../../../../gic/v5/ppi.ts';
import { type EventOf, type TraceEvent } from '../../../../trace/kinds.ts';
import { type Recording, type ReplayMachine } from '../../replay.ts';
import { type Tally } from '../../tally.ts';
import { CREATED, IrsReplay, RELEASING } from '../irs-replay.ts';
import { coded, VALID } from '../values.ts';
import { Attributions, type Explained } from './attributions.ts';
import { type PeImage } from './pe-image.ts';
import { PeSteps, type Stepped } from './pe-steps.ts';

const REASON = {
  open: 'it follows from registers whose writes the recording does not hold',
  part: 'a register of a recording that begins in the middle',
  many: 'more ways in which the vCPUs can have acted than are kept',
} as const;
const ALONE = 'writes of registers, told by the candidate or signal that followed';

export class UnnamedPesReplay implements ReplayMachine {
  readonly #tally: Tally;
  readonly #irs: IrsReplay;
  readonly #steps = new PeSteps();
  readonly #ways: Attributions;
  /** What the IRS offers to each PE, as recorded. */
  readonly #offered: Candidate[];
  /** An action has begun, of a PE that its lines do not name. */
  #isActing = false;

  constructor(recording: Recording, tally: Tally) {
    const { vcpus, names } = recording;
    const initial = this.#steps.initial(names.has(CREATED));
    this.#tally = tally;
    this.#irs = new IrsReplay(recording, tally, () => {});
    this.#offered = Array.from({ length: vcpus }, () => NOBODY);
    this.#ways = new Attributions(Array.from({ length: vcpus }, () => initial));
  }

  end(): void {
    this.#irs.release();
  }

  take(event: TraceEvent): void {
    if (event.detail?.['domain'] !== undefined) return;
    if (RELEASING.has(event.kind)) this.#irs.release();
    switch (event.kind) {
      case 'register.access':
        if (event.op === 'read' && event.register.startsWith('ICC_')) this.#tally.unsupported(REASON.part);
        return;
      case 'mmio.access':
        return this.#irs.mmio(event);
      case 'gic.setup':
        return this.#irs.setup(event);
      case 'irq.configure':
        return this.#irs.configure(event);
      case 'irq.pend':
        return this.#irs.pend(event);
      case 'irq.state':
        return this.#irs.state(event);
      case 'irq.line':
        return this.#line(event);
      case 'irq.acknowledge':
        return this.#acknowledge(event);
      case 'irq.drop':
        return this.#begin(event, (image) => this.#steps.drop(image));
      case 'irq.deactivate':
        return this.#deactivate(event);
      case 'irq.hppi':
        return event.unit === 'IRS' ? this.#irsCandidate(event) : this.#candidate(event);
      case 'irq.signal':
        return this.#signal(event);
      default:
        return;
    }
  }

  // --- actions --------------------------------------------------------------------------------------------------

  #begin({ vcpu }: TraceEvent, step: (image: PeImage, pe: number) => Stepped | undefined): void {
    this.#ways.end();
    this.#isActing = this.#ways.begin(vcpu, step) !== 'not';
  }

  #line(event: EventOf<'irq.line'>): void {
    const { intid, level } = event;
    if (splitIntid(intid)?.type !== 'ppi') return this.#irs.wire(intid, level);
    this.#begin(event, (image) => this.#steps.line(image, intid & ID_MASK, level));
  }

  #deactivate(event: EventOf<'irq.deactivate'>): void {
    const { intid } = event;
    if (splitIntid(intid)?.type !== 'ppi') return this.#irs.deactivate(intid);
    this.#begin(event, (image) => this.#steps.deactivate(image, intid & ID_MASK));
  }

  #acknowledge(event: EventOf<'irq.acknowledge'>): void {
    const { vcpu, intid = 0 } = event;
    this.#ways.end();
    const before = this.#ways.sample(vcpu);
    const explained = this.#ways.begin(vcpu, (image, pe) => this.#steps.acknowledge(image, this.#offer(pe), intid));
    this.#isActing = explained !== 'not';
    const recorded = intid === 0 ? 0n : VALID | BigInt(intid);
    this.#compare(event, 'GICR CDIA', recorded, explained, before, (image, irs) => this.#steps.answerOf(image, irs));
    if (intid !== 0 && splitIntid(intid)?.type !== 'ppi') this.#irs.activate(intid);
  }

  // --- what the recorder saw ------------------------------------------------------------------------------------

  #candidate(event: EventOf<'irq.hppi'>): void {
    const recorded: Candidate = { intid: event.intid ?? 0, priority: event.priority };
    const isAlone = !this.#isActing;
    const before = this.#ways.sample();
    const step = (image: PeImage): Stepped | undefined => this.#steps.candidate(image, recorded, isAlone);
    if (isAlone) {
      this.#isActing = this.#ways.begin(event.vcpu, step) !== 'not';
      this.#tally.infer(ALONE);
      return;
    }
    const explained = this.#ways.filter(undefined, step);
    this.#compare(event, 'PPI candidate', coded(recorded), explained, before, (image) => this.#steps.bestOf(image));
  }

  #irsCandidate(event: EventOf<'irq.hppi'>): void {
    const { vcpu, intid = 0, priority } = event;
    if (vcpu === undefined || vcpu >= this.#offered.length) return;
    this.#irs.candidate(event, vcpu, () => this.#describe(vcpu));
    this.#offered[vcpu] = { intid, priority };
  }

  /** The last line of an action. */
  #signal(event: EventOf<'irq.signal'>): void {
    const { vcpu, irq, fiq, nmi } = event;
    const recorded = (irq ? 1n : 0n) | (fiq ? 2n : 0n) | (nmi ? 4n : 0n);
    const isAlone = !this.#isActing && vcpu === undefined;
    const before = this.#ways.sample(vcpu);
    const step = (image: PeImage, pe: number): Stepped | undefined =>
      this.#steps.signal(image, this.#offer(pe), recorded, isAlone);
    if (isAlone) {
      this.#ways.begin(undefined, step);
      this.#tally.infer(ALONE);
    } else {
      const explained = this.#ways.filter(vcpu, step);
      this.#compare(event, 'signals', recorded, explained, before, (image, irs) => this.#steps.signalOf(image, irs));
    }
    this.#ways.end();
    this.#isActing = false;
  }

  #offer(pe: number): Candidate {
    return this.#offered[pe] ?? NOBODY;
  }

  #compare(
    event: TraceEvent,
    register: string,
    recorded: bigint,
    explained: Explained,
    before: { readonly image: PeImage; readonly pe: number } | undefined,
    emulated: (image: PeImage, irs: Candidate) => bigint,
  ): void {
    if (explained === 'sure') this.#tally.agree(register);
    else if (explained === 'open') this.#tally.unsupported(REASON.open);
    else if (!this.#ways.isComplete || before === undefined) this.#tally.unsupported(REASON.many);
    else {
      const { image, pe } = before;
      this.#tally.differ(event, register, recorded, emulated(image, this.#offer(pe)), () => this.#describe(pe));
    }
  }

  #describe(pe: number): string {
    const sample = this.#ways.sample(pe);
    const state = sample === undefined ? '' : this.#steps.describe(sample.image, this.#offer(pe));
    return `no vCPU can have given it; ${this.#ways.size} ways, in the first ${state}`;
  }
}
