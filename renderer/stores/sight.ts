/**
 * Which states the lanes need at each stop. A trace with few vCPUs and shared interrupts is asked about all of them, so
 * that scrolling asks nothing; of a larger one, those on screen and the selected one.
 */
import { type Lane } from '../../core/session/contract.ts';
import { type Sight } from './moment.ts';

/** Up to so many vCPUs, all are inspected at each stop. */
const ALL_VCPUS = 8;
/** Shared interrupts that an answer tells without being asked for them (contract: `state.inspect`). */
const ALL_SHARED = 512;

export function sightOf(
  trace: { readonly vcpus: number; readonly lanes: readonly Lane[] },
  lanes: readonly Lane[],
  selected: Lane | undefined,
): Sight {
  const seen = selected === undefined ? lanes : [selected, ...lanes];
  const vcpus =
    trace.vcpus <= ALL_VCPUS
      ? Array.from({ length: trace.vcpus }, (_, number) => number)
      : [...new Set(seen.flatMap(({ vcpu }) => vcpu ?? []))];
  const isShared = ({ vcpu, intid }: Lane): boolean => vcpu === null && intid !== null;
  if (trace.lanes.filter(isShared).length <= ALL_SHARED) return { vcpus, shared: undefined };
  const shared = [...new Set(seen.filter(isShared).flatMap(({ intid }) => intid ?? []))];
  return { vcpus, shared: shared.slice(0, ALL_SHARED) };
}

export function sameSight(a: Sight, b: Sight): boolean {
  return a.vcpus.join() === b.vcpus.join() && a.shared?.join() === b.shared?.join();
}
