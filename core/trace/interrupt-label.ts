/** The name of an interrupt for people: `PPI 27`. A trace keeps every GIC generation in the typed numbering. */
import { formatIntid } from '../gic/intid.ts';

/** `PPI 27`, `SPI 5`, `LPI 8`; type 0 is a GICv3 or GICv2 `SGI 3`. */
export function interruptLabel(intid: number): string {
  return intid >>> 29 === 0 && intid <= 0xff_ffff ? `SGI ${intid}` : formatIntid(intid);
}
