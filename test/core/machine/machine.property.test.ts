/**
 * Laws of a machine, over random guest programs and host events on one to three vCPUs: undo takes the whole machine
 * back, the recorded changes reduce to its state at every event, the same seed gives the same run, and no interrupt is
 * acknowledged that is disabled, masked or not urgent enough.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as host from '../../../core/machine/host-actions.ts';
import { type Machine } from '../../../core/machine/machine.ts';
import { digest } from '../../../core/state/digest.ts';
import { KNOWN_AFTER } from '../../../core/state/journal.ts';
import { StateVector } from '../../../core/state/state-vector.ts';
import { machineOf, PROLOGUE, VECTORS } from './support.ts';

const LINES = [
  'mov x1, #0xf\n  msr ICC_PCR_EL1, x1',
  'mov x1, #0x10\n  msr ICC_PCR_EL1, x1',
  'mov x1, #0x1f\n  msr ICC_PCR_EL1, x1',
  'msr ICC_CR0_EL1, xzr',
  'mov x1, #1\n  msr ICC_CR0_EL1, x1',
  'mov x1, #8\n  msr ICC_PPI_ENABLER0_EL1, x1',
  'ldr x1, =0x48000008\n  msr ICC_PPI_ENABLER0_EL1, x1',
  'gicr x5, cdia',
  'gic cdeoi',
  'mov x1, #0x20000000\n  add x1, x1, #3\n  gic cddi, x1',
  'ldr x1, =0x2000001b\n  gic cddi, x1',
  'mrs x2, CNTVCT_EL0\n  add x2, x2, #50\n  msr CNTV_CVAL_EL0, x2\n  mov x1, #1\n  msr CNTV_CTL_EL0, x1',
  'msr CNTV_CTL_EL0, xzr',
  'mrs x2, CNTPCT_EL0\n  add x2, x2, #70\n  msr CNTP_CVAL_EL0, x2\n  mov x1, #1\n  msr CNTP_CTL_EL0, x1',
  'msr DAIFClr, #2',
  'msr DAIFSet, #2',
  'wfi',
  'mrs x3, ICC_PPI_SPENDR0_EL1',
  'mov x1, #8\n  msr ICC_PPI_SPENDR0_EL1, x1',
  'mov x1, #8\n  msr ICC_PPI_CACTIVER0_EL1, x1',
  'mrs x3, ICC_IDR0_EL1',
  'ldr x4, =word\n  ldr x3, [x4]\n  add x3, x3, #1\n  str x3, [x4]',
  'ldr x4, =word\n  ldxr x3, [x4]\n  stxr w6, x3, [x4]',
  'svc #0',
] as const;

interface Life {
  readonly lines: readonly number[];
  readonly vcpus: number;
  readonly cpus: number;
  readonly slice: number;
  readonly seed: number;
  readonly vhe: boolean;
  readonly tasks: number;
  readonly actions: readonly (readonly [action: number, vcpu: number, argument: number])[];
}

const life: fc.Arbitrary<Life> = fc.record({
  lines: fc.array(fc.nat(LINES.length - 1), { minLength: 3, maxLength: 25 }),
  vcpus: fc.integer({ min: 1, max: 3 }),
  cpus: fc.integer({ min: 1, max: 2 }),
  slice: fc.constantFrom(1, 2, 7, 30),
  seed: fc.nat(5),
  vhe: fc.boolean(),
  tasks: fc.nat(1),
  actions: fc.array(fc.tuple(fc.nat(5), fc.nat(2), fc.nat(3)), { maxLength: 8 }),
});

function build({ lines, vcpus, cpus, slice, seed, vhe, tasks }: Life): Machine {
  const body = lines.map((line) => `  ${LINES[line] ?? 'nop'}`).join('\n');
  const source = `
start:
  ldr x9, =0x48000008
${PROLOGUE}
loop:
${body}
  b loop
irq:
  gicr x5, cdia
  and x5, x5, #0xffffffff
  gic cdeoi
  gic cddi, x5
  msr CNTV_CTL_EL0, xzr
  msr CNTP_CTL_EL0, xzr
  eret
  .balign 8
word:
  .quad 0
${VECTORS.replace('b .\n  .balign 128\n  b irq', 'b sync\n  .balign 128\n  b irq')}
sync:
  eret
`;
  const machine = machineOf(source, {
    vcpus: Array.from({ length: vcpus }, (_, n) => ({ pcpu: n % cpus })),
    facts: { cpus, vhe },
    slice,
    seed,
    hostTasks: tasks,
    timeslice: 90n,
  });
  machine.start();
  return machine;
}

function act(machine: Machine, { vcpus, cpus }: Life, [action, vcpu, argument]: Life['actions'][number]): void {
  const index = vcpu % vcpus;
  if (action === 0) host.irqLine(machine, index, 3, argument & 1);
  else if (action === 1) host.pause(machine, index);
  else if (action === 2) host.resume(machine, index);
  else if (action === 3) host.migrate(machine, index, argument % cpus);
  else if (action === 4) host.pmuOverflow(machine, index, argument);
  else if (machine.thread(index).status === 'paused') host.reset(machine, index);
}

/** Runs all actions with some time between them; `step` is called after each. */
function play(machine: Machine, of: Life, step: () => void = () => undefined): void {
  for (const action of [undefined, ...of.actions]) {
    if (action !== undefined) act(machine, of, action);
    machine.run(machine.now + 150n);
    step();
  }
  machine.save();
}

