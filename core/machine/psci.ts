/**
 * The PSCI calls (Arm DEN0022) that a bare-metal test needs, by function id in W0; the result goes to X0.
 * A table, so that an unknown function answers NOT_SUPPORTED as the interface wants.
 */
export const PSCI = {
  SUCCESS: 0n,
  NOT_SUPPORTED: -1n,
  INVALID_PARAMETERS: -2n,
  ALREADY_ON: -4n,
} as const;

export type PsciAction = 'version' | 'cpuOff' | 'cpuOn' | 'systemOff' | 'features';

const FUNCTIONS: ReadonlyMap<number, { readonly name: string; readonly action: PsciAction }> = new Map([
  [0x8400_0000, { name: 'PSCI_VERSION', action: 'version' }],
  [0x8400_0002, { name: 'CPU_OFF', action: 'cpuOff' }],
  [0x8400_0003, { name: 'CPU_ON', action: 'cpuOn' }],
  [0xc400_0003, { name: 'CPU_ON', action: 'cpuOn' }],
  [0x8400_0008, { name: 'SYSTEM_OFF', action: 'systemOff' }],
  [0x8400_0009, { name: 'SYSTEM_RESET', action: 'systemOff' }],
  [0x8400_000a, { name: 'PSCI_FEATURES', action: 'features' }],
]);

export function psciFunction(id: number): { readonly name: string; readonly action: PsciAction } | undefined {
  return FUNCTIONS.get(id >>> 0);
}

/** Bit 30 of a function id: arguments of 64 bits. Without it those in X1 to X3 are cut to 32 (Arm DEN0028). */
export function isWide(id: number): boolean {
  return (id & 0x4000_0000) !== 0;
}

/** PSCI 1.1 */
export const PSCI_VERSION = 0x1_0001n;
