/** Section M of gicv3-scenarios: what lines of a trace become. */
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { importTrace } from '../../core/import/import.ts';
import { type NewEvent } from '../../core/trace/kinds.ts';
import { MemorySink } from '../support/memory-sink.ts';

/** Payloads of one vCPU thread, in the columns of ftrace. */
async function eventsOf(...payloads: readonly string[]): Promise<readonly NewEvent[]> {
  const lines = payloads.map((payload, n) => `       CPU 0/KVM-214     [001] d..1.    15.73427${n}: ${payload}`);
  const sink = new MemorySink();
  await importTrace({ name: 'trace', stream: Readable.from([Buffer.from(`${lines.join('\n')}\n`)]) }, sink);
  return sink.events;
}

const facts = (events: readonly NewEvent[], kind: NewEvent['kind']): readonly NewEvent[] =>
  events.filter((event) => event.kind === kind);
const ACCESS = [
  'kvm_exit: TRAP: HSR_EC: 0x0024 (DABT_LOW), PC: 0xffff800010085a3c',
  'kvm_guest_fault: ipa 0x8000000, hsr 0x93810047, hxfar 0xffff800010000104, pc 0xffff800010085a3c',
];

describe('[V3-078] lines to events', () => {
  it('makes an exit, a store, an entry and an injection of a store to GICD_ISENABLER1 and KVM_IRQ_LINE', async () => {
    const events = await eventsOf(
      ...ACCESS,
      'kvm_mmio: mmio write len 4 gpa 0x8000104 val 0x1',
      'kvm_entry: PC: 0xffff800010085a40',
      'kvm_irq_line: Inject VGIC SPI interrupt (1), vcpu->idx: 0, num: 40, level: 1',
      'vgic_update_irq_pending: VCPU: 0, IRQ 40, level: 1',
    );
    const order = ['vcpu.exit', 'mmio.access', 'vcpu.entry', 'irq.inject'];
    const kinds = events.map(({ kind }) => kind).filter((kind) => order.includes(kind));
    expect(kinds).toEqual([...order, 'irq.inject']);
    // A trace of these lines alone does not say where the distributor is: the address stands for the register.
    expect(facts(events, 'mmio.access')).toMatchObject([
      { op: 'write', size: 4, value: 1n, offset: 0x800_0104n, vcpu: 0 },
    ]);
    expect(facts(events, 'irq.inject')).toMatchObject([
      { intid: 0x6000_0028, level: true, cause: 'KVM_IRQ_LINE' },
      { intid: 0x6000_0028, level: true, cause: 'vgic_update_irq_pending' },
    ]);
  });

  it('makes one event of the two lines of a load', async () => {
    const events = await eventsOf(
      ...ACCESS,
      'kvm_mmio: mmio unsatisfied-read len 4 gpa 0x8000004 val 0x0',
      'kvm_mmio: mmio read len 4 gpa 0x8000004 val 0x480001',
      'kvm_entry: PC: 0xffff800010085a40',
    );
    expect(facts(events, 'mmio.access')).toMatchObject([{ op: 'read', value: 0x48_0001n, offset: 0x800_0004n }]);
  });

  it('shows a write of ICC_SGI1R_EL1, whose value KVM does not trace, without one', async () => {
    const events = await eventsOf(
      'kvm_exit: TRAP: HSR_EC: 0x0018 (SYS64), PC: 0xffff800010085b00',
      'kvm_handle_sys_reg: HSR 0x6230350e',
      'kvm_sys_access: PC: ffff800010085b00 SYS_ICC_SGI1R_EL1 (3,0,12,11,5) write',
      'kvm_entry: PC: 0xffff800010085b04',
    );
    const written = events.filter((event) => event.source === 'kvm_sys_access');
    expect(written).toHaveLength(1);
    expect(
      JSON.stringify(written, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
    ).toContain('ICC_SGI1R_EL1');
    expect(written[0]).not.toHaveProperty('value');
  });
});
