/**
 * The interrupts whose lives are followed (lives.ts), each with its places: one per vCPU for private ones, with one more
 * for facts that name no vCPU; a single one for shared ones. A place has the lives that wait there to be acknowledged
 * and those that were taken. Cost of finding a place: one look-up by number, and one in a list by vCPU.
 */
import { type Intid } from '../gic/intid.ts';
import { INTERRUPT_LIMIT, isPrivate } from './interrupt-index.ts';
import { ACKNOWLEDGED, NONE, type OpenLife } from './open-lives.ts';

export interface Place {
  readonly waiting: OpenLife[];
  readonly active: OpenLife[];
  /** Last `irq.state` report: bit 0 level, 1 pending, 2 active. */
  reported: number;
}

export interface Tracked {
  readonly intid: Intid;
  readonly single: boolean;
  /** In the order in which they came up. */
  readonly places: Place[];
  /** By vCPU + 1; that of a shared interrupt is the first. */
  readonly byVcpu: (Place | undefined)[];
}

export class TrackedInterrupts {
  readonly #byIntid = new Map<number, Tracked>();

  find(intid: number): Tracked | undefined {
    return this.#byIntid.get(intid);
  }

  /** The interrupt, followed from now on if it was not; undefined when there are too many. */
  of(intid: number): Tracked | undefined {
    const known = this.#byIntid.get(intid);
    if (known !== undefined || this.#byIntid.size >= INTERRUPT_LIMIT) return known;
    // Numbers in events come from Intid fields.
    const tracked = { intid: intid as Intid, single: !isPrivate(intid), places: [], byVcpu: [] };
    this.#byIntid.set(intid, tracked);
    return tracked;
  }
}

/** Where facts from this vCPU, −1 for none, belong; undefined: there were none so far. */
export function placeAt({ byVcpu, single }: Tracked, vcpu: number): Place | undefined {
  return byVcpu[single ? 0 : vcpu + 1];
}

export function placeOf(tracked: Tracked, vcpu: number): Place {
  const known = placeAt(tracked, vcpu);
  if (known !== undefined) return known;
  const { byVcpu, places, single } = tracked;
  const place = { waiting: [], active: [], reported: 0 };
  const at = single ? 0 : vcpu + 1;
  while (byVcpu.length < at) byVcpu.push(undefined);
  byVcpu[at] = place;
  places.push(place);
  return place;
}

/** Facts from here may stem from several vCPUs. */
export function isMixed({ single }: Tracked, vcpu: number): boolean {
  return !single && vcpu === NONE;
}

/** The place that has any such lives, if there is just one. */
export function onlyPlace({ places }: Tracked, lives: 'waiting' | 'active'): Place | undefined {
  let found: Place | undefined;
  for (const place of places) {
    if (place[lives].length === 0) continue;
    if (found !== undefined) return undefined;
    found = place;
  }
  return found;
}

/** The first that became active without an acknowledge. */
export function unacknowledged({ active }: Place): OpenLife | undefined {
  for (const life of active) if (life.seqs[ACKNOWLEDGED] === NONE) return life;
  return undefined;
}
