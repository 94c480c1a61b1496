/** What interrupts are called beside their numbers. Pure. */
import { classicPpi, v5Ppi } from '../gic/ppi-names.ts';
import { interruptOf } from '../trace/interrupts.ts';
import { type GicModel } from '../trace/sink.ts';

/** `CNTV` for PPI 27: what the interrupt is wired to by the architecture (v5) or by convention (v3, v2). */
export function interruptName(intid: number, gic: GicModel): string {
  const interrupt = interruptOf(intid);
  if (interrupt?.type !== 'ppi') return '';
  return (gic === 'v5' ? v5Ppi(interrupt.number) : classicPpi(interrupt.number))?.name ?? '';
}
