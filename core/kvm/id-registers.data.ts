/**
 * What the processor under these guests is, as its identification registers tell it: one row per register, its fields
 * that are not 0 (Arm architecture, the registers' own pages). Fields that depend on the VM are id-registers.ts's.
 *
 * It executes A64 at EL0 and EL1 and nothing of AArch32, so the rows of AArch32 are empty, as KVM has it on such hosts. It
 * has no floating point, no translation of its own and no caches; its debug registers are the fewest that the
 * architecture allows. ID_AA64PFR1_EL1.NMI is 0 because KVM hides FEAT_NMI (gicv5-cpuif-behaviour §7).
 */

export type IdField = readonly [name: string, lsb: number, value: number];

/** Registers that KVM answers by a trap (HCR_EL2.TID1, TID2 and TID3), and that userspace reads one by one. */
export const TRAPPED_ID_REGISTERS: Readonly<Record<string, readonly IdField[]>> = {
  REVIDR_EL1: [],
  AIDR_EL1: [],
  // One unified level, for KVM shows the fewest that CTR_EL0.IDC and DIC allow.
  CLIDR_EL1: [
    ['Ctype1', 0, 4],
    ['LoC', 24, 1],
  ],
  // Of every cache: one set of one way, lines of 64 bytes.
  CCSIDR_EL1: [['LineSize', 0, 2]],
  ID_PFR0_EL1: [],
  ID_PFR1_EL1: [],
  ID_DFR0_EL1: [],
  ID_AFR0_EL1: [],
  ID_MMFR0_EL1: [],
  ID_MMFR1_EL1: [],
  ID_MMFR2_EL1: [],
  ID_MMFR3_EL1: [],
  ID_ISAR0_EL1: [],
  ID_ISAR1_EL1: [],
  ID_ISAR2_EL1: [],
  ID_ISAR3_EL1: [],
  ID_ISAR4_EL1: [],
  ID_ISAR5_EL1: [],
  ID_MMFR4_EL1: [],
  ID_ISAR6_EL1: [],
  MVFR0_EL1: [],
  MVFR1_EL1: [],
  MVFR2_EL1: [],
  ID_PFR2_EL1: [],
  ID_DFR1_EL1: [],
  ID_MMFR5_EL1: [],
  ID_AA64PFR0_EL1: [
    ['EL0', 0, 1],
    ['EL1', 4, 1],
    ['FP', 16, 15],
    ['AdvSIMD', 20, 15],
  ],
  ID_AA64PFR1_EL1: [],
  ID_AA64PFR2_EL1: [],
  ID_AA64ZFR0_EL1: [],
  ID_AA64SMFR0_EL1: [],
  ID_AA64FPFR0_EL1: [],
  ID_AA64DFR0_EL1: [
    ['DebugVer', 0, 6],
    ['BRPs', 12, 1],
    ['WRPs', 20, 1],
  ],
  ID_AA64DFR1_EL1: [],
  ID_AA64DFR2_EL1: [],
  ID_AA64AFR0_EL1: [],
  ID_AA64AFR1_EL1: [],
  ID_AA64ISAR0_EL1: [['TLB', 56, 2]],
  ID_AA64ISAR1_EL1: [
    ['DPB', 0, 2],
    ['SB', 36, 1],
  ],
  ID_AA64ISAR2_EL1: [],
  ID_AA64ISAR3_EL1: [],
  ID_AA64MMFR0_EL1: [
    ['TGran64', 24, 15],
    ['TGran4', 28, 15],
  ],
  ID_AA64MMFR1_EL1: [],
  ID_AA64MMFR2_EL1: [],
  ID_AA64MMFR3_EL1: [],
  ID_AA64MMFR4_EL1: [],
};

/** Registers that a guest reads without an exit. */
export const DIRECT_ID_REGISTERS: Readonly<Record<string, readonly IdField[]>> = {
  // Implementer 0 is nobody's: the processor is software.
  MIDR_EL1: [['Architecture', 16, 15]],
  // Lines of 64 bytes, exclusives of 16; nothing need be cleaned or invalidated for instructions.
  CTR_EL0: [
    ['IminLine', 0, 4],
    ['L1Ip', 14, 3],
    ['DminLine', 16, 4],
    ['ERG', 20, 2],
    ['CWG', 24, 4],
    ['IDC', 28, 1],
    ['DIC', 29, 1],
    ['RES1', 31, 1],
  ],
  // DC ZVA stores 64 bytes.
  DCZID_EL0: [['BS', 0, 4]],
};
