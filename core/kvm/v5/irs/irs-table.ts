/**
 * The registers of the virtual IRS, one row each: what a guest reads, what its write does, and what user space may do
 * with it where that differs (gicv5-irs-registers §4, §6; kvm-vgic-v5-spi §11.3). A row without `read` reads 0, one
 * without `write` ignores writes. Names and offsets of plain rows come from the register tables.
 */
import { registerByName, registerNames } from '../../../gic/registers.ts';
import { LEVEL, withBit } from '../../../gic/v5/irs/iste.ts';
import { EINVAL, type Result } from '../../errno.ts';
import { CR1_MASK } from './irs-state.ts';
import { selectsSpi, writeBaser, writeCfgr, writeCr0, userWriteBaser, userWriteCfgr } from './irs-writes.ts';
import { type Spi } from './spi.ts';
import { type VmIrs } from './vm-irs.ts';

export interface IrsRow {
  readonly name: string;
  readonly offset: number;
  readonly bytes: 4 | 8;
  readonly read?: (irs: VmIrs) => bigint | number;
  /** `byte` and `bytes` say which part of a 64-bit register is written. */
  readonly write?: (irs: VmIrs, value: bigint, byte: number, bytes: number) => void;
  readonly userRead?: (irs: VmIrs) => bigint | number;
  readonly userWrite?: (irs: VmIrs, value: bigint) => Result;
}

type Behaviour = Omit<IrsRow, 'name' | 'offset' | 'bytes'>;

const ID_MASK = 0xff_ffff;
const ignore = (): Result => 0;
/** A status register reads 1 from user space whatever is selected. */
const idle: Behaviour['userRead'] = () => 1;
const mustBe =
  (mask: number, now: (irs: VmIrs) => number): NonNullable<IrsRow['userWrite']> =>
  (irs, value) =>
    (low(value) & mask) === now(irs) ? 0 : -EINVAL;
const low = (value: bigint): number => Number(value & 0xffff_ffffn);

const BEHAVIOUR: Readonly<Record<string, Behaviour>> = {
  IRS_IDR0: {
    read: ({ registers }) => registers.idr0.lo,
    userWrite: ({ registers }, value) => {
      // INT_DOM must be Non-secure; SWE, MPAM, MEC, SETLPI, VIRT and both 1-of-N bits must be 0.
      if ((low(value) & 0x1fc3) !== 1) return -EINVAL;
      registers.idr0.set(low(value) & 0xffff_003f);
      return 0;
    },
  },
  IRS_IDR1: { read: idr1, userWrite: writeIdr1 },
  IRS_IDR2: { read: ({ registers }) => registers.idr2.lo, userWrite: writeIdr2 },
  IRS_IDR5: { read: spiCount, userWrite: mustBe(0x1ff_ffff, spiCount) },
  IRS_IDR6: { read: spiCount, userWrite: mustBe(0x1ff_ffff, spiCount) },
  IRS_IDR7: { userWrite: mustBe(ID_MASK, () => 0) },
  IRS_IIDR: { read: () => 0x04b0_043b, userWrite: ignore },
  IRS_AIDR: { userWrite: ignore },
  IRS_CR0: {
    read: ({ registers }) => registers.cr0.lo,
    write: (irs, value) => writeCr0(irs, (value & 1n) !== 0n),
    // Without the request to the vCPUs.
    userWrite: ({ registers }, value) => {
      registers.enabled = (value & 1n) !== 0n;
      return 0;
    },
  },
  IRS_CR1: {
    read: ({ registers }) => registers.cr1.lo,
    write: ({ registers }, value) => registers.cr1.set(low(value) & CR1_MASK),
  },
  IRS_SYNC_STATUSR: { read: () => 1, userWrite: ignore },
  IRS_SPI_SELR: {
    read: ({ registers }) => registers.spiSelr.lo & ID_MASK,
    write: ({ registers }, value) => registers.spiSelr.set(low(value) & ID_MASK),
  },
  IRS_SPI_DOMAINR: { read: () => 1 },
  IRS_SPI_CFGR: {
    read: (irs) => {
      const spi = selectsSpi(irs);
      return spi === undefined ? 0 : irs.locks.withIrq(spi, () => (spi.isLevel ? 1 : 0));
    },
    write: (irs, value) => {
      const spi = selectsSpi(irs);
      if (spi === undefined) return;
      irs.locks.withIrq(spi, () => {
        spi.isLevel = (value & 1n) !== 0n;
        irs.emit({ kind: 'spi.config', spi: spi.number, level: spi.isLevel });
        if (irs.host.facts.vspiHmFollowsTm === true) setHandlingMode(irs, spi);
      });
    },
    userWrite: ignore,
  },
  IRS_SPI_STATUSR: {
    read: (irs) => 1 | (selectsSpi(irs) === undefined ? 0 : 2),
    userRead: idle,
    userWrite: ignore,
  },
  IRS_PE_SELR: {
    read: ({ registers }) => registers.peSelr.lo & 0xffff,
    write: ({ registers }, value) => registers.peSelr.set(low(value) & 0xffff),
  },
  IRS_PE_STATUSR: { read: (irs) => (selectsPe(irs) ? 7 : 1), userRead: idle, userWrite: ignore },
  IRS_PE_CR0: { read: (irs) => (selectsPe(irs) ? 1 : 0) },
  IRS_IST_BASER: {
    read: ({ registers }) => registers.istBaser.value,
    write: writeBaser,
    userWrite: userWriteBaser,
  },
  IRS_IST_CFGR: {
    read: ({ registers }) => registers.istCfgr.lo,
    write: (irs, value) => writeCfgr(irs, low(value)),
    userWrite: (irs, value) => userWriteCfgr(irs, low(value)),
  },
  IRS_IST_STATUSR: { read: () => 1, userWrite: ignore },
  IRS_DEVARCH: { read: () => 0x4770_5a19 },
  IRS_PIDR4: { read: () => 0x04 },
  IRS_PIDR0: { read: () => 0x4b },
  IRS_PIDR1: { read: () => 0xb0 },
  IRS_PIDR2: { read: () => 0x0b },
  IRS_CIDR0: { read: () => 0x0d },
  IRS_CIDR1: { read: () => 0xf0 },
  IRS_CIDR2: { read: () => 0x05 },
  IRS_CIDR3: { read: () => 0xb1 },
};

