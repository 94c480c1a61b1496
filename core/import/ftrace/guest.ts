/**
 * A recording that Linux made inside a guest. It has no events of KVM; its CPUs are the guest's, so CPU n is taken as
 * vCPU n (trace-import-formats §3, last paragraph). That is an inference: firmware that numbers CPUs otherwise, or a
 * kernel started by kexec on another CPU, counts differently; `info` says that it was made and why.
 *
 * It is made where the user says so, and where the file has the time shift to its host that trace-cmd's agent writes
 * and no format of a KVM event. Else nothing is guessed: interrupts of virtio devices are told as a hint.
 */
import { ImportError } from '../errors.ts';
import { type FtraceRecord } from './record.ts';

/** Why a recording is taken as one from inside a guest. */
export type GuestProof = 'user' | 'time shift';

const SAYS: Readonly<Record<GuestProof, string>> = {
  user: 'you say that it was recorded inside the guest',
  'time shift': "an inference: the file has the time shift to its host that trace-cmd's agent writes in guests",
};

const MOST_VCPUS = 512;
const LOOKED_AT = 10_000;

/** The vCPUs of a guest's own recording. */
export class GuestCpus {
  readonly #proof: GuestProof;
  /** Highest CPU with an event, plus one; or what the user states. */
  count: number;

  constructor(proof: GuestProof, stated = 0) {
    this.#proof = proof;
    this.count = stated;
  }

  /** What the vCPUs follow from, for `info`. */
  get from(): string {
    return `the CPUs of the recording, CPU n as vCPU n: ${SAYS[this.#proof]}`;
  }

  /** −1: nothing says on which CPU it happened. */
  vcpuOf({ cpu }: FtraceRecord): number {
    if (cpu < 0 || cpu >= MOST_VCPUS) return -1;
    if (cpu >= this.count) this.count = cpu + 1;
    return cpu;
  }
}

/** An event of KVM in what should be a guest's recording: it is a host's, whose vCPUs are those of its own guests. */
export class HostEventError extends Error {
  readonly event: string;
  readonly line: number;

  constructor({ name, record }: FtraceRecord) {
    super(`${name} in the recording of a guest`);
    this.event = name;
    this.line = record;
  }
}

/** A thrown value, where it is a HostEventError as what the user is told. `where`: what its number counts. */
export function hostEventTold(thrown: unknown, file: string, where: 'line' | 'record'): unknown {
  if (!(thrown instanceof HostEventError)) return thrown;
  return new ImportError({
    code: 'unsupported',
    file,
    problem:
      `you say that it was recorded inside a guest, but ${where} ${thrown.line} is an event of a KVM host ` +
      `(${thrown.event}): its vCPUs are those of guests of its own.`,
    hint: 'Import it without --guest.',
    ...(where === 'line' ? { at: { line: thrown.line } } : { at: { byte: 0 } }),
    cause: thrown,
  });
}

export function isOfHost(event: string): boolean {
  return event.startsWith('kvm_') || event.startsWith('vgic_');
}

/** Looks for what a machine without KVM events could be. Bounded: the first LOOKED_AT interrupts. */
export class GuestHint {
  #looked = 0;
  #device = '';

  /** An interrupt handler begins. */
  handler(record: FtraceRecord): void {
    if (this.#device !== '' || this.#looked === LOOKED_AT) return;
    this.#looked++;
    const name = record.text('name');
    if (name !== undefined && /^virtio\d/.test(name)) this.#device = name.slice(0, 64);
  }

  /** Why a recording without events of KVM shows no vCPU, and what to do. */
  get text(): string {
    const seems = this.#device === '' ? '' : `; interrupts of ${this.#device} make a guest's own recording likely`;
    return `no event of KVM names one${seems}. If it was recorded inside a guest, import it with --guest FILE: CPU n is then vCPU n`;
  }
}
