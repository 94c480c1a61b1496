/**
 * One vCPU's thread: where it stands in KVM_RUN and what its core is about to do. The status is a slot, like all
 * state; the core's registers reach their slots when `save` is called.
 *
 * ready ── load ──► loaded ──WFI without trap──► waiting      off: PSCI or not started
 *   ▲                 │ │ ▲─────signal or kick──────┘         ended: KVM_RUN failed or the guest switched off
 *   └─────put─────────┘ └──trapped WFI──► blocked ──kick or wake──► ready
 */
import { type Vcpu } from '../kvm/vcpu.ts';
import { type Cell, CellClaim } from '../state/cell.ts';
import { type Journal } from '../state/journal.ts';
import { type StateVector } from '../state/state-vector.ts';
import { type Core, claimCoreSlots, type CoreSlots, loadFrom, saveTo } from './a64/index.ts';

export const THREAD = ['off', 'ready', 'loaded', 'waiting', 'blocked', 'ended'] as const;
export type ThreadStatus = (typeof THREAD)[number];

/** Order and words of the slots `vcpuN.runState`, as the trace has them. */
export const RUN = ['off', 'guest', 'handler', 'idle', 'host', 'blocked', 'preempted'] as const;

export class Thread {
  readonly vcpu: Vcpu;
  readonly core: Core;
  readonly slots: CoreSlots;
  readonly #status: Cell;
  readonly #runState: Cell;
  /** Physical CPU on which the thread runs. */
  readonly affinity: Cell;
  /** Something may have made a sleeping vCPU runnable; looked at when it is next scheduled in. */
  readonly wake: Cell;
  /** Counter value at which the thread was last scheduled in. */
  readonly since: Cell;
  /** The wait for an interrupt has not been ended yet. */
  readonly inWait: Cell;

  constructor(vcpu: Vcpu, core: Core, journal: Journal) {
    const claim = new CellClaim(journal, `vcpu${vcpu.index}.`);
    this.vcpu = vcpu;
    this.core = core;
    this.slots = claimCoreSlots(journal.layout, vcpu.index);
    this.#status = claim.choice('thread', THREAD);
    this.#runState = claim.choice('runState', RUN);
    this.affinity = claim.cell('affinity', 16);
    this.wake = claim.flag('thread.wake');
    this.since = claim.cell('thread.since');
    this.inWait = claim.flag('thread.inWait');
  }

  get status(): ThreadStatus {
    return THREAD[this.#status.lo] ?? 'ended';
  }

  set status(status: ThreadStatus) {
    this.#status.set(THREAD.indexOf(status));
  }

  get index(): number {
    return this.vcpu.index;
  }

  /** Brings the derived slots and the core's registers up to date; called before an event is recorded. */
  save(journal: Journal): void {
    saveTo(this.core, journal, this.slots);
    this.#runState.set(RUN.indexOf(this.#run()));
  }

  /** Makes the core what a state says. */
  restore(state: StateVector): void {
    loadFrom(this.core, state, this.slots);
  }

  #run(): (typeof RUN)[number] {
    const { status, vcpu } = this;
    if (status === 'off' || status === 'ended') return 'off';
    if (status === 'blocked') return 'blocked';
    if (status === 'waiting') return 'idle';
    if (vcpu.inGuest) return vcpu.cpu?.interface.apr.isZero === false ? 'handler' : 'guest';
    return vcpu.cpu === undefined ? 'preempted' : 'host';
  }
}
