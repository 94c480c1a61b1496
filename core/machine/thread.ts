/**
 * One vCPU's thread: where it stands in KVM_RUN and what its core is about to do. The status is a slot, like all
 * state; the core's registers reach their slots when `save` is called.
 *
 * ready ── load ──► loaded ──WFI without trap──► waiting      off: PSCI or not started
 *   ▲                 │ │ ▲─────signal or kick──────┘         ended: KVM_RUN failed
 *   └─────put─────────┘ └──trapped WFI──► blocked ──kick or wake──► ready
 *   paused: user space ended KVM_RUN, from any state but off and ended
 */
import { type Vcpu } from '../kvm/vcpu.ts';
import { type Cell, CellClaim } from '../state/cell.ts';
import { type Journal } from '../state/journal.ts';
import { type StateVector } from '../state/state-vector.ts';
import { type Core, claimCoreSlots, type CoreSlots, loadFrom, saveTo } from './a64/index.ts';
import { type GuestSystem } from './guest-system.ts';
import { type RunQueues } from './run-queues.ts';

const THREAD = ['off', 'ready', 'loaded', 'waiting', 'blocked', 'paused', 'ended'] as const;
export type ThreadStatus = (typeof THREAD)[number];
const STATUS: Readonly<Record<ThreadStatus, number>> = {
  off: 0,
  ready: 1,
  loaded: 2,
  waiting: 3,
  blocked: 4,
  paused: 5,
  ended: 6,
};

/** Words of the slots `vcpuN.runState` and their numbers, as the trace has them. */
const RUN = { off: 0, guest: 1, handler: 2, idle: 3, host: 4, blocked: 5, preempted: 6 } as const;
/** By status: the run state, where it does not depend on where the vCPU is. */
const RUN_OF = THREAD.map((status): number | undefined => {
  if (status === 'waiting') return RUN.idle;
  if (status === 'blocked') return RUN.blocked;
  return status === 'ready' || status === 'loaded' ? undefined : RUN.off;
});

export class Thread {
  readonly vcpu: Vcpu;
  readonly core: Core;
  readonly system: GuestSystem;
  readonly slots: CoreSlots;
  readonly #status: Cell;
  readonly #runState: Cell;
  /** Physical CPU on which the thread runs. */
  readonly affinity: Cell;
  readonly #since: Cell;
  readonly #queues: RunQueues;
  /** The wait for an interrupt has not been ended yet. */
  readonly inWait: Cell;
  /** The core has run since the slots were last brought up to date; `Machine.touch` sets it. */
  isAhead = false;
  /** Breakpoint that was reported and whose instruction was not executed yet. For observers alone, so in no slot. */
  reported: bigint | undefined;
  /** Reported breakpoint whose instruction an interrupt delayed. */
  interruptedAt: bigint | undefined;

  /** Tells `queues` of every change of its place there. */
  constructor(vcpu: Vcpu, core: Core, system: GuestSystem, queues: RunQueues, journal: Journal) {
    const claim = new CellClaim(journal, `vcpu${vcpu.index}.`);
    this.vcpu = vcpu;
    this.core = core;
    this.system = system;
    this.slots = claimCoreSlots(journal.layout, vcpu.index);
    this.#status = claim.choice('thread', THREAD);
    this.#runState = claim.choice('runState', Object.keys(RUN));
    this.affinity = claim.cell('affinity', 16);
    this.#since = claim.cell('thread.since');
    this.inWait = claim.flag('thread.inWait');
    this.#queues = queues;
  }

  get status(): ThreadStatus {
    return THREAD[this.#status.lo] ?? 'ended';
  }

  set status(status: ThreadStatus) {
    const number = STATUS[status];
    if (this.#status.lo === number) return;
    this.#queues.leave(this);
    this.#status.set(number);
    this.#queues.enter(this);
  }

  /** Counter value at which the thread was last scheduled in or out, or began. */
  get since(): number {
    return this.#since.hi * 0x1_0000_0000 + this.#since.lo;
  }

  set since(ticks: number) {
    this.#queues.leave(this);
    this.#since.set(ticks % 0x1_0000_0000, Math.floor(ticks / 0x1_0000_0000));
    this.#queues.enter(this);
  }

  /** Gives the thread another physical CPU to run on. */
  moveTo(cpu: number): void {
    this.#queues.leave(this);
    this.affinity.set(cpu);
    this.#queues.enter(this);
  }

  get index(): number {
    return this.vcpu.index;
  }

  /** Can it do nothing more by itself? */
  get isStopped(): boolean {
    const status = this.#status.lo;
    return status === STATUS.off || status === STATUS.ended || status === STATUS.paused;
  }

  /** Brings the derived slots and the core's registers up to date; called before an event is recorded. */
  save(journal: Journal): void {
    saveTo(this.core, journal, this.slots);
    this.saveRunState();
  }

  /** The same for a thread whose core agrees with its slots. */
  saveRunState(): void {
    this.#runState.set(this.#run());
  }

  /** Makes the core what a state says. */
  restore(state: StateVector): void {
    loadFrom(this.core, state, this.slots);
  }

  #run(): number {
    const { vcpu } = this;
    const settled = RUN_OF[this.#status.lo];
    if (settled !== undefined) return settled;
    const { cpu } = vcpu;
    if (vcpu.inGuest) return cpu?.isHandling === true ? RUN.handler : RUN.guest;
    return cpu === undefined ? RUN.preempted : RUN.host;
  }
}
