/**
 * System registers that a core keeps itself, because its own behaviour depends on them or because nothing else does:
 * one row each. All other registers are the System's. No stage 1 translation is modelled, so SCTLR_EL1.M cannot be
 * set: a guest that turns the MMU on reads it back as 0 instead of running on in a world that is not there.
 */
import { packEncoding } from '../names/system-names.ts';

export interface CoreRegister {
  readonly name: string;
  readonly encoding: number;
  /** What EL0 may do. */
  readonly user: 'none' | 'read' | 'both';
  /** Bits that a write changes; the others read 0. */
  readonly mask: bigint;
  readonly reset: bigint;
}

const ALL = (1n << 64n) - 1n;

const row = (
  name: string,
  encoding: readonly [number, number, number, number, number],
  more: Partial<CoreRegister> = {},
): CoreRegister => ({ name, encoding: packEncoding(encoding), user: 'none', mask: ALL, reset: 0n, ...more });

/** Order is the order of the slots. */
export const CORE_REGISTERS = [
  // Reset value as KVM gives it to a vCPU: stack alignment checks on, WFI and WFE not trapped from EL0.
  row('SCTLR_EL1', [3, 0, 1, 0, 0], { reset: 0x00c5_0078n, mask: ALL & ~1n }),
  row('CPACR_EL1', [3, 0, 1, 0, 2]),
  row('TTBR0_EL1', [3, 0, 2, 0, 0]),
  row('TTBR1_EL1', [3, 0, 2, 0, 1]),
  row('TCR_EL1', [3, 0, 2, 0, 2]),
  row('SPSR_EL1', [3, 0, 4, 0, 0]),
  row('ELR_EL1', [3, 0, 4, 0, 1]),
  row('AFSR0_EL1', [3, 0, 5, 1, 0]),
  row('AFSR1_EL1', [3, 0, 5, 1, 1]),
  row('ESR_EL1', [3, 0, 5, 2, 0]),
  row('FAR_EL1', [3, 0, 6, 0, 0]),
  row('MAIR_EL1', [3, 0, 10, 2, 0]),
  row('AMAIR_EL1', [3, 0, 10, 3, 0]),
  row('VBAR_EL1', [3, 0, 12, 0, 0], { mask: ALL & ~0x7ffn }),
  row('CONTEXTIDR_EL1', [3, 0, 13, 0, 1], { mask: 0xffff_ffffn }),
  row('TPIDR_EL1', [3, 0, 13, 0, 4]),
  row('TPIDR_EL0', [3, 3, 13, 0, 2], { user: 'both' }),
  row('TPIDRRO_EL0', [3, 3, 13, 0, 3], { user: 'read' }),
  // EVNTIS in bit 17, the rest in 9:0; no event stream is modelled.
  row('CNTKCTL_EL1', [3, 0, 14, 1, 0], { mask: 0x203ffn }),
] as const;

const indexOf = (name: string): number => {
  const index = CORE_REGISTERS.findIndex((register) => register.name === name);
  if (index < 0) throw new Error(`no core register ${name}`);
  return index;
};

/** Positions in the core's arrays of those that it consults. */
export const SCTLR = indexOf('SCTLR_EL1');
export const CPACR = indexOf('CPACR_EL1');
export const SPSR = indexOf('SPSR_EL1');
export const ELR = indexOf('ELR_EL1');
export const ESR = indexOf('ESR_EL1');
export const FAR = indexOf('FAR_EL1');
export const VBAR = indexOf('VBAR_EL1');

const byEncoding = new Map(CORE_REGISTERS.map(({ encoding }, index) => [encoding, index]));

/** Position of the register of a packed encoding; undefined when the core does not keep it. */
export const coreRegisterIndex = (encoding: number): number | undefined => byEncoding.get(encoding);

/** Bits of SCTLR_EL1, as bit numbers of their half (NMI and SPINTMASK are bits 61 and 62). */
export const SCTLR_LOW = { A: 1, SA: 3, SA0: 4, UMA: 9, DZE: 14, NTWI: 16, NTWE: 18, UCI: 26 } as const;
export const SCTLR_HIGH = { NMI: 29, SPINTMASK: 30 } as const;
