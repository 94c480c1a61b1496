/** The form of a meaning, and what several of them say (trace-import-formats §2). */
import { type FtraceRecord } from '../record.ts';
import { type Scene } from '../scene.ts';

/** Appends the events that a record is, with the state that it proves. */
export type Meaning = (record: FtraceRecord, scene: Scene) => void;

/** Meanings by the name of the tracepoint. */
export type MeaningRows = readonly (readonly [name: string, meaning: Meaning])[];

export /** A property that is left out when its value is unknown. */
function known<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  // An object with one computed key has a wider type than what it is.
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

export const pcOf = (record: FtraceRecord): { readonly pc?: bigint } => known('pc', record.u64('vcpu_pc'));

/** A host event, with two of its numbers. */
export function other(record: FtraceRecord, scene: Scene, vcpu: number, value?: bigint, argument?: bigint): void {
  scene.emit(record, vcpu, scene.guest === undefined ? 'unknown' : 'guest', {
    kind: 'host.event',
    event: record.name,
    ...known('value', value),
    ...known('argument', argument),
  });
}

/** A step of KVM in the vCPU's own thread. */
export const step =
  (what: string, value?: string, argument?: string): Meaning =>
  (record, scene) => {
    scene.emit(record, scene.maybeOwnVcpu(record), 'hypervisor', {
      kind: 'kvm.step',
      step: what,
      ...known('value', value === undefined ? undefined : record.u64(value)),
      ...known('argument', argument === undefined ? undefined : record.u64(argument)),
    });
  };

/** A host event of the thread's vCPU, with the numbers of two fields. */
export const withNumber =
  (field: string, second?: string): Meaning =>
  (record, scene) => {
    const vcpu = scene.maybeOwnVcpu(record);
    other(record, scene, vcpu, record.u64(field), second === undefined ? undefined : record.u64(second));
  };
