/** Declares SPIs and LPIs to a trace: each field is a range of bits of the interrupt's table entry. */
import { type Intid } from '../../gic/intid.ts';
import { type Machine } from '../../machine/machine.ts';
import { type SlotId } from '../../state/brand.ts';
import { type InterruptField } from '../../trace/interrupts.ts';
import { type TraceSink } from '../../trace/sink.ts';

/** Fields of a table entry (gicv5-spi-lpi-behaviour §3.1). */
const FIELDS: readonly (readonly [field: InterruptField, lsb: number, width: number])[] = [
  ['pending', 0, 1],
  ['active', 1, 1],
  ['enabled', 3, 1],
  ['handling', 2, 1],
  ['priority', 11, 5],
  ['target', 16, 16],
];
/** The line of an SPI, in the slot of KVM's own copy. */
const LINE = 1;
const SPI = 3;

/** An entry's slot is claimed with the VM, at INIT or when it is first needed; from then on the interrupt is indexed. */
export function declareTables(machine: Machine, sink: TraceSink): void {
  const declareEntry = (type: number, number: number, slot: SlotId): void => {
    const intid = (type * 0x2000_0000 + number) as Intid; // a type and a number of an entry make an identifier
    const declare = (field: InterruptField, at: SlotId, lsb: number, width: number): void =>
      sink.interruptField(intid, undefined, field, { slot: at, lsb, width });
    for (const [field, lsb, width] of FIELDS) declare(field, slot, lsb, width);
    const own = type === SPI ? machine.journal.layout.find(`spi${number}.kvm`) : undefined;
    if (own !== undefined) declare('line', own, LINE, 1);
  };
  machine.host.irs?.visitEntries(declareEntry);
  machine.host.onIstEntry = declareEntry;
}
