/**
 * Where the state of a GICv3 VM's interrupts lives: in the packed slot that KVM keeps of each (core/kvm/vgic/irq.ts).
 * It is KVM's memory: what sits in a list register of a running vCPU shows there after that vCPU's next exit.
 */
import { DEVICE_VGIC_V3 } from '../../kvm/uapi.ts';
import { type Irq } from '../../kvm/vgic/irq.ts';
import { vgicOf } from '../../kvm/vgic/vm-state.ts';
import { type Machine } from '../../machine/machine.ts';
import { type VcpuId, vcpuId } from '../../state/brand.ts';
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

export function declareFlat(machine: Machine, sink: Pick<TraceSink, 'interruptField'>): void {
  if (machine.config.device !== DEVICE_VGIC_V3) return;
  const vgic = vgicOf(machine.vm);
  for (const { index, privates } of vgic.vcpus) for (const irq of privates) declare(sink, irq, vcpuId(index));
  for (const irq of vgic.spis) declare(sink, irq, undefined);
  for (const irq of vgic.lpis.claimed) declare(sink, irq, undefined);
  vgic.lpis.onClaim = (irq) => declare(sink, irq, undefined);
}

function declare(sink: Pick<TraceSink, 'interruptField'>, irq: Irq, vcpu: VcpuId | undefined): void {
  const intid = intidOfKvm(irq.intid);
  if (intid === undefined) return;
  for (const [field, lsb, width] of FIELDS)
    sink.interruptField(intid, vcpu, field, { slot: irq.state.slot, lsb, width });
}
