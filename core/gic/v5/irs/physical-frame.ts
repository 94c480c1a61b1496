/**
 * The frames of a physical IRS: one row per register that does something (gicv5-irs-registers §3, §5 … §7). Other
 * registers read 0 and ignore writes: with IRS_IDR0.VIRT 0 those of VMs and VPEs are reserved, and IRS_SPI_DOMAINR is
 * EL3's.
 */
import { registerAt } from '../../registers.ts';
import { NUMBER_MASK } from './iste.ts';
import { istOperation } from './operations.ts';
import { type PhysicalIrs } from './physical-irs.ts';

interface Row {
  readonly read?: (irs: PhysicalIrs) => bigint | number;
  readonly write?: (irs: PhysicalIrs, value: bigint) => void;
}

const IDLE: Row = { read: () => 1 };
const low = (value: bigint): number => Number(value & 0xffff_ffffn);
const CD_PEND = istOperation('GIC CDPEND');

function selectedSpi({ spiSelr, config }: PhysicalIrs): number | undefined {
  return spiSelr.lo < config.spis ? spiSelr.lo : undefined;
}

function selectsPe({ pes, peSelr }: PhysicalIrs): boolean {
  return pes.some(({ config }) => config.iaffid === peSelr.lo);
}

const ROWS: Readonly<Record<string, Row>> = {
  // Non-secure, 48-bit addresses.
  IRS_IDR0: { read: ({ config }) => 0x15 | (config.setLpi ? 0x200 : 0) | (config.oneOfN ? 0x80 : 0) },
  IRS_IDR1: { read: ({ pes, config }) => pes.length | (0xf << 16) | ((config.priorityBits - 1) << 20) },
  IRS_IDR2: {
    read: ({ config: { idBits, minIdBits, level2Sizes } }) =>
      idBits | 0x20 | (minIdBits << 6) | (level2Sizes === 0 ? 0 : 0x400) | (level2Sizes << 11),
  },
  IRS_IDR5: { read: ({ config }) => config.spis },
  IRS_IDR6: { read: ({ config }) => config.spis },
  IRS_CR0: { read: ({ cr0 }) => cr0.lo, write: (irs, value) => irs.setEnabled((value & 1n) !== 0n) },
  IRS_CR1: { read: ({ cr1 }) => cr1.lo, write: ({ cr1 }, value) => cr1.set(low(value) & 0xffff) },
  IRS_SYNC_STATUSR: IDLE,
  IRS_SPI_SELR: {
    read: ({ spiSelr }) => spiSelr.lo,
    write: ({ spiSelr }, value) => spiSelr.set(low(value) & NUMBER_MASK),
  },
  IRS_SPI_STATUSR: { read: (irs) => (selectedSpi(irs) === undefined ? 1 : 3) },
  IRS_SPI_CFGR: {
    read: (irs) => (irs.isLevelTriggered(selectedSpi(irs) ?? -1) ? 1 : 0),
    write: (irs, value) => irs.setTriggerMode(selectedSpi(irs) ?? -1, (value & 1n) !== 0n),
  },
  IRS_SPI_RESAMPLER: { write: (irs, value) => irs.sample(low(value) & NUMBER_MASK) },
  IRS_PE_SELR: { read: ({ peSelr }) => peSelr.lo, write: ({ peSelr }, value) => peSelr.set(low(value) & 0xffff) },
  IRS_PE_STATUSR: { read: (irs) => (selectsPe(irs) ? 7 : 1) },
  IRS_PE_CR0: {
    read: (irs) => (selectsPe(irs) && irs.isTargetedOnly(irs.peSelr.lo) ? 1 : 0),
    write: (irs, value) => {
      if (selectsPe(irs)) irs.setTargetedOnly(irs.peSelr.lo, (value & 1n) !== 0n);
    },
  },
  IRS_IST_BASER: { read: ({ istBaser }) => istBaser.value, write: (irs, value) => irs.writeBaser(value) },
  IRS_IST_CFGR: { read: ({ istCfgr }) => istCfgr.lo, write: (irs, value) => irs.writeCfgr(low(value)) },
  IRS_IST_STATUSR: IDLE,
  IRS_MAP_L2_ISTR: { write: (irs, value) => irs.mapLevel2(low(value) & NUMBER_MASK) },
  IRS_SETLPIR: {
    write: (irs, value) => {
      if (irs.config.setLpi) irs.setLpi(low(value) & NUMBER_MASK, CD_PEND);
    },
  },
};

/** Offset in the CONFIG frame, or 0x10000 and above in the SETLPI frame. Unaccepted accesses read 0. */
export function readIrs(irs: PhysicalIrs, offset: number, bytes: number): bigint {
  return BigInt(rowAt(offset, bytes)?.read?.(irs) ?? 0);
}

export function writeIrs(irs: PhysicalIrs, offset: number, bytes: number, value: bigint): void {
  rowAt(offset, bytes)?.write?.(irs, BigInt.asUintN(bytes * 8, value));
}

/** Whole, aligned accesses only. */
function rowAt(offset: number, bytes: number): Row | undefined {
  const found = offset % 4 === 0 ? registerAt('IRS', offset) : undefined;
  if (found === undefined || found.byte !== 0 || found.register.width !== bytes * 8) return undefined;
  return ROWS[found.register.name];
}
