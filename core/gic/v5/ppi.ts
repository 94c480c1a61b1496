/** The PPIs that matter to a virtual machine (gicv5-registers §8) and their identifiers (gicv5-cpuif-behaviour §1). */
import { type Intid } from '../intid.ts';

export const SW_PPI = 3;
export const PMUIRQ = 23;
export const CNTHP = 26;
export const CNTV = 27;
export const CNTHV = 28;
export const CNTP = 30;

/** PPIs in one register of the CPU interface; index-0 registers hold PPIs 0 … 63, index-1 registers 64 … 127. */
export const PPIS_PER_BANK = 64;

/** Architected PPIs that are edge-triggered: SW_PPI has no wire, every other one is level. */
export const EDGE_PPIS = 1n << BigInt(SW_PPI);

/** Those of the given PPIs (0 … 63) that are level-sensitive. */
export const levelPpis = (ppis: bigint): bigint => ppis & ~EDGE_PPIS;

/** Interrupt type 1, in bits 31:29 of an identifier. */
export const PPI_TYPE = 0x2000_0000;
/** Bits 23:0 of an identifier. */
export const ID_MASK = 0x00ff_ffff;

/** 0x20000000 + n. The caller knows that `ppi` is 0 … 127. */
export const ppiIntid = (ppi: number): Intid => (PPI_TYPE | ppi) as Intid;

/** Is TYPE of this identifier PPI, whatever the other bits? */
export const isPpi = (intid: number): boolean => intid >>> 29 === 1;
