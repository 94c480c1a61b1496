/** What every view of a state asks about: the slots of a trace and its interrupts. */
import { type Layout } from '../state/layout.ts';
import { type InterruptIndex } from '../trace/interrupt-index.ts';
import { type InterruptDescriptor } from '../trace/interrupts.ts';
import { type GicModel } from '../trace/sink.ts';

/** What names the slots of a state. */
export interface Inspectable {
  readonly layout: Layout;
  readonly interrupts: readonly InterruptDescriptor[];
  /** The same interrupts by INTID, and their states without an object each. */
  readonly numbers: Pick<InterruptIndex, 'findNumber' | 'stateCode'>;
  readonly gic: GicModel;
}
