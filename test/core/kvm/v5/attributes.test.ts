/** Attributes of EL1 registers: the order of checks (kvm-vgic-v5 §21, kvm-vgic-v5-spi §11.1). */
import { describe, expect, it } from 'vitest';
import { EBUSY, EFAULT, EINVAL, ENOENT, ENXIO } from '../../../../core/kvm/errno.ts';
import { type AttributeOp, BAD_ADDRESS, GROUP, UserWords } from '../../../../core/kvm/uapi.ts';
import { SpiLab } from '../../../conformance/v5-spi-lab.ts';

const ENABLER0 = 0xc656n;
/** ICC_HAPR_EL1 is derived, and not offered. */
const HAPR = 0xce03n;
const NOBODY = 0x12n << 32n;

function lab(until: 'created' | 'initialised'): (op: AttributeOp, attr: bigint, fault?: boolean) => number {
  const { vm } = new SpiLab('Q', { until });
  return (op, attr, fault = false) =>
    vm.deviceAttr(op, GROUP.CPU_SYSREGS, attr, fault ? BAD_ADDRESS : new UserWords(0n));
}

describe('an attribute of an EL1 register', () => {
  it('names a vCPU before it names a register, for a query too', () => {
    const attr = lab('created');
    for (const op of ['has', 'get', 'set'] as const) expect([op, attr(op, NOBODY | HAPR)]).toEqual([op, -EINVAL]);
    expect([attr('has', HAPR), attr('has', ENABLER0), attr('has', (1n << 32n) | ENABLER0)]).toEqual([-ENXIO, 0, 0]);
  });

  it('is busy until the device is initialised, whatever register it names', () => {
    const attr = lab('created');
    expect([attr('get', ENABLER0), attr('set', HAPR, true)]).toEqual([-EBUSY, -EBUSY]);
  });

  it('fetches the value of a set before it looks at the register, and stores that of a get after', () => {
    const attr = lab('initialised');
    expect([attr('set', HAPR, true), attr('set', HAPR)]).toEqual([-EFAULT, -ENOENT]);
    expect([attr('get', HAPR, true), attr('get', ENABLER0, true)]).toEqual([-ENOENT, -EFAULT]);
  });
});

describe('IRS_IDR1', () => {
  it.each(['H1', 'H3', 'Q'])('shows one IAFFID bit where a VM has one VPE, and takes that back (%s)', (profile) => {
    const lab = new SpiLab(profile, { ids: [0], irs: { vpes: 1 }, until: 'initialised' });
    expect([lab.irsGet(4), lab.irsSet(4, 0x40_0001n)]).toEqual([0x40_0001n, 0]);
  });
});
