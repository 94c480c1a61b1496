/**
 * Fixture A: the bare interface of the behaviour specification, reference host, no KVM layer, in the start state of
 * its worked examples (en 1, PCR 1F, everything else 0).
 */
import { CpuInterface } from '../../core/gic/v5/cpu-interface.ts';
import { type CpuifEvent } from '../../core/gic/v5/events.ts';
import { guestRegister } from '../../core/gic/v5/guest-registers.ts';
import { gicInstruction } from '../../core/gic/v5/instructions.ts';
import { levelPpis } from '../../core/gic/v5/ppi.ts';
import { Words } from '../../core/gic/v5/words.ts';
import { Journal } from '../../core/state/journal.ts';
import { Layout } from '../../core/state/layout.ts';
import { ARCHITECTURE, noteProfile } from './named-profiles.ts';

/** PPIs of the reference host, the set that KVM assumes when the host has a PMU (gicv5-registers §8). */
export const REFERENCE_PPIS = 0x5c80_0008n;

export class Bare {
  readonly journal = new Journal(new Layout());
  readonly events: CpuifEvent[] = [];
  readonly interface: CpuInterface;

  constructor(implemented: readonly [bigint, bigint] = [REFERENCE_PPIS, 0n]) {
    noteProfile(ARCHITECTURE);
    this.interface = new CpuInterface(this.journal, 'pcpu0.', {
      implemented,
      level: [levelPpis(implemented[0]), implemented[1]],
      idr0: 0x40n,
      iaffid: 0,
    });
    this.interface.observer = (event) => this.events.push(event);
    this.write('PCR', 0x1fn);
    this.write('CR0', 1n);
    this.take();
  }

  /** Events since the last call. */
  take(...kinds: string[]): CpuifEvent[] {
    const taken = this.events.splice(0);
    return kinds.length === 0 ? taken : taken.filter(({ kind }) => kinds.includes(kind));
  }

  read(name: string): bigint {
    const register = guestRegister(`ICC_${name}_EL1`);
    if (register?.read === undefined) throw new RangeError(`${name} cannot be read`);
    const words = new Words();
    this.interface.read(register, words);
    return words.value;
  }

  write(name: string, value: bigint): void {
    const register = guestRegister(`ICC_${name}_EL1`);
    if (register?.write === undefined) throw new RangeError(`${name} cannot be written`);
    const words = new Words();
    words.value = value;
    this.interface.write(register, words.lo, words.hi);
  }

  insn(name: string, operand = 0n): bigint {
    const instruction = gicInstruction(name);
    if (instruction === undefined) throw new RangeError(`no instruction ${name}`);
    const words = new Words();
    words.value = operand;
    this.interface.execute(instruction, words);
    return instruction.hasResult ? words.value : 0n;
  }

  cdia = (): bigint => this.insn('GICR CDIA');
  cdnmia = (): bigint => this.insn('GICR CDNMIA');
  cdeoi = (): bigint => this.insn('GIC CDEOI');
  cddi = (operand: bigint): bigint => this.insn('GIC CDDI', operand);

  /** The source of a PPI: without KVM a level line is copied into the stored pending bit, an edge sets it. */
  source(ppi: number, up: boolean): void {
    const bank = this.interface.bank(ppi >>> 6);
    bank?.pend.put(ppi & 63, up);
    this.interface.reevaluate('el2write');
  }

  /** Active bits and active priorities, set directly. */
  start({ act = 0n, apr = 0n }: { readonly act?: bigint; readonly apr?: bigint }): this {
    this.write('PPI_CACTIVER0', 0xffff_ffff_ffff_ffffn);
    this.write('PPI_SACTIVER0', act);
    this.write('APR', apr);
    return this;
  }

  /** PEND, ACT, APR, HAPR, HPPIR: a row of the worked examples. */
  get row(): string {
    return ['PPI_SPENDR0', 'PPI_SACTIVER0', 'APR', 'HAPR', 'HPPIR']
      .map((name) => this.read(name).toString(16).toUpperCase())
      .join(' ');
  }
}
