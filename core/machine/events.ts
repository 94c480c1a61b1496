/** What a machine tells beyond what KVM tells: the guest's own steps and the scheduler's. */
import { type KvmEvent } from '../kvm/events.ts';
import { type Place } from '../kvm/place.ts';

export type MachineEvent =
  /** An access that no other event tells: a timer's or identification register, or a GIC instruction. */
  | {
      readonly kind: 'guest.access';
      readonly register: string;
      readonly op: 'read' | 'write' | 'execute';
      /** Value read or written, or an instruction's operand or result, in halves. */
      readonly lo: number;
      readonly hi: number;
    }
  /** The guest is about to take an exception to EL1. */
  | { readonly kind: 'guest.exception'; readonly exception: string; readonly from: bigint; readonly to: bigint }
  | { readonly kind: 'guest.wfi'; readonly wfe: boolean; readonly pc: bigint }
  /** The guest reached a label that somebody watches. */
  | { readonly kind: 'guest.label'; readonly label: string; readonly pc: bigint; readonly count: number }
  | {
      readonly kind: 'guest.psci';
      readonly function: string;
      readonly x0: bigint;
      readonly x1: bigint;
      readonly result: bigint;
    }
  /** Between rounds: a vCPU's thread is to run on another physical CPU. */
  | { readonly kind: 'host.migrate'; readonly from: number; readonly to: number }
  /** User space stopped a vCPU, lets it run again, or switched it on or off. */
  | { readonly kind: 'host.vcpu'; readonly action: 'pause' | 'resume' | 'reset' }
  /** The wire of a physical PPI that is not a timer was moved. */
  | { readonly kind: 'host.wire'; readonly ppi: number; readonly level: boolean }
  | { readonly kind: 'machine.halt'; readonly reason: HaltReason };

/** Why a machine will do nothing more. */
export type HaltReason =
  /** Every vCPU is off, paused for good or has failed. */
  | 'poweredOff'
  /** Everything sleeps and nothing is due. */
  | 'idle'
  /** The limit of instructions or time was reached. */
  | 'limit'
  /** Somebody asked. */
  | 'stopped';

/** What a guest is about to do to a register, an instruction of the GIC, or memory outside its RAM. */
export interface GuestAccess {
  /** Register or instruction; empty for memory. */
  readonly name: string;
  readonly op: 'read' | 'write' | 'execute';
  /** Of memory. */
  readonly address: bigint | undefined;
  /** Value written or operand, in halves; undefined where there is none before the access. */
  readonly lo: number | undefined;
  readonly hi: number | undefined;
  /** Address of the instruction. */
  readonly pc: bigint;
}

export type AnyEvent = KvmEvent | MachineEvent;
export type MachineObserver = (event: AnyEvent, place: Place) => void;