const RUNS = process.env['CI'] === undefined ? 150 : 3000;

describe('a machine with any program and host', () => {
  it('is taken back whole by undo, and then does the same again', () => {
    fc.assert(
      fc.property(life, (of) => {
        const machine = build(of);
        machine.run(200n);
        machine.save();
        const mark = machine.journal.mark();
        const before = machine.journal.state.clone();
        const ram = machine.ram.bytes.slice();
        play(machine, of);
        const end = digest(machine.journal.state);
        machine.journal.undoTo(mark);
        machine.restore();
        const { state } = machine.journal;
        for (let slot = 0; slot < before.size; slot++)
          expect([slot, state.lo[slot], state.hi[slot]]).toEqual([slot, before.lo[slot], before.hi[slot]]);
        expect(Buffer.compare(machine.ram.bytes, ram)).toBe(0);
        machine.save();
        expect(machine.journal.mark()).toBe(mark);
        play(machine, of);
        expect(digest(machine.journal.state)).toBe(end);
      }),
      { numRuns: RUNS },
    );
  });

  it('is what its recorded changes reduce to, at every event', () => {
    fc.assert(
      fc.property(life, (of) => {
        const machine = build(of);
        const { journal } = machine;
        const copy = StateVector.initial(journal.layout);
        const take = (): void => {
          copy.growTo(journal.layout);
          for (let i = 0; i < journal.count; i++) {
            const slot = journal.slot[i] ?? 0;
            copy.lo[slot] = journal.afterLo[i] ?? 0;
            copy.hi[slot] = journal.afterHi[i] ?? 0;
            copy.known[slot] = ((journal.known[i] ?? 0) & KNOWN_AFTER) >> 1;
          }
          journal.clear();
        };
        take();
        machine.observer = () => {
          take();
          if (!copy.equals(journal.state)) throw new Error('the changes do not lead to the state');
        };
        play(machine, of, take);
        for (const { core, slots } of machine.threads) {
          expect(journal.read(slots.pc)).toBe(core.pcValue);
          for (const [n, slot] of slots.general.entries()) expect(journal.read(slot)).toBe(core.x(n));
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('runs the same with the same seed, observed or not', () => {
    fc.assert(
      fc.property(life, (of) => {
        const run = (observed: boolean): bigint => {
          const machine = build(of);
          if (observed) machine.observer = () => undefined;
          play(machine, of);
          // RAM claims its slots when it is flushed, which observers make happen earlier: compare what all have.
          return machine.threads.reduce((sum, { core }) => sum * 31n + core.pcValue + core.x(3) * 7n, machine.now);
        };
        expect(run(true)).toBe(run(false));
      }),
      { numRuns: RUNS },
    );
  });

  it('acknowledges nothing that is disabled, masked or not urgent enough', () => {
    let acknowledged = 0;
    fc.assert(
      fc.property(life, (of) => {
        const machine = build(of);
        machine.observer = (event, place) => {
          if (event.kind !== 'cpuif.ack' || event.intid === 0) return;
          acknowledged++;
          const cpu = machine.host.cpu(place.pcpu ?? 0).interface;
          const { priority = 32, aprBefore } = event;
          const running = aprBefore === 0 ? 32 : 31 - Math.clz32(aprBefore & -aprBefore);
          expect(cpu.banks[0]?.enable.has(event.intid & 63)).toBe(true);
          expect(cpu.vmcr.lo & 1).toBe(1);
          expect(priority).toBeLessThanOrEqual(cpu.vmcr.lo >>> 27);
          expect(priority).toBeLessThan(running);
        };
        play(machine, of);
      }),
      { numRuns: RUNS },
    );
    // Not for want of interrupts.
    expect(acknowledged).toBeGreaterThan(RUNS / 4);
  });
});
