/** A small name space: two vCPUs, a few registers and interrupts, as an importer would find them. */
import { type NameSpace } from '../../../../core/debug/condition/index.ts';
import { intid } from '../../../../core/gic/intid.ts';
import { slotId, vcpuId } from '../../../../core/state/brand.ts';
import { type SlotDescriptor } from '../../../../core/state/layout.ts';
import { type InterruptDescriptor, type InterruptField } from '../../../../core/trace/interrupts.ts';
import { RUN_STATES } from '../../../../core/trace/kinds.ts';

const slots: SlotDescriptor[] = [];
const interrupts: InterruptDescriptor[] = [];

for (const vcpu of [0, 1]) {
  slots.push({ path: `vcpu${vcpu}.ICC_PCR_EL1`, width: 64, register: 'ICC_PCR_EL1' });
  slots.push({ path: `vcpu${vcpu}.runState`, width: 4, values: RUN_STATES });
  for (const ppi of [27, 30]) interrupts.push({ intid: intid('ppi', ppi), vcpu: vcpuId(vcpu), fields: fields(`vcpu${vcpu}.irq.ppi${ppi}`) }); // prettier-ignore
}
interrupts.push({ intid: intid('spi', 33), fields: fields('irq.spi33') });
interrupts.push({ intid: intid('lpi', 27), fields: {} });

function fields(path: string): InterruptDescriptor['fields'] {
  const out: Partial<Record<InterruptField, { slot: ReturnType<typeof slotId>; lsb: number; width: number }>> = {};
  for (const [field, width] of [
    ['pending', 1],
    ['active', 1],
    ['enabled', 1],
    ['masked', 1],
    ['priority', 8],
  ] as const) {
    // prettier-ignore
    out[field] = { slot: slotId(slots.length), lsb: 0, width };
    slots.push({ path: `${path}.${field}`, width });
  }
  return out;
}

export const NAMES: NameSpace = {
  vcpus: 2,
  slots,
  interrupts,
  registers: ['ICC_PPI_ENABLER0_EL1', 'ICC_PCR_EL1', 'GIC CDDI', 'GICR CDIA', 'IRS_CR0'],
  eventNames: ['gicv5_gicr_cdia', 'gicv5_gic_cddi', 'kvm_exit'],
  kinds: ['register.access', 'mmio.access', 'irq.acknowledge', 'vcpu.exit'],
  reasons: ['WFx', 'IRQ'],
};
