/**
 * What EL1 can name of the CPU interface, one row per register: which directions exist, what an access does in the
 * interface (gicv5-cpuif-behaviour §4.1, §4.2), and which trap bit governs it (gicv5-registers §6).
 * Names are those of the register tables; the encodings are there.
 */
import { type CpuInterface } from './cpu-interface.ts';
import { type Affected } from './evaluation.ts';
import { type PendingCause } from './events.ts';
import { highWord, lowWord, type Words } from './words.ts';

export interface GuestRegister {
  readonly name: string;
  /** Absent: MRS is UNDEFINED. */
  readonly read?: (c: CpuInterface, out: Words) => void;
  /** Absent: MSR is UNDEFINED. */
  readonly write?: (c: CpuInterface, lo: number, hi: number) => void;
  /** Bit of ICH_HFGRTR_EL2 that must be 1 for the read not to trap; absent: no trap exists. */
  readonly readTrap?: number;
  /** Bit of ICH_HFGWTR_EL2 that must be 1 for the write not to trap. */
  readonly writeTrap?: number;
  /** What a write can move. */
  readonly affects: Affected;
  /** Why pending bits change, when they can. */
  readonly pendingCause?: PendingCause;
}

const readOnly = (name: string, trap: number | undefined, read: NonNullable<GuestRegister['read']>): GuestRegister => ({
  name,
  read,
  ...(trap === undefined ? {} : { readTrap: trap }),
  affects: 'nothing',
});

const readWrite = (
  name: string,
  trap: number,
  affects: Affected,
  read: NonNullable<GuestRegister['read']>,
  write: NonNullable<GuestRegister['write']>,
  pendingCause?: PendingCause,
): GuestRegister => ({
  name,
  read,
  write,
  readTrap: trap,
  writeTrap: trap,
  affects,
  ...(pendingCause === undefined ? {} : { pendingCause }),
});

/** Trap bits of ICH_HFGRTR_EL2 and ICH_HFGWTR_EL2. */
const TRAP = {
  APR: 0,
  IDR0: 1,
  CR0: 2,
  HPPIR: 4,
  PCR: 5,
  ICSR: 6,
  IAFFIDR: 7,
  HMR: 16,
  ENABLER: 17,
  PENDR: 18,
  PRIORITYR: 19,
  ACTIVER: 20,
} as const;

/** Rows of the registers with index n (PPIs 64n … 64n+63). A bank that does not exist is RAZ/WI. */
function bankRegisters(n: number): GuestRegister[] {
  const readActive: GuestRegister['read'] = (c, out) => out.set(c.bank(n)?.active.lo ?? 0, c.bank(n)?.active.hi ?? 0);
  const readPending: GuestRegister['read'] = (c, out) =>
    out.set(c.bank(n)?.pendingNow.lo ?? 0, c.bank(n)?.pendingNow.hi ?? 0);
  return [
    readOnly(`ICC_PPI_HMR${n}_EL1`, TRAP.HMR, (c, out) => out.set(c.bank(n)?.levelLo ?? 0, c.bank(n)?.levelHi ?? 0)),
    readWrite(
      `ICC_PPI_ENABLER${n}_EL1`,
      TRAP.ENABLER,
      'candidates',
      (c, out) => out.set(c.bank(n)?.enable.lo ?? 0, c.bank(n)?.enable.hi ?? 0),
      (c, lo, hi) => c.bank(n)?.setEnable(lo, hi),
    ),
    readWrite(`ICC_PPI_CACTIVER${n}_EL1`, TRAP.ACTIVER, 'candidates', readActive, (c, lo, hi) => {
      const bank = c.bank(n);
      bank?.setActive(bank.active.lo & ~lo, bank.active.hi & ~hi);
    }),
    readWrite(`ICC_PPI_SACTIVER${n}_EL1`, TRAP.ACTIVER, 'candidates', readActive, (c, lo, hi) => {
      const bank = c.bank(n);
      bank?.setActive(bank.active.lo | lo, bank.active.hi | hi);
    }),
    readWrite(
      `ICC_PPI_CPENDR${n}_EL1`,
      TRAP.PENDR,
      'pending',
      readPending,
      (c, lo, hi) => c.bank(n)?.changeEdges(lo, hi, false),
      'cpendr',
    ),
    readWrite(
      `ICC_PPI_SPENDR${n}_EL1`,
      TRAP.PENDR,
      'pending',
      readPending,
      (c, lo, hi) => c.bank(n)?.changeEdges(lo, hi, true),
      'spendr',
    ),
  ];
}

function priorityRegister(n: number): GuestRegister {
  const inBank = n & 7;
  return readWrite(
    `ICC_PPI_PRIORITYR${n}_EL1`,
    TRAP.PRIORITYR,
    'candidates',
    (c, out) => {
      const cell = c.bank(n >> 3)?.priority[inBank];
      out.set(cell?.lo ?? 0, cell?.hi ?? 0);
    },
    (c, lo, hi) => c.bank(n >> 3)?.setPriority(inBank, lo, hi),
  );
}

export const GUEST_REGISTERS: readonly GuestRegister[] = [
  readWrite(
    'ICC_APR_EL1',
    TRAP.APR,
    'threshold',
    (c, out) => out.set(c.apr.lo, 0),
    (c, lo) => c.apr.set(lo),
  ),
  readWrite(
    'ICC_CR0_EL1',
    TRAP.CR0,
    'threshold',
    (c, out) => c.readCr0(out),
    (c, lo) => c.writeCr0(lo),
  ),
  readWrite(
    'ICC_PCR_EL1',
    TRAP.PCR,
    'threshold',
    (c, out) => out.set(c.priorityMask, 0),
    (c, lo) => c.writePcr(lo),
  ),
  // No trap bit is known for HAPR (gicv5-registers §6).
  readOnly('ICC_HAPR_EL1', undefined, (c, out) => out.set(c.runningPriority, 0)),
  readOnly('ICC_IDR0_EL1', TRAP.IDR0, (c, out) => out.set(lowWord(c.config.idr0), highWord(c.config.idr0))),
  readOnly('ICC_HPPIR_EL1', TRAP.HPPIR, (c, out) => out.set(c.hppir.lo, c.hppir.hi)),
  readWrite(
    'ICC_ICSR_EL1',
    TRAP.ICSR,
    'nothing',
    (c, out) => out.set(c.icsr.lo, c.icsr.hi),
    (c, lo, hi) => c.writeIcsr(lo, hi),
  ),
  readOnly('ICC_IAFFIDR_EL1', TRAP.IAFFIDR, (c, out) => out.set(c.config.iaffid, 0)),
  ...[0, 1].flatMap(bankRegisters),
  ...Array.from({ length: 16 }, (_, n) => priorityRegister(n)),
];

const byName = new Map(GUEST_REGISTERS.map((register) => [register.name, register]));

/** The row of an EL1 register of the CPU interface, by its name in the register tables. */
export function guestRegister(name: string): GuestRegister | undefined {
  return byName.get(name);
}
