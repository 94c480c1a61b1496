/** What every view of a state asks about: the slots of a trace, its interrupts, and what those are called. Pure. */
import { classicPpi, v5Ppi } from '../gic/ppi-names.ts';
import { type Layout } from '../state/layout.ts';
import { type InterruptIndex } from '../trace/interrupt-index.ts';
import { type InterruptDescriptor, interruptOf } from '../trace/interrupts.ts';
import { type GicModel } from '../trace/sink.ts';

/** What names the slots of a state. */
export interface Inspectable {
  readonly layout: Layout;
  readonly interrupts: readonly InterruptDescriptor[];
  /** The same interrupts by INTID, and their states without an object each. */
  readonly numbers: Pick<InterruptIndex, 'findNumber' | 'stateCode'>;
  readonly gic: GicModel;
}

/** `CNTV` for PPI 27: what the interrupt is wired to by the architecture (v5) or by convention (v3, v2). */
export function interruptName(intid: number, gic: GicModel): string {
  const interrupt = interruptOf(intid);
  if (interrupt?.type !== 'ppi') return '';
  return (gic === 'v5' ? v5Ppi(interrupt.number) : classicPpi(interrupt.number))?.name ?? '';
}
