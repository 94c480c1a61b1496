/** An event with what is known of its place, as tests keep them. */
import { type KvmEvent } from '../../../core/kvm/events.ts';
import { type Place } from '../../../core/kvm/place.ts';

type KnownPlace = { readonly [K in keyof Place]?: number };
export type Recorded = KvmEvent & KnownPlace;

export function recordedOf(event: KvmEvent, { vm, vcpu, pcpu }: Place): Recorded {
  const known: KnownPlace = {
    ...(vm === undefined ? {} : { vm }),
    ...(vcpu === undefined ? {} : { vcpu }),
    ...(pcpu === undefined ? {} : { pcpu }),
  };
  return { ...event, ...known };
}
