/** GIC instructions on SPIs and LPIs with exact operands, and what is refused (gicv5-spi-lpi-behaviour §4, §8.3). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LPI_BASE, PENDING, SPI_BASE } from '../../../../core/gic/v5/irs/iste.ts';
import { decodeVdPend, vdPendOperand } from '../../../../core/gic/v5/irs/virtual-instructions.ts';
import { gicInstruction } from '../../../../core/gic/v5/instructions.ts';
import { NOWHERE } from '../../../../core/kvm/place.ts';
import { registerByName } from '../../../../core/gic/registers.ts';
import { loadScenario, ScenarioRun } from '../../../../core/scenario/index.ts';
import { ALL_PROFILES, ready, type SpiGuest, SPI5 } from '../../../conformance/v5-spi-lab.ts';

/** ICC_ICSR_EL1 after CDRCFG of SPI 5: F 0, Enabled 1, Pending 2, IRM 3, Active 4, HM 5, Priority 15:11, IAFFID 47:32. */
const icsr = (guest: SpiGuest, operand = 0x6000_0005n): bigint => {
  guest.insn('GIC CDRCFG', operand);
  return guest.read('ICSR');
};

describe('an instruction on an SPI', () => {
  it.each([
    ['GIC CDEN', 0x6000_0005n, 0x8002n],
    ['GIC CDDIS', 0x6000_0005n, 0x8000n],
    ['GIC CDPRI', 0xff_6000_0005n, 0xf802n],
    ['GIC CDPRI', 0x08_6000_0005n, 0x0802n],
    ['GIC CDAFF', 0x1234_6000_0005n, 0x1234_0000_8002n],
    // Without 1-of-N the routing mode stays targeted; the affinity is taken.
    ['GIC CDAFF', 0x0001_7000_0005n, 0x0001_0000_8002n],
    ['GIC CDPEND', 0x1_6000_0005n, 0x8006n],
    ['GIC CDPEND', 0x6000_0005n, 0x8002n],
    ['GIC CDHM', 0x1_6000_0005n, 0x8022n],
    ['GIC CDHM', 0x6000_0005n, 0x8002n],
    // Bits beside the operand's fields change nothing.
    ['GIC CDPEND', 0xffff_fffe_6000_0005n, 0x8002n],
    ['GIC CDEN', 0xffff_ffff_6f00_0005n, 0x8002n],
    ['GIC CDPRI', 0xffff_ff07_6000_0005n, 0x0002n],
  ])('%s 0x%s reads back in ICC_ICSR_EL1', (name, operand, expected) => {
    for (const profile of ALL_PROFILES) {
      const { g0 } = ready(profile);
      g0.insn(name, operand);
      expect([profile, icsr(g0)]).toEqual([profile, expected]);
    }
  });

  it('of the guest deactivates what was acknowledged, whoever executes it', () => {
    const { g0, g1 } = ready('Q');
    g0.insn('GIC CDPEND', 0x1_6000_0005n);
    expect(g0.cdia()).toBe(0x1_6000_0005n);
    expect(icsr(g0)).toBe(0x8012n);
    g0.insn('GIC CDEOI');
    expect([icsr(g0), g0.apr]).toEqual([0x8012n, 0n]);
    g1.insn('GIC CDDI', 0x6000_0005n);
    expect(icsr(g0)).toBe(0x8002n);
    // Not active: no effect, no error.
    g1.insn('GIC CDDI', 0x6000_0005n);
    expect(icsr(g0)).toBe(0x8002n);
  });

  it.each(['CDEN', 'CDDIS', 'CDPRI', 'CDAFF', 'CDPEND', 'CDHM', 'CDRCFG'])(
    '%s has no effect for other types, numbers beyond the table and LPIs without one',
    (name) => {
      const { lab, g0 } = ready('Q');
      for (const intid of [0x2000_0003n, 0n, 0x8000_0005n, 0xa000_0005n, 0xe000_0005n, 0x6000_0020n, 0x4000_0000n]) {
        lab.take();
        const before = lab.journal.state.clone();
        g0.insn(`GIC ${name}`, (1n << 32n) | intid);
        expect(lab.take('gic.cd.ignored')).toHaveLength(1);
        if (name === 'CDRCFG') expect([intid, g0.read('ICSR')]).toEqual([intid, 1n]);
        else expect(lab.journal.state.equals(before)).toBe(true);
      }
    },
  );
});

