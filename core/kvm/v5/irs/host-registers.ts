/**
 * The registers of the host's IRS that KVM writes (kvm-vgic-v5-spi §3, gicv5-irs-registers §6): a write starts an
 * operation of the IRS, and KVM reads the status of its group until it is idle. Operations complete at once. What they do
 * is the IRS's part: VALID bits in tables are set here, never by KVM.
 */
import { LPI, SPI, type IstType } from '../../../gic/v5/irs/iste.ts';
import { type HostIrs } from './host-irs.ts';

/** One write, and the register that tells when it is done. */
export interface HostCommand {
  readonly register: string;
  readonly value: bigint;
  readonly status: string;
}

const bit = (n: bigint): bigint => 1n << n;
/** Bit 63 starts an operation, bit 62 makes invalid. */
const GO = bit(63n);
const UNMAP = bit(62n);
const IDLE = 1;
/** Of IRS_VPE_STATUSR: the selection names a VPE; of IRS_SAVE_VM_STATUSR: the VM stayed quiet. */
const GOOD = 2;

const vmt = (register: string, value: bigint): HostCommand => ({ register, value, status: 'IRS_VMT_STATUSR' });
const vpe = (register: string, value: bigint): HostCommand => ({ register, value, status: 'IRS_VPE_STATUSR' });
const at32 = (value: number): bigint => BigInt(value) << 32n;

export const COMMANDS = {
  mapLevel2: (vm: number) => vmt('IRS_VMAP_L2_VMTR', GO | BigInt(vm)),
  mapVm: (vm: number) => vmt('IRS_VMAP_VMR', GO | BigInt(vm)),
  unmapVm: (vm: number) => vmt('IRS_VMAP_VMR', GO | UNMAP | BigInt(vm)),
  mapIst: (vm: number, type: IstType) => vmt('IRS_VMAP_VISTR', GO | at32(vm) | (BigInt(type) << 29n)),
  unmapIst: (vm: number, type: IstType) => vmt('IRS_VMAP_VISTR', GO | UNMAP | at32(vm) | (BigInt(type) << 29n)),
  mapVpe: (vm: number, id: number) => vmt('IRS_VMAP_VPER', GO | at32(vm) | BigInt(id)),
  selectVpe: (vm: number, id: number) => vpe('IRS_VPE_SELR', GO | at32(id) | BigInt(vm)),
  /** DPS: targeted routing only. */
  targetVpe: () => vpe('IRS_VPE_CR0', 1n),
  doorbell: (lpi: number, dbpm: number) => vpe('IRS_VPE_DBR', GO | at32(dbpm) | BigInt(lpi)),
  /** Writes the state of the VM's interrupts back to memory, and asks whether it stays quiet. */
  save: (vm: number) => save(GO | UNMAP | BigInt(vm)),
  isQuiet: (vm: number) => save(UNMAP | BigInt(vm)),
} as const satisfies Readonly<Record<string, (...args: never[]) => HostCommand>>;

/** IRS_SAVE_VMR has Q in bit 62. */
const save = (value: bigint): HostCommand => ({ register: 'IRS_SAVE_VMR', value, status: 'IRS_SAVE_VM_STATUSR' });

/** What the IRS does in answer. */
const EFFECTS: Readonly<Record<string, (irs: HostIrs, value: bigint) => void>> = {
  IRS_VMAP_L2_VMTR: (irs, value) => irs.vmTable.setValid(low16(value)),
  IRS_VMAP_VMR: (irs, value) => irs.tables(low16(value)).setValid((value & UNMAP) === 0n),
  IRS_VMAP_VISTR: (irs, value) => {
    const type = Number((value >> 29n) & 7n) === LPI ? LPI : SPI;
    // Of a table that goes away KVM zeroes the entry next; where that fails, the vectors have its entries reachable still.
    if ((value & UNMAP) === 0n) irs.tables(high16(value)).setIstValid(type);
  },
  IRS_VMAP_VPER: (irs, value) => irs.tables(high16(value)).vpes.setValid(low16(value)),
  IRS_VPE_SELR: (irs, value) => irs.vpeSelr.set(Number(value & 0xffff_ffffn), Number(value >> 32n)),
};

const low16 = (value: bigint): number => Number(value & 0xffffn);
const high16 = (value: bigint): number => Number((value >> 32n) & 0xffffn);

/** Does what a write asks for; gives what the status register reads. */
export function perform(irs: HostIrs, { register, value, status }: HostCommand): number {
  EFFECTS[register]?.(irs, value);
  if (status === 'IRS_VPE_STATUSR') {
    const { lo, hi } = irs.vpeSelr;
    return IDLE | (irs.tables(lo & 0xffff).isVpeValid(hi & 0xffff) ? GOOD : 0);
  }
  if (status === 'IRS_SAVE_VM_STATUSR') return IDLE | (irs.fails('quiesce') ? 0 : GOOD);
  return IDLE;
}

/** Has the status that a write left the good answer of its group? */
export const isGood = (status: number): boolean => (status & GOOD) !== 0;
