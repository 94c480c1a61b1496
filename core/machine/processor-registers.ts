/**
 * Registers of the processor that need no hypervisor: what a guest reads of them, and which of the registers of EL0 its
 * EL1 has to open first (Arm architecture: CNTKCTL_EL1, SCTLR_EL1.UCT).
 */
import { DIRECT_ID_REGISTERS } from '../kvm/id-registers.data.ts';
import { readIdRegister } from '../kvm/id-registers.ts';
import { type Vcpu } from '../kvm/vcpu.ts';
import { type Core, CORE_REGISTERS, LINE } from './a64/index.ts';

/** The counter runs at 1 GHz. */
const FREQUENCY = 1_000_000_000n;

const indexOf = (name: string): number => CORE_REGISTERS.findIndex((register) => register.name === name);
const SCTLR = indexOf('SCTLR_EL1');
const CNTKCTL = indexOf('CNTKCTL_EL1');

/** SCTLR_EL1.DZE and UCT: EL0 may use DC ZVA, and read CTR_EL0. */
const DZE = 1 << 14;
const UCT = 1 << 15;
/** DCZID_EL0.DZP: DC ZVA is not for this level. */
const DZP = 0x10n;
/** CNTKCTL_EL1. */
const EL0PCTEN = 1 << 0;
const EL0VCTEN = 1 << 1;
const EL0VTEN = 1 << 8;
const EL0PTEN = 1 << 9;

type Reading = (vcpu: Vcpu, core: Core | undefined) => bigint;

const mayZero = (core: Core | undefined): boolean =>
  core === undefined || core.el !== 0 || ((core.systemLo[SCTLR] ?? 0) & DZE) !== 0;

/** Read-only registers, by name. */
export const FIXED: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  ...Object.keys(DIRECT_ID_REGISTERS).map((name): [string, Reading] => [name, (vcpu) => readIdRegister(vcpu, name)]),
  ['DCZID_EL0', (vcpu, core) => readIdRegister(vcpu, 'DCZID_EL0') | (mayZero(core) ? 0n : DZP)],
  ['MPIDR_EL1', ({ slots }) => slots.mpidr.value],
  ['CNTFRQ_EL0', () => FREQUENCY],
  // F in bit 6, I in bit 7: what is up, masked or not.
  ['ISR_EL1', ({ inputs }) => BigInt(((inputs & LINE.IRQ) !== 0 ? 0x80 : 0) | ((inputs & LINE.FIQ) !== 0 ? 0x40 : 0))],
]);

/** A register that opens others to EL0, and the bits of which one has to be set. */
interface Key {
  readonly register: number;
  readonly bits: number;
}

const timer = (name: string, bits: number): [string, Key][] =>
  ['CTL', 'CVAL', 'TVAL'].map((part) => [`${name}_${part}_EL0`, { register: CNTKCTL, bits }]);

const KEYS: ReadonlyMap<string, Key> = new Map<string, Key>([
  ['CTR_EL0', { register: SCTLR, bits: UCT }],
  ['CNTFRQ_EL0', { register: CNTKCTL, bits: EL0PCTEN | EL0VCTEN }],
  ['CNTPCT_EL0', { register: CNTKCTL, bits: EL0PCTEN }],
  ['CNTVCT_EL0', { register: CNTKCTL, bits: EL0VCTEN }],
  ...timer('CNTP', EL0PTEN),
  ...timer('CNTV', EL0VTEN),
]);

/** Does EL1 keep this register from the level that executes? Then the access goes to it as an exception. */
export function keptFromUser(name: string): ((core: Core | undefined) => boolean) | undefined {
  const key = KEYS.get(name);
  return key && ((core) => core?.el === 0 && ((core.systemLo[key.register] ?? 0) & key.bits) === 0);
}
