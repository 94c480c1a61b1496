/**
 * Every way in which the PEs can have acted so far: sets of PE states, one state per PE, that explain all records up to
 * now. A record that names no PE is explained when one PE in one of them can have made it; those that cannot explain it
 * are dropped. Equal ones are merged, and PEs forget quickly, so there are few.
 *
 * Bound: at most `MOST` are kept. After some were left out, a record that none explains proves nothing, until the ways
 * that were kept have explained `SETTLED` records: one that was left out would differ from them by then only in what no
 * record asks for.
 */
import { type PeImage } from './pe-image.ts';
import { type Stepped } from './pe-steps.ts';

const MOST = 2048;
const SETTLED = 512;
const NOBODY = -1;

/** One way: the state of each PE, and who acts now. */
interface Way {
  readonly pes: readonly PeImage[];
  readonly actor: number;
}

export type Explained = 'sure' | 'open' | 'not';

export class Attributions {
  #ways: readonly Way[];
  #unsettled = 0;

  constructor(pes: readonly PeImage[]) {
    this.#ways = [{ pes, actor: NOBODY }];
  }

  get isComplete(): boolean {
    return this.#unsettled === 0;
  }

  get size(): number {
    return this.#ways.length;
  }

  /** The state that PE `pe`, by default the one that acts, has in the first way. */
  sample(pe?: number): { readonly image: PeImage; readonly pe: number } | undefined {
    const [way] = this.#ways;
    const index = pe ?? Math.max(0, way?.actor ?? 0);
    const image = way?.pes[index];
    return image === undefined ? undefined : { image, pe: index };
  }

  /** Somebody, or `pe`, begins to act. When nobody can, nobody acts and nothing changes. */
  begin(pe: number | undefined, step: (image: PeImage, pe: number) => Stepped | undefined): Explained {
    const ways: Way[] = [];
    let isSure = false;
    for (const { pes } of this.#ways)
      for (let actor = pe ?? 0; actor < pes.length; actor++) {
        const image = pes[actor];
        const stepped = image === undefined ? undefined : step(image, actor);
        if (stepped !== undefined) {
          ways.push({ pes: pes.with(actor, stepped.image), actor });
          isSure ||= stepped.isSure;
        }
        if (pe !== undefined) break;
      }
    return this.#take(ways, isSure);
  }

  /** A record of the PE that acts, or of `pe`. When no way explains it, nothing changes. */
  filter(pe: number | undefined, step: (image: PeImage, pe: number) => Stepped | undefined): Explained {
    const ways: Way[] = [];
    let isSure = false;
    for (const { pes, actor } of this.#ways) {
      const index = pe ?? actor;
      const image = pes[index];
      const stepped = image === undefined ? undefined : step(image, index);
      if (stepped === undefined) continue;
      ways.push({ pes: stepped.image === image ? pes : pes.with(index, stepped.image), actor });
      isSure ||= stepped.isSure;
    }
    return this.#take(ways, isSure);
  }

  /** The action is over. */
  end(): void {
    if (this.#ways.every(({ actor }) => actor === NOBODY)) return;
    this.#set(this.#ways.map(({ pes }) => ({ pes, actor: NOBODY })));
  }

  #take(ways: readonly Way[], isSure: boolean): Explained {
    if (ways.length === 0) return 'not';
    if (this.#unsettled > 0) this.#unsettled--;
    this.#set(ways);
    return isSure ? 'sure' : 'open';
  }

  #set(ways: readonly Way[]): void {
    const kept = new Map<string, Way>();
    for (const way of ways) {
      const key = `${way.actor}:${way.pes.map((image) => image.key).join()}`;
      if (!kept.has(key)) kept.set(key, way);
    }
    this.#ways = [...kept.values()];
    if (this.#ways.length <= MOST) return;
    this.#ways = this.#ways.slice(0, MOST);
    this.#unsettled = SETTLED;
  }
}
