/**
 * Locks taken in the wrong order, or asked for by the thread that holds them (kvm-vgic-v5-spi §2, §9.3 consequence 4).
 *
 * Kept: the locks that each thread holds, outermost first, and where an SPI's lock was first taken with none held. A
 * thread is a vCPU's, or user space's. The order from outside in is vm, config, spiApList, and at last the lock of one
 * SPI; two SPIs' locks at once have no order.
 */
import { intidOf } from '../../trace/interrupts.ts';
import { type TraceEvent } from '../../trace/kinds.ts';
import { actorOf, type FindingPosition, type NewFinding, positionOf, type Rule } from './finding.ts';

const ORDER = ['vm', 'config', 'spiApList', 'irq'];

interface Lock {
  readonly name: string;
  readonly rank: number;
  /** Of an SPI's lock: the SPI. */
  readonly intid?: number;
}

interface Held extends Lock {
  readonly taken: FindingPosition;
}

export const LOCK_ORDER: Rule = {
  id: 'lock-order',
  severity: 'error',
  about: 'locks taken in the wrong order, or asked for by the thread that holds them',
  clause: 'kvm-vgic-v5-spi §2 (order of locks), §9.3 (the scan of the first posting)',
  names: ['lock.acquire', 'lock.release', 'lock.deadlock', 'notifyAcked'],
  start(report) {
    const threads = new Map<number | undefined, Held[]>();
    const alone = new Map<string, FindingPosition>();
    let notified: FindingPosition | undefined;
    return (event) => {
      if (event.kind !== 'kvm.step') return;
      const held = threads.get(event.vcpu) ?? [];
      threads.set(event.vcpu, held);
      if (event.step === 'notifyAcked') {
        notified = positionOf(event, `${actorOf(event.vcpu)} calls the listeners of pin ${Number(event.value ?? 0n)}`);
        return;
      }
      const lock = lockOf(event);
      if (lock === undefined) return;
      if (event.step === 'lock.release') {
        const at = held.findLastIndex(({ name }) => name === lock.name);
        if (at >= 0) held.splice(at, 1);
      } else if (event.step === 'lock.deadlock') {
        const inside = notified !== undefined && held.some(({ taken }) => taken.seq < (notified?.seq ?? 0));
        report(deadlock(event, lock, held, inside ? notified : undefined, alone.get(lock.name)));
      } else {
        const taken = positionOf(event, `${actorOf(event.vcpu)} takes ${lock.name}`);
        const inner = held.find(({ rank }) => rank >= lock.rank);
        if (inner !== undefined) report(inversion(event, lock, inner, alone.get(lock.name)));
        if (held.length === 0 && !alone.has(lock.name)) alone.set(lock.name, taken);
        held.push({ ...lock, taken });
      }
    };
  },
};

/** The lock that a step is about, by its detail; undefined for one that this rule does not know. */
function lockOf({ detail }: TraceEvent): Lock | undefined {
  const kind = detail?.['lock'];
  const rank = ORDER.indexOf(String(kind));
  if (rank < 0) return undefined;
  const spi = detail?.['spi'];
  if (kind !== 'irq') return { rank, name: String(kind) };
  const about = typeof spi === 'number' ? { intid: intidOf({ type: 'spi', number: spi }) } : {};
  return { rank, name: `the lock of SPI ${spi ?? '?'}`, ...about };
}

function deadlock(
  event: TraceEvent,
  { name, intid }: Lock,
  held: readonly Held[],
  notified: FindingPosition | undefined,
  alone: FindingPosition | undefined,
): NewFinding {
  const actor = actorOf(event.vcpu);
  const names = held.map((each) => each.name).join(' and ');
  const outer = held.find((each) => each.name !== name)?.name;
  const listener =
    notified === undefined
      ? ''
      : ` It holds them while it calls listeners, and a listener that injects begins with the SPI’s own lock.`;
  const other =
    alone === undefined || outer === undefined
      ? ''
      : ` Elsewhere ${name} is taken first, with no lock held (${actorOf(alone.vcpu)}, #${alone.seq}); here under ${outer}.`;
  return {
    key: `deadlock ${name}`,
    ...(intid === undefined ? {} : { intid }),
    title: `Lock inversion: ${actor} asks for ${name} while it holds ${names === '' ? 'it' : names}`,
    explanation: `The thread of ${actor} waits for a lock of its own and never goes on.${listener}${other}`,
    positions: [
      ...(alone === undefined ? [] : [alone]),
      ...held.map(({ taken }) => taken),
      ...(notified === undefined ? [] : [notified]),
      positionOf(event, `${actor} asks for ${name}`),
    ],
  };
}

function inversion(
  event: TraceEvent,
  { name, intid }: Lock,
  inner: Held,
  alone: FindingPosition | undefined,
): NewFinding {
  const actor = actorOf(event.vcpu);
  const other =
    alone === undefined ? '' : ` ${actorOf(alone.vcpu)} took ${name} with no lock held before (#${alone.seq}).`;
  return {
    key: `order ${inner.name} ${name}`,
    ...(intid === undefined ? {} : { intid }),
    title: `Lock inversion: ${name} is taken under ${inner.name}`,
    explanation:
      `${actor} takes ${name} while it holds ${inner.name}; the order is ${ORDER.slice(0, 3).join(', ')}, and one SPI’s lock last. ` +
      `A thread that takes them the other way round at the same time stops both.${other}`,
    positions: [
      ...(alone === undefined ? [] : [alone]),
      inner.taken,
      positionOf(event, `${actor} takes ${name} under ${inner.name}`),
    ].toSorted((a, b) => a.seq - b.seq),
  };
}
