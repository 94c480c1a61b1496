/**
 * What one PE may do, and what a record says about it: each step takes the PE's image to the next one, or to undefined
 * where a PE in that state cannot have done it or cannot show it (gicv5-cpuif-behaviour §3, §16).
 *
 * The emulator's own PE acts (`PeEngine`); open facts are decided by the record that needs them. Results are kept by
 * image and step, so a long recording costs no more than its distinct states.
 */
import { splitIntid } from '../../../../gic/intid.ts';
import { deactivate, dropPriority } from '../../../../gic/v5/handling.ts';
import { type Candidate, NOBODY } from '../../../../gic/v5/irs/candidates.ts';
import { ID_MASK, PPI_TYPE } from '../../../../gic/v5/ppi.ts';
import { type PhysicalPe } from '../pe.ts';
import { coded, resultOf, same } from '../values.ts';
import { type Open, PeEngine, type PeImage } from './pe-image.ts';

/** `isSure`: nothing open was decided for it. */
export interface Stepped {
  readonly image: PeImage;
  readonly isSure: boolean;
}

type Result = Stepped | undefined;

const PPIS = 128;
const ALL = (1n << BigInt(PPIS)) - 1n;
const HIGHEST_MASK = 0x1f;

const bit = (ppi: number): bigint => 1n << BigInt(ppi);

export class PeSteps {
  readonly #engine = new PeEngine();
  readonly #kept = new Map<string, Result>();

  initial(isCreated: boolean): PeImage {
    return this.#engine.initial(isCreated);
  }

