/**
 * The actions whose vCPU is not decided yet, and the one place where one is: what proves something asks here, and
 * whoever keeps books hears of every decision, which may be the proof of the next.
 */
import { NOBODY } from '../trace-line.ts';
import { type Action, type Group, OPEN } from './action.ts';

/** Told in the order in which they were added; each may decide further actions. */
export interface DocketListener {
  /** No longer open: decided or given up. */
  closed?(action: Action): void;
  decided?(action: Action, vcpu: number): void;
  /** Nothing proved it. */
  givenUp?(action: Action): void;
  settled?(group: Group): void;
}

const NONE: readonly Action[] = [];

export class Docket {
  /** Oldest first. */
  #open: Action[] = [];
  readonly #listeners: DocketListener[] = [];

  listen(...listeners: readonly DocketListener[]): void {
    this.#listeners.push(...listeners);
  }

  /** The action stays open until something proves one of the candidates; undefined: any vCPU. */
  wait(action: Action, candidates: number[] | undefined): void {
    action.actor = OPEN;
    action.candidates = candidates;
    this.#open.push(action);
  }

  /** Most of the time: what asks about every line asks this first. */
  get isEmpty(): boolean {
    return this.#open.length === 0;
  }

  /** Open actions, oldest first. */
  open(which: (action: Action) => boolean): readonly Action[] {
    return this.#open.length === 0 ? NONE : this.#open.filter(which);
  }

  /** The action is this vCPU's. */
  decide(action: Action, vcpu: number): void {
    const wasOpen = action.isOpen;
    action.actor = vcpu;
    if (wasOpen) this.#close(action);
    for (const listener of this.#listeners) listener.decided?.(action, vcpu);
  }

  /** Takes a candidate out; decides when one is left, gives up when none is. `isProof`: the last one is certain. */
  exclude(action: Action, vcpu: number, isProof: boolean): void {
    if (!action.isOpen || action.candidates === undefined) return;
    action.candidates = action.candidates.filter((candidate) => candidate !== vcpu);
    const [one] = action.candidates;
    if (one === undefined) this.giveUp(action);
    else if (isProof && action.candidates.length === 1) this.decide(action, one);
  }

  /** Nothing more will come that could prove it, or there is no room to wait. */
  giveUp(action: Action): void {
    if (!action.isOpen) return;
    action.actor = NOBODY;
    this.#close(action);
    for (const listener of this.#listeners) listener.givenUp?.(action);
  }

  giveUpAll(): void {
    for (const action of [...this.#open]) this.giveUp(action);
  }

  /** The members are the vCPUs' of the group, in an order that nothing shows. */
  settle(group: Group): void {
    const { vcpus, members } = group;
    for (const action of members) {
      action.group = group;
      action.candidates = [...vcpus];
      action.actor = NOBODY;
    }
    this.#open = this.#open.filter((action) => !members.includes(action));
    for (const listener of this.#listeners) listener.settled?.(group);
  }

  #close(action: Action): void {
    this.#open.splice(this.#open.indexOf(action), 1);
    for (const listener of this.#listeners) listener.closed?.(action);
  }
}
