/**
 * Where the state of a GICv3 VM's interrupts lives: in the packed slot that KVM keeps of each (core/kvm/vgic/irq.ts).
 * It is KVM's memory: what sits in a list register of a running vCPU shows there after that vCPU's next exit.
 */
import { type Machine } from '../../machine/machine.ts';
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

/** Bits of `Irq.state`: field, first bit, width. Pending is KVM's latch. */
const FIELDS: readonly (readonly [InterruptField, lsb: number, width: number])[] = [
  ['enabled', 0, 1],
  ['pending', 1, 1],
  ['line', 2, 1],
  ['active', 3, 1],
  ['handling', 4, 1],
  ['priority', 8, 8],
];

export function declareFlat({ config, vm }: Machine, sink: Pick<TraceSink, 'interruptField'>): void {
  vm.gics.get(config.device)?.visitInterrupts?.((number, vcpu, { slot }) => {
    const intid = intidOfKvm(number);
    if (intid === undefined) return;
    const owner = vcpu === undefined ? undefined : vcpuId(vcpu);
    for (const [field, lsb, width] of FIELDS) sink.interruptField(intid, owner, field, { slot, lsb, width });
  });
}