  /** The wire of a PPI moves. */
  line(image: PeImage, ppi: number, level: boolean): Result {
    return this.#step(image, `l${ppi} ${level}`, (pe) => {
      const isOpen = (image.openLines & bit(ppi)) !== 0n;
      if (!isOpen && pe.line(ppi) === level) return undefined;
      pe.setLine(ppi, level);
      return this.#done(image, { openLines: image.openLines & ~bit(ppi) });
    });
  }

  /** GICR CDIA answers `intid`, 0 none. `irs`: the candidate that the IRS offers to this PE. */
  acknowledge(image: PeImage, irs: Candidate, intid: number): Result {
    return this.#step(image, `a${intid} ${irs.intid} ${irs.priority}`, (pe) => {
      pe.irs = irs;
      const { winner } = pe;
      const fits = intid === 0 ? winner.priority === NOBODY.priority : winner.intid === intid;
      if (!fits && image.isMet) return undefined;
      if (intid === 0) return { image, isSure: fits };
      const isPpi = splitIntid(intid)?.type === 'ppi';
      pe.take(intid, fits ? winner.priority : isPpi ? pe.priorityOf(intid & ID_MASK) : irs.priority);
      const openActive = isPpi ? image.openActive & ~bit(intid & ID_MASK) : image.openActive;
      return this.#done(image, { openActive, isMet: true }, fits);
    });
  }

  /** GIC CDEOI of a PE that handles something. */
  drop(image: PeImage): Result {
    return this.#step(image, 'd', (pe) => {
      if (pe.cpuif.apr.lo === 0 && image.isMet) return undefined;
      dropPriority(pe.cpuif);
      return this.#done(image, { isMet: true }, image.isMet);
    });
  }

  /** GIC CDDI of a PPI that is active. */
  deactivate(image: PeImage, ppi: number): Result {
    return this.#step(image, `x${ppi}`, (pe) => {
      const isOpen = (image.openActive & bit(ppi)) !== 0n;
      if (!isOpen && !isActive(pe, ppi)) return undefined;
      deactivate(pe.cpuif, PPI_TYPE + ppi, 0);
      return this.#done(image, { openActive: image.openActive & ~bit(ppi) }, !isOpen);
    });
  }

  /** The best PPI is computed. `isAlone`: a write of a PPI register, which the log does not show, was the cause. */
  candidate(image: PeImage, recorded: Candidate, isAlone: boolean): Result {
    return this.#step(image, `c${recorded.intid} ${recorded.priority} ${isAlone}`, (pe) => {
      const waiting = filter((ppi) => pe.line(ppi) && !isActive(pe, ppi));
      const isNone = recorded.priority === NOBODY.priority;
      if (!same(pe.bestPpi, recorded))
        return isNone ? this.#nothing(pe, image, waiting, isAlone) : this.#shown(pe, image, recorded, isAlone);
      // What waits and is no candidate is disabled, and what is one is not; a write may have changed what does not wait.
      const told = isNone ? waiting : bit(recorded.intid & ID_MASK);
      const written = isAlone ? ALL & ~waiting : 0n;
      const openEnables = (image.openEnables & ~told) | written;
      return this.#done(image, { openEnables }, (image.openEnables & told) === 0n);
    });
  }

  /** No candidate where one was expected. */
  #nothing(pe: PhysicalPe, image: PeImage, waiting: bigint, isAlone: boolean): Result {
    let { openEnables, openActive } = image;
    for (const ppi of members(waiting)) {
      const here = bit(ppi);
      if (isAlone || (openEnables & here) !== 0n) enable(pe, ppi, false);
      else if (((openActive | image.openLines) & here) !== 0n) setActive(pe, ppi, true);
      openEnables &= ~here;
      openActive &= ~here;
    }
    return same(pe.bestPpi, NOBODY) ? this.#done(image, { openEnables, openActive }, false) : undefined;
  }

  /** A candidate where another one, or none, was expected. */
  #shown(pe: PhysicalPe, image: PeImage, recorded: Candidate, isAlone: boolean): Result {
    const ppi = recorded.intid & ID_MASK;
    const isOpen = ((image.openEnables | image.openLines | image.openActive) & bit(ppi)) !== 0n;
    if (!isOpen && !isAlone) return undefined;
    if ((image.openLines & bit(ppi)) !== 0n) pe.setLine(ppi, true);
    if ((image.openActive & bit(ppi)) !== 0n) setActive(pe, ppi, false);
    if (isAlone || (image.openEnables & bit(ppi)) !== 0n) enable(pe, ppi, true, recorded.priority);
    if (!same(pe.bestPpi, recorded)) return undefined;
    const [openEnables, openLines, openActive] = [image.openEnables, image.openLines, image.openActive].map(
      (open) => open & ~bit(ppi),
    ) as [bigint, bigint, bigint];
    return this.#done(image, { openEnables, openLines, openActive }, false);
  }

  /** The signals to the core. `isAlone`: a write of ICC_CR0_EL1 or ICC_PCR_EL1, which the log does not show, was the cause. */
  signal(image: PeImage, irs: Candidate, recorded: bigint, isAlone: boolean): Result {
    return this.#step(image, `s${recorded} ${irs.intid} ${irs.priority} ${isAlone}`, (pe) => {
      pe.irs = irs;
      if (image.passes && !isAlone) {
        const fits = pe.signal === recorded;
        return fits || !image.isMet ? { image, isSure: fits } : undefined;
      }
      if (recorded === 0n) return this.#done(image, { passes: false }, false);
      // A signal proves the enable bit and a mask that lets it through; drivers set both once.
      pe.cpuif.writePcr(HIGHEST_MASK);
      pe.cpuif.writeCr0(1);
      pe.cpuif.reevaluate('el2write');
      if (pe.signal !== recorded && image.isMet) return undefined;
      return this.#done(image, { passes: true }, false);
    });
  }

  /** What a PE in this state tells its core. */
  signalOf(image: PeImage, irs: Candidate): bigint {
    const pe = this.#engine.load(image);
    pe.irs = irs;
    return pe.signal;
  }

  /** Its best PPI, coded. */
  bestOf(image: PeImage): bigint {
    return coded(this.#engine.load(image).bestPpi);
  }

  /** What it would acknowledge. */
  answerOf(image: PeImage, irs: Candidate): bigint {
    const pe = this.#engine.load(image);
    pe.irs = irs;
    return resultOf(pe.winner);
  }

  describe(image: PeImage, irs: Candidate): string {
    const pe = this.#engine.load(image);
    pe.irs = irs;
    return pe.describe();
  }

  #step(image: PeImage, step: string, perform: (pe: PhysicalPe) => Result): Result {
    const key = `${image.key} ${step}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined || this.#kept.has(key)) return kept;
    const result = perform(this.#engine.load(image));
    this.#kept.set(key, result);
    return result;
  }

  #done(image: PeImage, change: Partial<Open>, isSure = true): Stepped {
    return { image: this.#engine.image({ ...image, ...change }), isSure };
  }
}

function filter(test: (ppi: number) => boolean): bigint {
  let found = 0n;
  for (let ppi = 0; ppi < PPIS; ppi++) if (test(ppi)) found |= bit(ppi);
  return found;
}

function members(ppis: bigint): number[] {
  return Array.from({ length: PPIS }, (_, ppi) => ppi).filter((ppi) => (ppis & bit(ppi)) !== 0n);
}

function isActive({ cpuif }: PhysicalPe, ppi: number): boolean {
  return cpuif.bank(ppi >>> 6)?.active.has(ppi & 63) ?? false;
}

function setActive({ cpuif }: PhysicalPe, ppi: number, on: boolean): void {
  cpuif.bank(ppi >>> 6)?.active.put(ppi & 63, on);
  cpuif.reevaluate('el2write');
}

function enable({ cpuif }: PhysicalPe, ppi: number, on: boolean, priority?: number): void {
  const bank = cpuif.bank(ppi >>> 6);
  bank?.enable.put(ppi & 63, on);
  const cell = bank?.priority[(ppi & 63) >>> 3];
  const shift = BigInt(8 * (ppi & 7));
  if (cell !== undefined && priority !== undefined)
    cell.value = (cell.value & ~(0xffn << shift)) | (BigInt(priority) << shift);
  cpuif.reevaluate('el2write');
}
