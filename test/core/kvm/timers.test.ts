import { describe, expect, it } from 'vitest';
import { ppi, v1, v1n, v2 } from '../../conformance/v5-lab.ts';

describe('the guest’s timers', () => {
  it('read their status, and take a value relative to the counter', () => {
    const lab = v1();
    const guest = lab.guest();
    lab.host.advance(1000n);
    guest.write('CNTV_TVAL_EL0', 0xffff_fff6n);
    expect(guest.read('CNTV_CVAL_EL0')).toBe(990n);
    expect(guest.read('CNTV_TVAL_EL0')).toBe(0xffff_fff6n);
    expect(guest.read('CNTV_CTL_EL0')).toBe(0n);
    guest.write('CNTV_CTL_EL0', 7n);
    expect(guest.read('CNTV_CTL_EL0')).toBe(7n);
    guest.write('CNTV_TVAL_EL0', 10n);
    expect([guest.read('CNTV_CVAL_EL0'), guest.read('CNTV_CTL_EL0')]).toEqual([1010n, 3n]);
    expect([guest.read('CNTVCT_EL0'), guest.read('CNTPCT_EL0')]).toEqual([1000n, 1000n]);
    expect(guest.access('write', 'CNTVCT_EL0', 1n).outcome).toBe('undefined:hardware');
  });

  it('are saved with their status and restored without it', () => {
    const lab = v2();
    const guest = lab.guest(0, 0);
    guest.timer('CNTV', true);
    guest.stop();
    const saved = lab.vcpu().timers.context('vtimer');
    expect([saved.control.lo, saved.loaded.flag]).toEqual([5, false]);
    expect(lab.host.cpu(0).virtualTimer.control.lo).toBe(0);
    lab.guest(0, 1).run();
    expect(lab.host.cpu(1).virtualTimer.control.lo).toBe(1);
    expect(lab.host.cpu(1).interface.bank(0)?.physical.value).toBe(0x800_0000n);
  });

  it('that are emulated trap at every access and read what was written', () => {
    const lab = v1n();
    const guest = lab.guest();
    expect(guest.write('CNTP_CVAL_EL0', 20n)).toBe('emulated');
    expect(lab.vcpu().inGuest).toBe(false);
    expect(guest.write('CNTP_CTL_EL0', 1n)).toBe('emulated');
    expect([guest.read('CNTP_CVAL_EL0'), guest.read('CNTP_CTL_EL0')]).toEqual([20n, 1n]);
    lab.host.advance(20n);
    expect(guest.read('CNTP_CTL_EL0')).toBe(5n);
    expect(guest.write('CNTV_CVAL_EL0', 1n)).toBe('performed');
  });
});

describe('the counter', () => {
  it('stops at every deadline on its way', () => {
    const lab = v1();
    const guest = lab.guest().g(0x4800_0000n);
    for (const [timer, at] of [
      ['CNTV', 30n],
      ['CNTP', 10n],
    ] as const) {
      guest.write(`${timer}_CVAL_EL0`, at);
      guest.write(`${timer}_CTL_EL0`, 1n);
    }
    guest.run();
    lab.take();
    expect(lab.host.nextDeadline()).toBe(10n);
    lab.host.advance(100n);
    expect(lab.take('host.counter', 'cpuif.pending')).toMatchObject([
      { counter: 10n },
      { ppi: 30, after: true },
      { counter: 30n },
      { ppi: 27, after: true },
      { counter: 100n },
    ]);
    expect(lab.host.nextDeadline()).toBeUndefined();
    expect(guest.hppir).toBe(ppi(27));
  });

  it('gives the same result in one step or in many', () => {
    const end = (steps: readonly bigint[]): unknown => {
      const lab = v1n();
      const guest = lab.guest().g(0x4800_0008n);
      guest.write('CNTP_CVAL_EL0', 7n);
      guest.write('CNTP_CTL_EL0', 1n);
      guest.write('CNTV_CVAL_EL0', 9n);
      guest.write('CNTV_CTL_EL0', 1n);
      guest.run();
      lab.take();
      for (const ticks of steps) lab.host.advance(ticks);
      return lab.take().filter(({ kind }) => kind !== 'host.counter');
    };
    expect(end(Array<bigint>(20).fill(1n))).toEqual(end([20n]));
  });

  it('lets a host timer that was armed too late fire at the next tick', () => {
    const lab = v1();
    const guest = lab.guest().g(0x800_0000n);
    guest.write('PCR', 0n);
    guest.timer('CNTV', true);
    const vcpu = lab.vcpu();
    expect(vcpu.trapWfi().runnable).toBe(false);
    vcpu.put();
    lab.take();
    lab.host.advance(1n);
    expect(lab.kinds('vcpu.wake')).toEqual(['vcpu.wake']);
  });
});
