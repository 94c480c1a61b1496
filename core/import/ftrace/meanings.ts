/**
 * What each event of a KVM host means (trace-import-formats §2), by name. Events without a row become host events with
 * all their fields: nothing is left out.
 *
 * `vcpu` comes from the thread for what runs in the vCPU's thread, from the printed number where there is one. An SPI's
 * number 0 is no vCPU (§2.2), and a thread that an interrupt stopped proves nothing.
 */
import { HostEventError, isOfHost } from './guest.ts';
import { HOST } from './meanings/host.ts';
import { INJECTIONS } from './meanings/injections.ts';
import { type Meaning, other } from './meanings/meaning.ts';
import { TIMERS } from './meanings/timers.ts';
import { TRAPS } from './meanings/traps.ts';
import { VCPU_RUNS } from './meanings/vcpu-runs.ts';
import { type FtraceRecord } from './record.ts';
import { type Scene } from './scene.ts';

const MEANINGS: ReadonlyMap<string, Meaning> = new Map([...VCPU_RUNS, ...TRAPS, ...INJECTIONS, ...TIMERS, ...HOST]);

/**
 * Appends what the record means, with the state that it proves.
 * @throws HostEventError for an event of KVM in the recording of a guest
 */
export function observe(record: FtraceRecord, scene: Scene): void {
  if (scene.guest !== undefined && isOfHost(record.name)) throw new HostEventError(record);
  const meaning = MEANINGS.get(record.name);
  if (meaning === undefined) other(record, scene, scene.maybeOwnVcpu(record));
  else meaning(record, scene);
}

/** Events were lost before this record, on its CPU; −1: nobody counted how many. */
export function observeLoss(record: FtraceRecord, count: number, scene: Scene): void {
  scene.forgetAll();
  scene.emit(record, -1, 'unknown', { kind: 'lost', ...(count < 0 ? {} : { count: BigInt(count) }) });
}
