/**
 * Reads of the IRS configuration frame (gicv5-irs-registers §4 … §6) with the identity of the recorded model. Operations
 * complete at once, so every IDLE bit reads 1.
 */
import { intid } from '../../../gic/intid.ts';
import { type Irs } from './irs.ts';

const IDLE = 1n;
const VALID = 2n;
const ONLINE = 4n;
const ID = 0xff_ffff;

/** Values of the recorded model that no other register determines: one interrupt domain and its own PA range. */
const IDR0 = 0x1dn;
/** 5 priority bits, 16 IAFFID bits; the number of PEs is in bits 15:0. */
const IDR1 = 0x4f_0000n;
/** 24 ID bits, LPIs, two-level tables of every size, at least 14 ID bits. */
const IDR2 = 0x3fb8n;

export class IrsFrame {
  readonly #irs: Irs;
  readonly #written = new Map<string, bigint>();
  pes = 1;
  spis = 0;
  spiRange = 0;
  spiBase = 0;

  constructor(irs: Irs) {
    this.#irs = irs;
  }

  /** What a read of a register returns; undefined: the emulator has no answer. */
  read(register: string): bigint | undefined {
    return READS.get(register)?.(this);
  }

  write(register: string, value: bigint): void {
    // While the table is valid its address and shape are read-only.
    const baser = this.stored('IRS_IST_BASER');
    if (register === 'IRS_IST_CFGR' && (baser & 1n) === 1n) return;
    if (register === 'IRS_IST_BASER' && (baser & value & 1n) === 1n) return;
    this.#written.set(register, value);
    if (register === 'IRS_CR0') this.#irs.isEnabled = (value & 1n) === 1n;
    const spi = this.selectedSpi;
    if (register === 'IRS_SPI_CFGR' && spi !== undefined) this.#irs.setTrigger(spi, (value & 1n) === 1n);
  }

  stored(register: string): bigint {
    return this.#written.get(register) ?? 0n;
  }

  /** INTID of the SPI that IRS_SPI_SELR names, if this IRS has it. */
  get selectedSpi(): number | undefined {
    const number = Number(this.stored('IRS_SPI_SELR') & BigInt(ID));
    const isOurs = number >= this.spiBase && number < this.spiBase + this.spiRange;
    return isOurs ? intid('spi', number) : undefined;
  }

  get spiTrigger(): bigint {
    const spi = this.selectedSpi;
    return spi !== undefined && this.#irs.isLevelTriggered(spi) ? 1n : 0n;
  }

  get selectedPeExists(): boolean {
    return this.stored('IRS_PE_SELR') < BigInt(this.pes);
  }
}

const READS: ReadonlyMap<string, (frame: IrsFrame) => bigint> = new Map<string, (frame: IrsFrame) => bigint>([
  ['IRS_IDR0', () => IDR0],
  ['IRS_IDR1', ({ pes }) => IDR1 | BigInt(pes)],
  ['IRS_IDR2', () => IDR2],
  ['IRS_IDR3', () => 0n],
  ['IRS_IDR4', () => 0n],
  ['IRS_IDR5', ({ spis }) => BigInt(spis)],
  ['IRS_IDR6', ({ spiRange }) => BigInt(spiRange)],
  ['IRS_IDR7', ({ spiBase }) => BigInt(spiBase)],
  ['IRS_CR0', (frame) => (frame.stored('IRS_CR0') & 1n) | VALID],
  ['IRS_CR1', (frame) => frame.stored('IRS_CR1')],
  ['IRS_SYNC_STATUSR', () => IDLE],
  ['IRS_SPI_SELR', (frame) => frame.stored('IRS_SPI_SELR') & BigInt(ID)],
  ['IRS_SPI_CFGR', (frame) => frame.spiTrigger],
  ['IRS_SPI_STATUSR', (frame) => (frame.selectedSpi === undefined ? IDLE : IDLE | VALID)],
  ['IRS_PE_SELR', (frame) => frame.stored('IRS_PE_SELR')],
  ['IRS_PE_STATUSR', (frame) => (frame.selectedPeExists ? IDLE | VALID | ONLINE : IDLE)],
  ['IRS_IST_BASER', (frame) => frame.stored('IRS_IST_BASER')],
  ['IRS_IST_CFGR', (frame) => frame.stored('IRS_IST_CFGR')],
  ['IRS_IST_STATUSR', () => IDLE],
]);
