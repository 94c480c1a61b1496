import { describe, expect, it } from 'vitest';
import { type Machine } from '../../../core/machine/machine.ts';
import { machineOf, type Options, TICKS, x } from './support.ts';

/** Counts in x1; every 1000th time round it reads the counter into x2. */
const COUNTING = `
start:
  mov x1, #0
  mov x3, #1000
loop:
  add x1, x1, #1
  subs x3, x3, #1
  b.ne loop
  mrs x2, CNTVCT_EL0
  mov x3, #1000
  b loop
`;

/** How often time moved. */
function steps(source: string, options: Options, until: bigint): { readonly machine: Machine; readonly steps: number } {
  const machine = machineOf(source, { slice: 1, ...options });
  machine.start();
  let count = 0;
  machine.observer = ({ kind }) => {
    if (kind === 'host.counter') count++;
  };
  machine.run(until);
  return { machine, steps: count };
}

describe('quiet rounds', () => {
  it('let plain instructions pass in few steps of time, each instruction one tick', () => {
    const { machine, steps: count } = steps('start: add x1, x1, #1\n  b start', {}, 100_001n);
    expect(machine.now).toBe(100_001n);
    // Entering the guest takes the first round with it.
    expect(x(machine, 1)).toBe(50_001n);
    expect(count).toBeLessThan(20);
  });

  it('let an access see the time of its own instruction', () => {
    const { machine, steps: count } = steps(COUNTING, {}, 3004n);
    // mov, mov, a thousand times three, then the read.
    expect(x(machine, 2)).toBe(3002n);
    expect(count).toBeLessThan(100);
  });

  it('let cores that share memory see each other instruction by instruction', () => {
    const source = `
start:
  ldr x4, =word
  mov x1, #100
loop:
  ldr x5, [x4]
  add x5, x5, #1
  str x5, [x4]
  subs x1, x1, #1
  b.ne loop
  b .
  .balign 8
word: .quad 0
`;
    const two = { vcpus: [{ pcpu: 0 }, { pcpu: 1 }], facts: { cpus: 2 } };
    const { machine, steps: count } = steps(source, two, 1000n);
    // In step with each other they read the same and store the same: every second addition is lost.
    expect(x(machine, 5, 0)).toBe(100n);
    expect(x(machine, 5, 1)).toBe(100n);
    expect(count).toBeLessThan(60);
  });

  it('end where a timer is due, and where a thread has had its timeslice', () => {
    const { machine } = steps(TICKS, {}, 100_000n);
    expect(x(machine, 10)).toBe(5n);
    const shared = steps('start: b .', { vcpus: [{}, {}], timeslice: 1000n }, 10_000n);
    const ran = shared.machine.threads.map(({ core }) => core.total);
    expect(Math.abs((ran[0] ?? 0) - (ran[1] ?? 0))).toBeLessThan(1100);
  });

  it('stop at a breakpoint wherever other cores are', () => {
    const source = 'start0: nop\nnop\nnop\nnop\nhere: b .\nstart1: b .';
    for (const seed of [0, 3]) {
      const machine = machineOf(source, { vcpus: [{ pcpu: 0 }, { pcpu: 1 }], facts: { cpus: 2 }, slice: 1, seed });
      const reached: bigint[] = [];
      machine.thread(0).core.breakpoints.add(0x4000_0010n);
      machine.onBreakpoint = () => reached.push(machine.now);
      machine.start();
      machine.run(50n);
      // It is reached once every time round the endless loop.
      expect(reached).toEqual(Array.from({ length: 46 }, (_, n) => BigInt(n + 4)));
    }
  });

  it('give whoever looks between rounds the moment to do so', () => {
    const machine = machineOf('start: b .', { slice: 1 });
    let looks = 0;
    machine.betweenRounds = () => looks++;
    machine.start();
    machine.run(10_000_000n);
    expect(looks).toBeGreaterThan(100);
  });
});