/** The entry's handling mode becomes the trigger mode that KVM keeps. */
function setHandlingMode(irs: VmIrs, { intid, isLevel }: Spi): void {
  const word = irs.word(intid);
  if (word !== undefined) irs.host.domain(irs.vmId.lo).replace(intid, withBit(word, LEVEL, isLevel));
}

function spiCount({ nrSpis }: VmIrs): number {
  return nrSpis.lo;
}

function selectsPe({ vm, registers }: VmIrs): boolean {
  return vm.vcpuById(registers.peSelr.lo & 0xffff) !== undefined;
}

/** PE_CNT 15:0, IAFFID_BITS 19:16 (minus 1), PRIORITY_BITS 22:20 (minus 1). */
function idr1(irs: VmIrs): number {
  return irs.vm.vcpus.length | (iaffidBits(irs) << 16) | (irs.registers.priorityBits.lo << 20);
}

/** IAFFID_BITS: the width minus 1, and no width is below 1. */
function iaffidBits(irs: VmIrs): number {
  const { behaviour, host } = irs;
  return behaviour.iaffidBits === 'vm' ? irs.vpeIdBits - 1 : Math.max(0, 31 - Math.clz32(host.facts.vpes - 1));
}

/** PE_CNT is ignored. */
function writeIdr1(irs: VmIrs, value: bigint): Result {
  const priorityBits = (low(value) >>> 20) & 7;
  if (((low(value) >>> 16) & 0xf) !== iaffidBits(irs) || priorityBits > irs.host.facts.priorityBits - 1) return -EINVAL;
  irs.registers.priorityBits.set(priorityBits);
  return 0;
}

/** LPI must be 1; levels and metadata 0; identifier bits within what the host offers. IST_L2SZ is stored unchecked. */
function writeIdr2({ registers, host }: VmIrs, value: bigint): Result {
  const word = low(value);
  const idBits = word & 0x1f;
  const minimum = (word >>> 6) & 0xf;
  if ((word & 0x20) === 0 || (word & 0xf_c400) !== 0) return -EINVAL;
  if (idBits > host.guestIdBits || minimum < host.facts.minIdBits || minimum > idBits) return -EINVAL;
  registers.idr2.set(word & 0x3bff);
  return 0;
}

const IRS_ROWS: readonly IrsRow[] = registerNames().flatMap((name) => {
  const register = name.startsWith('IRS_') ? registerByName(name) : undefined;
  if (register?.space !== 'IRS_CONFIG' || register.offset === undefined) return [];
  return [{ name, offset: register.offset, bytes: register.width === 64 ? 8 : 4, ...BEHAVIOUR[name] } as const];
});

const byOffset = new Map(
  IRS_ROWS.flatMap((row) => [row.offset, ...(row.bytes === 8 ? [row.offset + 4] : [])].map((at) => [at, row])),
);

/** The register that holds the 4 bytes at a multiple of 4. */
export function irsRowAt(offset: number): IrsRow | undefined {
  return byOffset.get(offset);
}
