/**
 * The virtual CPU interfaces of a recorded GICv3: what a hypervisor inside the recording wrote to its list registers and
 * what its guests did, driven through the emulator's own interface (core/gic/v3), which must give the recorded answers:
 * ICH_* reads, ICV_* reads, best list register, signals, maintenance interrupt (gicv3-behaviour §5, §6, §12).
 *
 * A recording may begin in the middle: a register that was never written is taken over from its first read. Until then
 * an interface is taken to be idle; where the recording shows otherwise, nothing is compared.
 */
import { CpuInterfaceV3 } from '../../../gic/v3/cpu-interface.ts';
import { LR_ACTIVE, LR_GROUP, lrPriority } from '../../../gic/v3/list-register.ts';
import { Journal } from '../../../state/journal.ts';
import { Layout } from '../../../state/layout.ts';
import { type EventOf, type TraceEvent } from '../../../trace/kinds.ts';
import { REASON } from '../reasons.ts';
import { type Tally } from '../tally.ts';
import { RECORDED_INTERFACE, VIRTUAL_ROWS, word } from './virtual-registers.ts';

const SPURIOUS = 1023;
const BEFORE = 'what was set before the recording began';
const BEGUN = 'registers that were set before the recording began, told by their first read';
/** Registers that a hypervisor sets, and that may have been set before the recording began. */
const HELD = /^ICH_(HCR|VMCR|AP[01]R0|LR\d+)_EL2$/;
/** List registers are empty when HCR is first written; VMCR tells which groups are enabled, AP<n>R what is active. */
const HELD_FIRST = ['ICH_HCR_EL2', 'ICH_VMCR_EL2', 'ICH_AP0R0_EL2', 'ICH_AP1R0_EL2'];

export class VirtualReplay {
  readonly #journal = new Journal(new Layout());
  readonly #tally: Tally;
  readonly #interfaces = new Map<number, CpuInterfaceV3>();
  readonly #known = new Set<string>();

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  access(cpu: number, event: EventOf<'register.access'>, value: bigint): void {
    const c = this.#interface(cpu);
    const { register, op } = event;
    const iar = /^ICV_IAR([01])_EL1$/.exec(register);
    if (iar !== null) this.#compare(cpu, event, register, value, word(c.acknowledge(iar[1] === '0' ? 0 : 1)));
    else if (op === 'write') {
      VIRTUAL_ROWS.get(register)?.write?.(c, value);
      this.#known.add(`${cpu} ${register}`);
      if (register.startsWith('ICH_LR')) this.#assumeActive(cpu, c, value);
    } else this.#read(cpu, event, value);
    this.#journal.clear();
  }

  #read(cpu: number, event: EventOf<'register.access'>, value: bigint): void {
    const c = this.#interface(cpu);
    const { register } = event;
    const key = `${cpu} ${register}`;
    const row = VIRTUAL_ROWS.get(register);
    if (row?.read === undefined) return this.#tally.unsupported(REASON.register);
    if (HELD.test(register) && !this.#known.has(key) && row.read(c) !== value) {
      row.write?.(c, value);
      this.#tally.infer(BEGUN);
    }
    this.#known.add(key);
    if (HELD.test(register)) this.#tally.compare(event, register, value, row.read(c), () => describe(c));
    else this.#compare(cpu, event, register, value, row.read(c));
  }

  /** An interrupt that was acknowledged before the recording began holds an active priority that nothing shows yet. */
  #assumeActive(cpu: number, c: CpuInterfaceV3, value: bigint): void {
    const hi = Number(value >> 32n);
    const group = (hi & LR_GROUP) !== 0 ? 1 : 0;
    if ((hi & LR_ACTIVE) === 0 || this.#known.has(`${cpu} ICH_AP${group}R0_EL2`)) return;
    const bit = (1 << (lrPriority(hi) >> (8 - RECORDED_INTERFACE.preemptionBits))) >>> 0;
    const before = c.activePriority(group, 0);
    if ((before & bit) !== 0) return;
    c.setActivePriority(group, 0, (before | bit) >>> 0);
    this.#tally.infer(BEGUN);
  }

  /** What follows from several registers; nothing is said while one of them is not known. */
  #compare(cpu: number, event: TraceEvent, register: string, recorded: bigint, emulated: bigint): void {
    const isKnown = recorded === emulated || HELD_FIRST.every((name) => this.#known.has(`${cpu} ${name}`));
    if (!isKnown) return this.#tally.unsupported(BEFORE);
    this.#tally.compare(event, register, recorded, emulated, () => describe(this.#interface(cpu)));
  }

  /** The best list register of a CPU, compared by the interrupt in it. */
  best(cpu: number, event: EventOf<'irq.hppi'>): void {
    const c = this.#interface(cpu);
    const index = event.detail?.['list register'];
    const recorded = typeof index === 'number' ? (c.lr[index]?.lo ?? SPURIOUS) : SPURIOUS;
    const emulated = Math.min(c.highestPending(0), c.highestPending(1));
    this.#compare(cpu, event, 'best list register', word(recorded), word(emulated));
  }

  signals(cpu: number, event: EventOf<'irq.signal'>): void {
    const c = this.#interface(cpu);
    const recorded = (event.irq ? 1n : 0n) | (event.fiq ? 2n : 0n);
    const emulated = { none: 0n, irq: 1n, fiq: 2n }[c.signal];
    this.#compare(cpu, event, 'virtual signals', recorded, emulated);
  }

  maintenance(cpu: number, event: EventOf<'gic.setup'>): void {
    const c = this.#interface(cpu);
    const recorded = event.value ?? 0n;
    this.#compare(cpu, event, 'maintenance interrupt', recorded, c.maintenance ? 1n : 0n);
  }

  #interface(cpu: number): CpuInterfaceV3 {
    let found = this.#interfaces.get(cpu);
    if (found === undefined) {
      // A physical interrupt that ends with a virtual one is an input of the distributor, printed by itself.
      found = new CpuInterfaceV3(this.#journal, `cpu${cpu}.`, RECORDED_INTERFACE, { deactivatePhysical: () => {} });
      this.#interfaces.set(cpu, found);
    }
    return found;
  }
}

function describe(c: CpuInterfaceV3): string {
  const hex = (value: bigint | number): string => `0x${value.toString(16)}`;
  const lrs = c.lr.map(({ value }) => hex(value)).join(' ');
  return `HCR ${hex(c.hcr.lo)}, VMCR ${hex(c.vmcr.lo)}, AP1R0 ${hex(c.activePriority(1, 0))}, LR ${lrs}`;
}
