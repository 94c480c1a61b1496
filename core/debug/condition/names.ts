/**
 * What a trace calls things: what the checker compares a condition with, completion offers and the planner resolves.
 * A trace being recorded grows; every list only grows, ids stay.
 */
import { type SlotDescriptor } from '../../state/layout.ts';
import { type InterruptDescriptor } from '../../trace/interrupts.ts';
import { type Kind } from '../../trace/kinds.ts';

export interface NameSpace {
  /** Number of vCPUs; they are numbered from 0. */
  readonly vcpus: number;
  /** Index = slot id. */
  readonly slots: readonly SlotDescriptor[];
  readonly interrupts: readonly InterruptDescriptor[];
  /** Registers and instructions that events access. */
  readonly registers: readonly string[];
  /** Events' names in the source. */
  readonly eventNames: readonly string[];
  readonly kinds: readonly Kind[];
  /** Exit reasons seen. */
  readonly reasons?: readonly string[];
}
