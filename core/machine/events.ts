/** What a machine tells beyond what KVM tells: the guest's own steps and the scheduler's. */
import { type KvmEvent, type Place } from '../kvm/events.ts';

export type MachineEvent =
  /** The guest takes an exception to EL1. */
  | { readonly kind: 'guest.exception'; readonly exception: string; readonly from: bigint; readonly to: bigint }
  | { readonly kind: 'guest.wfi'; readonly wfe: boolean; readonly pc: bigint }
  /** The guest reached a label that the scenario watches. */
  | { readonly kind: 'guest.label'; readonly label: string; readonly pc: bigint; readonly count: number }
  | {
      readonly kind: 'guest.psci';
      readonly function: string;
      readonly x0: bigint;
      readonly x1: bigint;
      readonly result: bigint;
    }
  | { readonly kind: 'host.migrate'; readonly from: number; readonly to: number }
  | { readonly kind: 'host.schedule'; readonly reason: string }
  | { readonly kind: 'machine.halt'; readonly reason: HaltReason };

/** Why a machine will do nothing more. */
export type HaltReason =
  /** Every vCPU is off. */
  | 'poweredOff'
  /** Everything sleeps and nothing is due. */
  | 'idle'
  /** The limit of instructions or time was reached. */
  | 'limit'
  /** A vCPU's KVM_RUN failed. */
  | 'runFailed'
  /** Somebody asked. */
  | 'stopped';

export type AnyEvent = KvmEvent | MachineEvent;
export type MachineObserver = (event: AnyEvent, place: Place) => void;
