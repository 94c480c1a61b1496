/** The form of a meaning, and what several of them say (trace-import-formats §2). */
import { type FtraceRecord } from '../record.ts';
import { type Scene } from '../scene.ts';

/** Appends the events that a record is, with the state that it proves. */
export type Meaning = (record: FtraceRecord, scene: Scene) => void;

/** Meanings by the name of the tracepoint. */
export type MeaningRows = readonly (readonly [name: string, meaning: Meaning])[];

const NOTHING = {};

/** Properties that are left out when their value is unknown; each its own literal, because thousands are spread. */
export const withValue = (value: bigint | undefined): { readonly value?: bigint } =>
  value === undefined ? NOTHING : { value };

export const withArgument = (argument: bigint | undefined): { readonly argument?: bigint } =>
  argument === undefined ? NOTHING : { argument };

export const withPc = (pc: bigint | undefined): { readonly pc?: bigint } => (pc === undefined ? NOTHING : { pc });

export const pcOf = (record: FtraceRecord): { readonly pc?: bigint } => withPc(record.u64('vcpu_pc'));

/** A host event, with two of its numbers. */
export function other(record: FtraceRecord, scene: Scene, vcpu: number, value?: bigint, argument?: bigint): void {
  scene.emit(record, vcpu, scene.guest === undefined ? 'unknown' : 'guest', {
    kind: 'host.event',
    event: record.name,
    ...withValue(value),
    ...withArgument(argument),
  });
}

/** A step of KVM in the vCPU's own thread. */
export const step =
  (what: string, value?: string, argument?: string): Meaning =>
  (record, scene) => {
    scene.emit(record, scene.maybeOwnVcpu(record), 'hypervisor', {
      kind: 'kvm.step',
      step: what,
      ...withValue(value === undefined ? undefined : record.u64(value)),
      ...withArgument(argument === undefined ? undefined : record.u64(argument)),
    });
  };

/** A host event of the thread's vCPU, with the numbers of two fields. */
export const withNumber =
  (field: string, second?: string): Meaning =>
  (record, scene) => {
    const vcpu = scene.maybeOwnVcpu(record);
    other(record, scene, vcpu, record.u64(field), second === undefined ? undefined : record.u64(second));
  };
