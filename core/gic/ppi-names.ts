/**
 * Names of private interrupts: the architected numbers of GICv5 (gicv5-registers §8) and the wiring that KVM and the
 * common boards use on GICv3 (kvm-vgic-v3 §13). The timers and the PMU keep their numbers from one to the other.
 */

export interface PpiName {
  readonly number: number;
  readonly name: string;
  readonly source: string;
  /** How the architecture fixes the handling mode; undefined where the implementation chooses. */
  readonly handling: 'edge' | 'level' | undefined;
}

/** Architected PPIs of GICv5. 4–14, 16–18 and 32–63 are architected but unassigned; 64–127 are the implementation's. */
export const V5_PPIS: readonly PpiName[] = [
  { number: 0, name: 'S_DB_PPI', source: 'Secure doorbell', handling: 'level' },
  { number: 1, name: 'RL_DB_PPI', source: 'Realm doorbell', handling: 'level' },
  { number: 2, name: 'NS_DB_PPI', source: 'Non-secure doorbell', handling: 'level' },
  { number: 3, name: 'SW_PPI', source: 'software only, no wire', handling: 'edge' },
  { number: 15, name: 'HACDBSIRQ', source: 'dirty-state cleaning accelerator', handling: 'level' },
  { number: 19, name: 'CNTHVS', source: 'Secure EL2 virtual timer', handling: 'level' },
  { number: 20, name: 'CNTHPS', source: 'Secure EL2 physical timer', handling: 'level' },
  { number: 21, name: 'PMBIRQ', source: 'statistical profiling buffer', handling: 'level' },
  { number: 22, name: 'COMMIRQ', source: 'debug communications channel', handling: 'level' },
  { number: 23, name: 'PMUIRQ', source: 'PMU overflow', handling: 'level' },
  { number: 24, name: 'CTIIRQ', source: 'cross-trigger interface', handling: undefined },
  { number: 25, name: 'GICMNT', source: 'GIC maintenance', handling: 'level' },
  { number: 26, name: 'CNTHP', source: 'Non-secure EL2 physical timer', handling: 'level' },
  { number: 27, name: 'CNTV', source: 'EL1 virtual timer', handling: 'level' },
  { number: 28, name: 'CNTHV', source: 'Non-secure EL2 virtual timer', handling: 'level' },
  { number: 29, name: 'CNTPS', source: 'Secure EL1 physical timer', handling: 'level' },
  { number: 30, name: 'CNTP', source: 'EL1 physical timer', handling: 'level' },
  { number: 31, name: 'TRBIRQ', source: 'trace buffer', handling: 'level' },
];

/** Usual wiring of GICv3 and GICv2 PPIs: a convention of boards and of KVM's defaults, not a rule. */
export const CLASSIC_PPIS: readonly PpiName[] = [
  { number: 23, name: 'PMUIRQ', source: 'PMU overflow', handling: 'level' },
  { number: 25, name: 'GICMNT', source: 'GIC maintenance', handling: 'level' },
  { number: 26, name: 'CNTHP', source: 'EL2 physical timer', handling: 'level' },
  { number: 27, name: 'CNTV', source: 'EL1 virtual timer', handling: 'level' },
  { number: 28, name: 'CNTHV', source: 'EL2 virtual timer', handling: 'level' },
  { number: 30, name: 'CNTP', source: 'EL1 physical timer', handling: 'level' },
];

const v5 = new Map(V5_PPIS.map((ppi) => [ppi.number, ppi]));
const classic = new Map(CLASSIC_PPIS.map((ppi) => [ppi.number, ppi]));

/** The architected GICv5 PPI of this number, if it has a name. */
export function v5Ppi(number: number): PpiName | undefined {
  return v5.get(number);
}

/** The usual source of this PPI on GICv3 and GICv2, if there is one. */
export function classicPpi(number: number): PpiName | undefined {
  return classic.get(number);
}
