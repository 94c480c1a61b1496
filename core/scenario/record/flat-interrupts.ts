/**
 * Where the state of a GICv3 or GICv2 VM's interrupts lives: in the packed slot that KVM keeps of each
 * (core/kvm/vgic/irq.ts), and, what a list register has a part in, in the guest's view (core/kvm/vgic/guest-view.ts).
 */
import { type Machine } from '../../machine/machine.ts';
import { type Cell } from '../../state/cell.ts';
import { vcpuId } from '../../state/brand.ts';
import { flatType, type Intid } from '../../gic/intid.ts';
import { type InterruptField, intidOf } from '../../trace/interrupts.ts';
import { type TraceSink } from '../../trace/sink.ts';

/** Identifiers of GICv5 have their type in bits 31:29. */
const V5 = 0x2000_0000;

/** The trace's number of an interrupt that KVM names; undefined for what is none (1020 … 1023, reserved). */
export function intidOfKvm(number: number): Intid | undefined {
  // A GICv5 identifier is the trace's number already.
  if (number >= V5) return number as Intid;
  const type = flatType(number);
  return type === undefined || type === 'special' || type === 'reserved' ? undefined : intidOf({ type, number });
}

type Fields = readonly (readonly [InterruptField, lsb: number, width: number])[];

/** Bits of `Irq.state`: field, first bit, width. */
const KVM_FIELDS: Fields = [
  ['enabled', 0, 1],
  ['line', 2, 1],
  ['handling', 4, 1],
  ['priority', 8, 8],
];
/** Bits of the guest's view of it. */
const GUEST_FIELDS: Fields = [
  ['pending', 0, 1],
  ['active', 1, 1],
];

export function declareFlat({ config, vm }: Machine, sink: Pick<TraceSink, 'interruptField'>): void {
  vm.gics.get(config.device)?.visitInterrupts?.((number, vcpu, state, guest) => {
    const intid = intidOfKvm(number);
    if (intid === undefined) return;
    const owner = vcpu === undefined ? undefined : vcpuId(vcpu);
    const declare = ({ slot }: Cell, fields: Fields): void => {
      for (const [field, lsb, width] of fields) sink.interruptField(intid, owner, field, { slot, lsb, width });
    };
    declare(state, KVM_FIELDS);
    declare(guest, GUEST_FIELDS);
  });
}
