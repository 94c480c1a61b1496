/** One CPU of a physical GICv3: its CPU interface and its redistributor (gicv3-behaviour §10, §16 left column). */
import { extract, update } from '../../../gic/wide.ts';
import { privateBank } from '../flat/bank.ts';
import { adoptBlock, blockAt, readBlock, writeBlock } from '../flat/blocks.ts';
import { PhysicalCpuInterface } from './cpu-interface.ts';
import { identification, IIDR } from './identification.ts';

const CPUS_PER_CLUSTER = 16;
const SGIS = 16;
const SGI_PAGE = 0x1_0000;
/** Clear Enable Supported, and LPIs enabled. */
const [CTLR_CES, CTLR_LPIS] = [2n, 1n];
const PROCESSOR_SLEEP = 2n;
const [TYPER_LAST, COMMON_LPI_AFF, PLPIS] = [0x10n, 1n << 24n, 1n];
/** PTZ reads as 0. */
const PTZ = 1n << 62n;

const CONSTANTS: ReadonlyMap<number, bigint> = new Map([[0x4, IIDR], [0x10, 0n], ...identification(0x93n)]);

export class Cpu {
  readonly index: number;
  readonly affinity: bigint;
  readonly interface = new PhysicalCpuInterface();
  readonly bank = privateBank();
  readonly pendingLpis = new Set<number>();
  hasLpis = false;
  /** GICR_WAKER.ProcessorSleep. */
  #sleeps = true;
  #proposed = 0n;
  #pended = 0n;
  readonly #isLast: boolean;

  constructor(index: number, isLast: boolean) {
    this.index = index;
    this.#isLast = isLast;
    this.affinity = BigInt(((index / CPUS_PER_CLUSTER) | 0) * 0x100 + (index % CPUS_PER_CLUSTER));
    this.bank.edge.fill(1, 0, SGIS);
  }

  /** The whole machine starts again. */
  reset(): void {
    this.bank.reset();
    this.bank.edge.fill(1, 0, SGIS);
    this.pendingLpis.clear();
    this.hasLpis = false;
    this.#sleeps = true;
    this.#proposed = this.#pended = 0n;
    this.interface.reset();
  }

  // --- frames of the redistributor --------------------------------------------------------------------------------

  /** Undefined: the emulator has no answer. */
  read(offset: number, size: number): bigint | undefined {
    if (offset >= SGI_PAGE) {
      const block = blockAt(offset - SGI_PAGE);
      return block === undefined ? undefined : readBlock(block, this.bank, offset - SGI_PAGE, size);
    }
    const constant = CONSTANTS.get(offset);
    if (constant !== undefined) return constant;
    const part = { offset, length: size };
    switch (offset & ~7) {
      case 0x00:
        return CTLR_CES | (this.hasLpis ? CTLR_LPIS : 0n);
      case 0x08:
        return extract(this.#typer, part);
      case 0x10:
        // WAKER at 0x14: ChildrenAsleep follows ProcessorSleep.
        return this.#sleeps ? 6n : 0n;
      case 0x70:
        return extract(this.#proposed, part);
      case 0x78:
        return extract(this.#pended, part);
      default:
        return undefined;
    }
  }

  write(offset: number, size: number, value: bigint): void {
    if (offset >= SGI_PAGE) {
      const block = blockAt(offset - SGI_PAGE);
      if (block !== undefined) writeBlock(block, this.bank, offset - SGI_PAGE, size, value);
      return;
    }
    const part = { offset, length: size };
    if (offset === 0) this.hasLpis = (value & CTLR_LPIS) !== 0n;
    else if (offset === 0x14) this.#sleeps = (value & PROCESSOR_SLEEP) !== 0n;
    else if ((offset & ~7) === 0x70) this.#proposed = update(this.#proposed, part, value);
    else if ((offset & ~7) === 0x78) this.#pended = update(this.#pended, part, value) & ~PTZ;
  }

  /** A read shows what a register holds. */
  adopt(offset: number, size: number, value: bigint): void {
    const block = offset >= SGI_PAGE ? blockAt(offset - SGI_PAGE) : undefined;
    if (block === undefined) this.write(offset, size, value);
    else adoptBlock(block, this.bank, offset - SGI_PAGE, size, value);
  }

  get #typer(): bigint {
    const last = this.#isLast ? TYPER_LAST : 0n;
    return (this.affinity << 32n) | COMMON_LPI_AFF | (BigInt(this.index) << 8n) | last | PLPIS;
  }
}
