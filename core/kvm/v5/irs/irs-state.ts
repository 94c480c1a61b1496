/**
 * What the virtual IRS stores, in one slot per register that stores something (kvm-vgic-v5-spi §4, gicv5-irs-registers
 * §4). Slots hold the value as the guest would read it where that is one number, so that the register tables decode it.
 */
import { type Cell, type CellClaim } from '../../../state/cell.ts';
import { type HostIrs } from './host-irs.ts';

const CR0_IDLE = 2;
const NON_SECURE = 1;
const IDR2_LPI = 1 << 5;
/** PA_RANGE by address bits, as in ID_AA64MMFR0_EL1. */
const PA_RANGES = [32, 36, 40, 42, 44, 48, 52, 56];
const ADDRESS = 0x00ff_ffff_ffff_ffc0n;

export class IrsRegisters {
  readonly idr0: Cell;
  /** PRIORITY_BITS; the other fields of IDR1 follow from the VM. */
  readonly priorityBits: Cell;
  readonly idr2: Cell;
  readonly cr0: Cell;
  readonly cr1: Cell;
  /** Selectors keep all 32 bits. */
  readonly spiSelr: Cell;
  readonly peSelr: Cell;
  readonly istCfgr: Cell;
  readonly istBaser: Cell;
  /** User space described a table of LPIs and has not brought its contents (§11.3). */
  readonly restorePending: Cell;

  constructor(claim: CellClaim) {
    this.idr0 = claim.register('irs.IRS_IDR0');
    this.priorityBits = claim.cell('irs.priorityBits', 3);
    this.idr2 = claim.register('irs.IRS_IDR2');
    this.cr0 = claim.register('irs.IRS_CR0', BigInt(CR0_IDLE));
    this.cr1 = claim.register('irs.IRS_CR1');
    this.spiSelr = claim.register('irs.IRS_SPI_SELR');
    this.peSelr = claim.register('irs.IRS_PE_SELR');
    this.istCfgr = claim.register('irs.IRS_IST_CFGR');
    this.istBaser = claim.register('irs.IRS_IST_BASER');
    this.restorePending = claim.flag('irs.restorePending');
  }

  reset(paBits: number, { guestIdBits, facts }: HostIrs): void {
    this.idr0.set(NON_SECURE | (PA_RANGES.findIndex((bits) => bits >= paBits) << 2));
    this.priorityBits.set(facts.priorityBits - 1);
    this.idr2.set(guestIdBits | IDR2_LPI | (facts.minIdBits << 6));
    this.cr0.set(CR0_IDLE);
    this.cr1.set(0);
    this.spiSelr.set(0xffff_ffff);
    this.peSelr.set(0xffff_ffff);
    this.istCfgr.set(0);
    this.istBaser.set(0);
    this.restorePending.flag = false;
  }

  get enabled(): boolean {
    return (this.cr0.lo & 1) !== 0;
  }
  set enabled(on: boolean) {
    this.cr0.set(CR0_IDLE | (on ? 1 : 0));
  }

  get idBits(): number {
    return this.idr2.lo & 0x1f;
  }

  get minIdBits(): number {
    return (this.idr2.lo >>> 6) & 0xf;
  }

  get istValid(): boolean {
    return (this.istBaser.lo & 1) !== 0;
  }

  get istAddress(): bigint {
    return this.istBaser.value & ADDRESS;
  }

  /** Number of LPI identifier bits of the guest's table. */
  get lpiIdBits(): number {
    return this.istCfgr.lo & 0x1f;
  }

  setIst(value: bigint): void {
    this.istBaser.value = value & (ADDRESS | 1n);
  }
}

/** Why IRS_IST_CFGR does not describe a table that the virtual IRS accepts; undefined: it does (gicv5-irs-registers §4). */
export function whyRejected({ istCfgr, idBits, minIdBits, lpiIdBits }: IrsRegisters): string | undefined {
  const cfgr = istCfgr.lo;
  if (lpiIdBits < minIdBits || lpiIdBits > idBits) return 'id bits';
  if (((cfgr >>> 7) & 3) !== 0) return 'entry size';
  // Only linear tables are offered.
  return (cfgr & 0x1_0000) !== 0 ? 'structure' : undefined;
}

/** Fields of IRS_IST_CFGR that are stored. */
export const IST_CFGR_MASK = 0x1_01ff;
/** All fields of IRS_CR1 but VPET_WA and VMT_WA. */
export const CR1_MASK = 0xf5ff;
