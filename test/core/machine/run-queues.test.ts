import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Machine } from '../../../core/machine/machine.ts';
import { type Thread } from '../../../core/machine/thread.ts';
import { machineOf } from './support.ts';

const CPUS = 3;
const VCPUS = 5;
const STATUSES = ['off', 'ready', 'loaded', 'waiting', 'blocked', 'paused', 'ended'] as const;

const machineOfFive = (): Machine =>
  machineOf('start: b .', {
    facts: { cpus: CPUS },
    vcpus: Array.from({ length: VCPUS }, (_, n) => ({ pcpu: n % CPUS })),
  });

/** What the queues stand for, from the slots alone. */
const waitingFor = ({ threads }: Machine, cpu: number): Thread[] =>
  threads
    .filter(({ affinity, status }) => affinity.lo === cpu && status === 'ready')
    .toSorted((a, b) => a.since - b.since || a.index - b.index);

const expectTrue = (machine: Machine): void => {
  const { queues, threads } = machine;
  for (let cpu = 0; cpu < CPUS; cpu++)
    expect(queues.waitingFor(cpu).map(({ index }) => index)).toEqual(
      waitingFor(machine, cpu).map(({ index }) => index),
    );
  expect(queues.allStopped).toBe(threads.every(({ isStopped }) => isStopped));
};

const vcpu = fc.nat(VCPUS - 1);
const change = fc.oneof(
  fc.record({ vcpu, status: fc.constantFrom(...STATUSES) }),
  fc.record({ vcpu, since: fc.nat(3).map((n) => n * 0x8000_0001) }),
  fc.record({ vcpu, cpu: fc.nat(CPUS - 1) }),
  fc.constant('undo' as const),
);

describe('the queues of threads that wait for a physical CPU', () => {
  it('hold the ready threads in the order of their waiting after any changes, also after those were taken back', () => {
    const machine = machineOfFive();
    const { journal } = machine;
    fc.assert(
      fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
        const marks = [journal.mark()];
        for (const each of changes) {
          if (each === 'undo') journal.undoTo(marks.pop() ?? journal.mark());
          else {
            marks.push(journal.mark());
            const thread = machine.thread(each.vcpu);
            if ('status' in each) thread.status = each.status;
            else if ('since' in each) thread.since = each.since;
            else thread.moveTo(each.cpu);
          }
          expectTrue(machine);
        }
        journal.undoTo(marks[0] ?? journal.mark());
        expectTrue(machine);
      }),
      { numRuns: 300 },
    );
  });

  it('are right at the first question, whatever happened before', () => {
    const machine = machineOfFive();
    machine.start();
    machine.thread(3).status = 'paused';
    expectTrue(machine);
  });
});
