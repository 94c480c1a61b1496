import { describe, expect, it } from 'vitest';
import { eventRow } from '../../../core/session/rows.ts';
import { nanoseconds, seq } from '../../../core/state/brand.ts';

describe('the row of an event', () => {
  it('says what the source saw before where it saw it: a list cuts the end off', () => {
    const event = {
      seq: seq(3),
      time: nanoseconds(5),
      origin: 'hypervisor',
      kind: 'vcpu.exit',
      reason: 'IRQ',
    } as const;
    const detail = { CPU: 1, task: 'qemu-324', context: 'interrupt', ret: 2, esr_ec: '0x24' };
    expect(eventRow({ ...event, detail }).detail).toBe('ret 2, esr_ec 0x24, CPU 1, task qemu-324, context interrupt');
  });

  it('says what the numbers of a step of KVM are, and further facts behind them', () => {
    const head = { seq: seq(3), time: nanoseconds(5), origin: 'hypervisor', kind: 'kvm.step' } as const;
    expect(eventRow({ ...head, step: 'flush', value: 0x800_0008n, argument: 8n }).detail).toBe(
      'pending PPI 3, PPI 27, latches cleared PPI 3',
    );
    expect(eventRow({ ...head, step: 'fold', value: 0n, argument: 0n }).detail).toBe('active none, latches set none');
    expect(eventRow({ ...head, step: 'firstRun', value: 7n, argument: BigInt.asUintN(64, -22n) }).detail).toBe(
      'step 7 (timers), result -EINVAL',
    );
    const check = { ...head, step: 'pendingCheck', value: 0x11n, argument: 1n, detail: { 'PPI 3': 'enabled' } };
    expect(eventRow(check).detail).toBe('pending yes, mask 0x11, PPI 3 enabled');
    expect(eventRow({ ...head, step: 'halt poll', value: 5n })).toMatchObject({ operand: '', detail: '0x5' });
  });
});
