/**
 * vCPUs that own exactly one of several open actions: the effect of a write that is certainly over, or the acknowledge
 * of a read, where more than one action fits. A claim ends when all but one of its actions turn out to be others'; or
 * when as many vCPUs claim the same actions as there are, so that each has done one of them, whichever.
 */
import { type Action, Group } from './action.ts';
import { type Docket, type DocketListener } from './docket.ts';

interface Claim {
  readonly vcpu: number;
  actions: readonly Action[];
  /** One of them was given up, and may have been its own. */
  isSpoiled: boolean;
}

export class Claims implements DocketListener {
  readonly #docket: Docket;
  #claims: Claim[] = [];

  constructor(docket: Docket) {
    this.#docket = docket;
  }

  /** One of these open actions is this vCPU's. */
  add(vcpu: number, actions: readonly Action[]): void {
    const [one] = actions;
    if (one === undefined) return;
    if (actions.length === 1) {
      this.#docket.decide(one, vcpu);
      return;
    }
    this.#claims.push({ vcpu, actions, isSpoiled: false });
    const same = this.#claims.filter((claim) => isSame(claim.actions, actions));
    if (same.length !== actions.length || same.some(({ isSpoiled }) => isSpoiled)) return;
    const vcpus = same.map((claim) => claim.vcpu);
    this.#docket.settle(new Group(vcpus, actions));
  }

  clear(): void {
    this.#claims = [];
  }

  closed(done: Action): void {
    if (this.#claims.length === 0) return;
    this.#claims = this.#claims.filter(({ vcpu, actions }) => vcpu !== done.actor || !actions.includes(done));
    for (const claim of this.#claims) {
      if (!claim.actions.includes(done)) continue;
      claim.actions = claim.actions.filter((action) => action !== done);
      if (done.actor < 0) claim.isSpoiled = true;
    }
    const won = this.#claims.find(({ actions, isSpoiled }) => actions.length === 1 && !isSpoiled);
    this.#claims = this.#claims.filter((claim) => claim.actions.length > 1 && claim !== won);
    const [one] = won?.actions ?? [];
    // Deciding one closes it and so comes back here for the next.
    if (won !== undefined && one?.isOpen) this.#docket.decide(one, won.vcpu);
  }

  settled({ members }: Group): void {
    this.#claims = this.#claims.filter(({ actions }) => !actions.some((action) => members.includes(action)));
  }
}

function isSame(a: readonly Action[], b: readonly Action[]): boolean {
  return a.length === b.length && a.every((action) => b.includes(action));
}