describe('the hypervisor’s VDPEND', () => {
  it('takes its operand apart as it was put together', () => {
    const intid = fc.tuple(fc.constantFrom(LPI_BASE, SPI_BASE), fc.nat(0xff_ffff)).map(([base, n]) => base + n);
    fc.assert(
      fc.property(fc.record({ vmId: fc.nat(0xffff), intid, pending: fc.boolean() }), (fields) => {
        expect(decodeVdPend(vdPendOperand(fields))).toEqual(fields);
      }),
      { numRuns: 300 },
    );
    expect(vdPendOperand({ vmId: 7, intid: SPI5, pending: true })).toBe(0x8000_0007_6000_0005n);
    const fields = registerByName('GIC VDPEND')?.fields.map(({ name, msb, lsb }) => `${name}[${msb}:${lsb}]`);
    expect(fields).toContain('PENDING[63:63]');
  });

  it('changes Pending of the VM that it names, wherever that VM’s VPEs are, and nothing else', () => {
    const { lab, g0 } = ready('Q');
    g0.insn('GIC CDHM', 0x1_6000_0005n);
    g0.stop();
    const pend = (pending: boolean): boolean =>
      lab.irs.host.vdpend(vdPendOperand({ vmId: 0, intid: SPI5, pending }), NOWHERE);
    expect([pend(true), lab.word(5)]).toEqual([true, 0x800d]);
    expect([pend(false), lab.word(5)]).toEqual([true, 0x800c]);
  });

  it.each([
    ['another VM', { vmId: 1, intid: SPI5 }],
    ['an id beyond the VM table', { vmId: 0xffff, intid: SPI5 }],
    ['an SPI beyond the table', { vmId: 0, intid: SPI_BASE + 32 }],
    ['an LPI without a table', { vmId: 0, intid: LPI_BASE }],
    ['a PPI', { vmId: 0, intid: 0x2000_0003 }],
  ])('finds nothing for %s', (_what, named) => {
    const { lab } = ready('Q');
    const entries = (): (number | undefined)[] => Array.from({ length: 32 }, (_, n) => lab.word(n));
    const before = entries();
    expect(lab.irs.host.vdpend(vdPendOperand({ ...named, pending: true }), NOWHERE)).toBe(false);
    expect(entries()).toEqual(before);
    expect(lab.irs.host.vdrcfg(named.vmId, named.intid)).toBeUndefined();
  });

  it('reads back through VDRCFG what the entry holds', () => {
    const { lab } = ready('H3');
    lab.line(5, 1);
    lab.take();
    lab.spiGuest(0).exit();
    expect(lab.take('gic.vdrcfg')).toMatchObject([{ intid: SPI5, icsr: 0x8006n }]);
    expect((lab.irs.host.vdrcfg(0, SPI5) ?? 0) & PENDING).toBe(PENDING);
  });
});

describe('instructions of EL2', () => {
  const NAMES = ['VDDIS', 'VDEN', 'VDPRI', 'VDAFF', 'VDPEND', 'VDRCFG', 'VDDI', 'VDHM'];

  it('are none of a guest’s', () => {
    for (const name of NAMES) {
      expect(registerByName(`GIC ${name}`)?.name).toBe(`GIC ${name}`);
      expect(gicInstruction(`GIC ${name}`)).toBeUndefined();
    }
  });

  it.each(NAMES)('GIC %s is UNDEFINED at EL1', (name) => {
    const [op1, crm, op2] = [
      4,
      name === 'VDDI' || name === 'VDHM' ? 2 : 1,
      registerByName(`GIC ${name}`)?.encoding?.[4],
    ];
    const run = new ScenarioRun(
      loadScenario(
        'el2.yaml',
        `name: el2
about: a guest tries an instruction of EL2
profile: Q
guest:
  vectors: { sync: undefined_ }
  program: |
    start:
      ldr x1, =vectors
      msr VBAR_EL1, x1
      ldr x4, =0x60000005
      sys #${op1}, c12, c${crm}, #${op2}, x4
      mov x0, #0
      b end
    undefined_:
      mov x9, #1
    end:
      ldr x0, =PSCI_SYSTEM_OFF
      hvc #0
expect:
  at:
    - { label: end, registers: { X9: 1 } }
`,
      ),
    );
    run.begin();
    while (!run.advance(100_000));
    const failed = run.outcome.checks.filter(({ ok }) => !ok);
    // The handler was reached, so `end` was too.
    expect(failed).toEqual([]);
  });
});
