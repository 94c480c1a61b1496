/** Distributor of a physical GICv3 with one security state: SPIs, where they go, group enables (gicv3-behaviour §16). */
import { extract, update } from '../../../gic/wide.ts';
import { FIRST_SPI, INTIDS, spiBank, type Urgent } from '../flat/bank.ts';
import { adoptBlock, blockAt, readBlock, writeBlock } from '../flat/blocks.ts';
import { type Cpu } from './cpu.ts';
import { identification, IIDR } from './identification.ts';

const GROUP_ENABLES = 3;
const CTLR_FIXED = 0x50n;
/** 288 INTIDs, 16-bit INTIDs, LPIs, affinity 3, NMI; 1-of-N is not supported. */
const TYPER = 0x37a_0208n;
const IROUTER = 0x6000;
const IROUTER_END = 0x8000;
/** Affinity fields and IRM. */
const ROUTER_BITS = 0xff_80ff_ffffn;
const IRM = 1n << 31n;

const CONSTANTS: ReadonlyMap<number, bigint> = new Map([
  [0x4, TYPER],
  [0x8, IIDR],
  [0xc, 0n],
  [0x10, 0n],
  ...identification(0x92n),
]);

export class Distributor {
  readonly spis = spiBank();
  readonly #cpus: readonly Cpu[];
  readonly #router = new BigUint64Array(INTIDS);
  /** Index of the CPU that each SPI goes to; -1: none. */
  readonly #target = new Int16Array(INTIDS);
  #groups = 0;

  constructor(cpus: readonly Cpu[]) {
    this.#cpus = cpus;
  }

  reset(): void {
    this.spis.reset();
    this.#router.fill(0n);
    this.#target.fill(0);
    this.#groups = 0;
  }

  enables(group: number): boolean {
    return ((this.#groups >> group) & 1) === 1;
  }

  /** The recording began in the middle, and shows that interrupts pass. */
  enableAll(): void {
    this.#groups = GROUP_ENABLES;
  }

  /** The most urgent SPI of a CPU, with a priority value below `limit`. */
  mostUrgent({ index }: Cpu, limit: number): Urgent | undefined {
    const { spis } = this;
    return spis.mostUrgent(limit, (id) => this.#target[id] === index && this.enables(spis.group[id] ?? 0));
  }

  retarget(intid: number, { index }: Cpu): void {
    this.#target[intid] = index;
  }

  // --- frame ------------------------------------------------------------------------------------------------------

  /** Undefined: the emulator has no answer. */
  read(offset: number, size: number): bigint | undefined {
    if (offset === 0) return CTLR_FIXED | BigInt(this.#groups);
    const constant = CONSTANTS.get(offset);
    if (constant !== undefined) return constant;
    if (isRouter(offset)) return extract(this.#router[(offset - IROUTER) >> 3] ?? 0n, { offset, length: size });
    const block = blockAt(offset);
    return block === undefined ? undefined : readBlock(block, this.spis, offset, size);
  }

  write(offset: number, size: number, value: bigint): void {
    if (offset === 0) this.#groups = Number(value) & GROUP_ENABLES;
    else if (isRouter(offset)) this.#route(offset, size, value);
    else {
      const block = blockAt(offset);
      if (block !== undefined) writeBlock(block, this.spis, offset, size, value);
    }
  }

  /** A read shows what a register holds. */
  adopt(offset: number, size: number, value: bigint): void {
    const block = offset >= IROUTER ? undefined : blockAt(offset);
    if (block === undefined) this.write(offset, size, value);
    else adoptBlock(block, this.spis, offset, size, value);
  }

  #route(offset: number, size: number, value: bigint): void {
    const intid = (offset - IROUTER) >> 3;
    if (intid < FIRST_SPI || intid >= INTIDS) return;
    const router = update(this.#router[intid] ?? 0n, { offset, length: size }, value) & ROUTER_BITS;
    this.#router[intid] = router;
    const affinity = ((router >> 8n) & 0xff00_0000n) | (router & 0xff_ffffn);
    // 1-of-N is not supported: such an interrupt goes to the first CPU.
    this.#target[intid] = (router & IRM) !== 0n ? 0 : this.#cpus.findIndex((cpu) => cpu.affinity === affinity);
  }
}

function isRouter(offset: number): boolean {
  return offset >= IROUTER && offset < IROUTER_END;
}
