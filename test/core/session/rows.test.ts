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
});
