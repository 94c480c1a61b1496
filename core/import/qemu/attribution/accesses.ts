/**
 * What register lines prove: a write stands before its effect, a read after it, and the vCPU does nothing else in
 * between. So the effect of an outstanding write belongs to a vCPU that has such a write outstanding, and when that
 * vCPU's next line comes, the effect is there.
 */
import { Action, Group, isAlsoByOthers } from './action.ts';
import { type Claims } from './claims.ts';
import { type Docket, type DocketListener } from './docket.ts';
import { Operation, operationOf } from './operation.ts';

interface Own {
  /** Action of this vCPU's own lines. */
  readonly action: Action;
  /** The write that its last own line printed, until its next own line. */
  write: Operation | undefined;
  /** Order of its last own line. */
  serial: number;
}

export class Accesses implements DocketListener {
  readonly #docket: Docket;
  readonly #claims: Claims;
  readonly #own: Own[] = [];

  constructor(docket: Docket, claims: Claims) {
    this.#docket = docket;
    this.#claims = claims;
  }

  /** A line that the vCPU prints about itself: what it did before is done. */
  ownLine(vcpu: number, serial: number): Action {
    const own = this.#ownOf(vcpu);
    this.#writeIsOver(vcpu, own);
    own.serial = serial;
    return own.action;
  }

  /** After `ownLine`: the line is this write. */
  write(vcpu: number, encoding: number, lo: number, hi: number): void {
    const row = operationOf(encoding);
    const own = this.#ownOf(vcpu);
    if (row !== undefined) own.write = new Operation(row, lo, hi, own.serial);
  }

  /** A read that acknowledges owns one acknowledge since the vCPU's previous own line. */
  read(vcpu: number, encoding: number, lo: number, hi: number, serial: number): void {
    const previous = this.#ownOf(vcpu).serial;
    this.ownLine(vcpu, serial);
    const row = operationOf(encoding);
    const isAnswer = hi === 1 || (hi === 0 && lo === 0);
    if (row?.causes !== 'acknowledge' || !isAnswer) return;
    const read = new Operation(row, lo, hi, serial);
    this.#claims.add(
      vcpu,
      this.#docket.open((action) => action.serial > previous && read.explains(action)),
    );
  }

  /** Decides an action that an outstanding write may explain. Untrusted: writes may be missing, so nothing is proven. */
  explain(action: Action, isTrusted: boolean): void {
    const first = this.#nextWriter(action, 0);
    if (first === undefined) return;
    const isProof = isTrusted && !isAlsoByOthers(action.kind);
    const second = this.#nextWriter(action, first + 1);
    if (isProof && second === undefined) {
      this.#docket.decide(action, first);
      return;
    }
    const candidates = [first];
    for (let vcpu = second; vcpu !== undefined; vcpu = this.#nextWriter(action, vcpu + 1)) candidates.push(vcpu);
    if (!isTrusted) this.#mayBeDone(action, candidates);
    else {
      this.#docket.wait(action, candidates);
      if (isProof) this.#settleIfAllDone(candidates);
    }
  }

  /** The first vCPU, from this one on, with an outstanding write that explains the action. */
  #nextWriter(action: Action, from: number): number | undefined {
    for (let vcpu = from; vcpu < this.#own.length; vcpu++)
      if (this.#outstanding(vcpu)?.explains(action) === true) return vcpu;
    return undefined;
  }

  /** As many effects as writes that explain them: each of these vCPUs has had its own. */
  #settleIfAllDone(vcpus: readonly number[]): void {
    const effects = this.#docket.open(
      (action) =>
        action.candidates?.every((vcpu) => vcpus.includes(vcpu) && this.#outstanding(vcpu)?.precedes(action)) ?? false,
    );
    if (effects.length === vcpus.length) this.#docket.settle(new Group(vcpus, effects));
  }

  /** Whether the vCPU has a write of this timer outstanding. */
  isWritingTimer(vcpu: number, timer: number): boolean {
    return this.#outstanding(vcpu)?.row.timers?.includes(timer) ?? false;
  }

  /** Lines are missing: no outstanding write proves anything. */
  distrust(): void {
    for (const own of this.#own) if (own?.write !== undefined) own.write.isDone = true;
  }

  /** A write has one effect: others that it might have explained are someone else's. */
  decided(action: Action, vcpu: number): void {
    const write = this.#own[vcpu]?.write;
    if (write === undefined || !write.precedes(action)) return;
    write.isDone = true;
    if (!this.#docket.isEmpty) this.#excludeOthers(vcpu, write);
  }

  settled({ vcpus, members }: Group): void {
    for (const action of members) this.#mayBeDone(action, vcpus);
  }

  givenUp(action: Action): void {
    if (action.candidates !== undefined) this.#mayBeDone(action, action.candidates);
  }

  #ownOf(vcpu: number): Own {
    let own = this.#own[vcpu];
    if (own === undefined) {
      const action = new Action('own', 0);
      action.actor = vcpu;
      own = { action, write: undefined, serial: 0 };
      this.#own[vcpu] = own;
    }
    return own;
  }

  /** The vCPU's write whose effect is not known yet. */
  #outstanding(vcpu: number): Operation | undefined {
    const write = this.#own[vcpu]?.write;
    return write === undefined || write.isDone ? undefined : write;
  }

  /** The vCPU goes on: its write has had its effect. */
  #writeIsOver(vcpu: number, own: Own): void {
    const write = this.#outstanding(vcpu);
    own.write = undefined;
    if (write !== undefined && !this.#docket.isEmpty) this.#effectIsIn(vcpu, write);
  }

  /** The write has had its effect: it is among the open actions. */
  #effectIsIn(vcpu: number, write: Operation): void {
    const mine = this.#docket.open((action) => action.candidates?.includes(vcpu) === true && write.precedes(action));
    this.#claims.add(vcpu, mine);
    for (const action of mine) if (action.isOpen && !this.#hasWriter(action)) this.#docket.giveUp(action);
  }

  #excludeOthers(vcpu: number, write: Operation): void {
    for (const other of this.#docket.open((open) => write.precedes(open) && open.candidates?.includes(vcpu) === true))
      this.#docket.exclude(other, vcpu, !isAlsoByOthers(other.kind));
  }

  /** Whether a candidate's write is still outstanding, so that its next own line may prove something. */
  #hasWriter(action: Action): boolean {
    return action.candidates?.some((vcpu) => this.#outstanding(vcpu)?.precedes(action)) ?? false;
  }

  /** The action may have been the effect of any of these writes: none of them can prove another one. */
  #mayBeDone(action: Action, candidates: readonly number[]): void {
    for (const vcpu of candidates) {
      const write = this.#own[vcpu]?.write;
      if (write?.precedes(action)) write.isDone = true;
    }
  }
}
