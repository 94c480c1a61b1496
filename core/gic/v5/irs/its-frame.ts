/** The CONFIG and TRANSLATE frames of an ITS, one row per register that does something (gicv5-irs-registers §8, §9). */
import { registerAt } from '../../registers.ts';
import { type Its } from './its.ts';

interface Row {
  readonly read?: (its: Its) => bigint | number;
  readonly write?: (its: Its, value: bigint, device: number) => void;
}

const low = (value: bigint): number => Number(value & 0xffff_ffffn);
const INVALIDATE = 1n << 31n;
const IDLE: Row = { read: () => 1 };

const ROWS: Readonly<Record<string, Row>> = {
  // Two levels of both tables.
  ITS_IDR1: { read: ({ identity }) => (identity.level2Sizes << 8) | 0xc0 | identity.deviceIdBits },
  ITS_IDR2: { read: ({ identity }) => identity.eventIdBits },
  ITS_CR0: { read: ({ cr0 }) => cr0.lo, write: ({ cr0 }, value) => cr0.set(2 | (low(value) & 1)) },
  ITS_DT_BASER: {
    read: ({ dtBaser }) => dtBaser.value,
    write: ({ dtBaser }, value) => {
      dtBaser.value = value & 0x00ff_ffff_ffff_fff8n;
    },
  },
  ITS_DT_CFGR: { read: ({ dtCfgr }) => dtCfgr.lo, write: ({ dtCfgr }, value) => dtCfgr.set(low(value) & 0x1_00ff) },
  ITS_DIDR: { read: ({ didr }) => didr.value, write: ({ didr }, value) => didr.set(low(value)) },
  ITS_EIDR: { read: ({ eidr }) => eidr.lo, write: ({ eidr }, value) => eidr.set(low(value) & 0xffff) },
  ITS_INV_EVENTR: {
    write: (its, value) => {
      if ((value & INVALIDATE) !== 0n) its.invalidateEvent((value & 1n) !== 0n, Number((value >> 1n) & 3n));
    },
  },
  ITS_INV_DEVICER: {
    write: (its, value) => {
      if ((value & INVALIDATE) !== 0n) its.invalidateDevice((value & 1n) !== 0n);
    },
  },
  ITS_STATUSR: IDLE,
  ITS_SYNC_STATUSR: IDLE,
  ITS_TRANSLATER: {
    write: (its, value, device) => {
      if (its.identity.translates) its.translate(device, low(value) & 0xffff);
    },
  },
};

function rowAt(offset: number, bytes: number): Row | undefined {
  const found = offset % 4 === 0 ? registerAt('ITS', offset) : undefined;
  if (found === undefined || found.byte !== 0 || found.register.width !== bytes * 8) return undefined;
  return ROWS[found.register.name];
}

/** Offset in the CONFIG frame, or 0x10000 and above in the TRANSLATE frame. */
export function readIts(its: Its, offset: number, bytes: number): bigint {
  return BigInt(rowAt(offset, bytes)?.read?.(its) ?? 0);
}

/** `device` travels with the bus transaction. */
export function writeIts(its: Its, offset: number, bytes: number, value: bigint, device = 0): void {
  rowAt(offset, bytes)?.write?.(its, BigInt.asUintN(bytes * 8, value), device);
}
