/** A GICv3 guest's interrupts in derived slots: those that are followed, and nothing else. */
import { describe, expect, it } from 'vitest';
import { GUEST_ACTIVE, GUEST_PENDING, GuestInterrupts } from '../../../../core/kvm/vgic/guest-view.ts';
import { V3Lab } from '../../../conformance/v3-lab.ts';

const FOLLOWED = 40;
const NOT_FOLLOWED = 41;

describe('a guest’s interrupts', () => {
  it('are followed through their list registers, beside ones that nobody follows', () => {
    const lab = V3Lab.base();
    const interrupts = new GuestInterrupts(lab.vgic);
    const guest = interrupts.follow(lab.irq(FOLLOWED));
    lab.host.advance(3n);
    lab.host.observe(() => interrupts.update());
    lab.spi(FOLLOWED);
    lab.spi(NOT_FOLLOWED);
    lab.enter();
    expect(guest.lo).toBe(GUEST_PENDING);
    expect(lab.iar()).toBe(FOLLOWED);
    lab.exit();
    expect(guest.lo).toBe(GUEST_ACTIVE);
    expect([lab.irq(FOLLOWED).active, lab.irq(NOT_FOLLOWED).pending]).toEqual([true, true]);
    expect(lab.host.counter.lo).toBe(3);
  });
});
