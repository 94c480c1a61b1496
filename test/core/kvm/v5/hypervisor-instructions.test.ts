/**
 * GIC instructions of EL2 on a VM's SPIs and LPIs: operands, effects, and what has none (gicv5-spi-lpi-behaviour §4). Those
 * without a VM in their operand act on the VM that is resident on the PE.
 */
import { describe, expect, it } from 'vitest';
import { SPI_BASE } from '../../../../core/gic/v5/irs/iste.ts';
import { VIRTUAL_INSTRUCTIONS } from '../../../../core/gic/v5/irs/virtual-instructions.ts';
import { executeAtEl2 } from '../../../../core/kvm/v5/irs/hypervisor-instructions.ts';
import { loadScenario, ScenarioRun } from '../../../../core/scenario/index.ts';
import { ready, type SpiLab, SPI5 } from '../../../conformance/v5-spi-lab.ts';

const execute = (lab: SpiLab, name: string, operand: bigint, cpu = 0): bigint =>
  executeAtEl2(lab.irs.host, lab.host.cpu(cpu), name, operand);

describe('a GIC instruction of EL2', () => {
  it.each([
    ['GIC VDDIS', 0x6000_0005n, 0x8000n],
    ['GIC VDEN', 0x6000_0005n, 0x8002n],
    ['GIC VDPRI', 0x08_6000_0005n, 0x0802n],
    ['GIC VDAFF', 0x0001_6000_0005n, 0x0001_0000_8002n],
    // Without 1-of-N the routing mode stays targeted.
    ['GIC VDAFF', 0x0001_7000_0005n, 0x0001_0000_8002n],
    ['GIC VDHM', 0x1_6000_0005n, 0x8022n],
    ['GIC VDPEND', 0x8000_0000_6000_0005n, 0x8006n],
    // Bits beside the operand's fields change nothing.
    ['GIC VDEN', 0xffff_ffff_6f00_0005n, 0x8002n],
    ['GIC VDPRI', 0xffff_ff07_6000_0005n, 0x0002n],
  ])('%s 0x%s does to the resident VM what its namesake of the current domain does', (name, operand, icsr) => {
    const { lab, g0 } = ready('Q');
    expect(execute(lab, name, operand)).toBe(0n);
    expect(execute(lab, 'GIC VDRCFG', 0x6000_0005n)).toBe(icsr);
    g0.insn('GIC CDRCFG', 0x6000_0005n);
    expect(g0.read('ICSR')).toBe(icsr);
  });

  it('deactivates with VDDI, and the candidate follows', () => {
    const { lab, g0 } = ready('Q');
    g0.insn('GIC CDPEND', 0x1_6000_0005n);
    expect(g0.cdia()).toBe(0x1_6000_0005n);
    g0.insn('GIC CDEOI');
    g0.insn('GIC CDPEND', 0x1_6000_0005n);
    expect(g0.cdia()).toBe(0n);
    execute(lab, 'GIC VDDI', 0x6000_0005n, 1);
    expect(g0.cdia()).toBe(0x1_6000_0005n);
  });

  it('leaves ICC_ICSR_EL1 to the guest that is loaded', () => {
    const { lab, g0 } = ready('Q');
    g0.insn('GIC CDRCFG', 0x6000_0005n);
    expect(execute(lab, 'GIC VDRCFG', 0x6000_0006n)).not.toBe(0x8002n);
    expect(g0.read('ICSR')).toBe(0x8002n);
  });

  it.each(VIRTUAL_INSTRUCTIONS)('%s has no effect without an entry, or without a resident VM', (name) => {
    const { lab, g0 } = ready('Q');
    const vm = name === 'GIC VDPEND' ? 7n << 32n : 0n;
    const nothing = (operand: bigint): void => {
      const before = lab.journal.state.clone();
      lab.take();
      expect(execute(lab, name, operand)).toBe(name === 'GIC VDRCFG' ? 1n : 0n);
      expect(lab.journal.state.equals(before)).toBe(true);
      if (name === 'GIC VDPEND') expect(lab.take('gic.vdpend.ignored')).toHaveLength(1);
      else if (name !== 'GIC VDRCFG') expect(lab.take('gic.vd')).toMatchObject([{ performed: false }]);
    };
    for (const intid of [0x2000_0003, SPI_BASE + 32, 0x4000_0000, 0xe000_0005]) nothing(BigInt(intid));
    g0.stop();
    nothing(vm | BigInt(SPI5));
  });

  it('is refused by a name that EL2 does not have', () => {
    expect(() => execute(ready('Q').lab, 'GIC VDIA', 0n)).toThrow('EL2 has no GIC instruction "GIC VDIA"');
  });
});

describe('the action of a scenario', () => {
  it('executes it on a physical CPU, and VDRCFG tells what it read', () => {
    const run = new ScenarioRun(
      loadScenario(
        'el2.yaml',
        `name: el2
about: a hypervisor changes a priority behind KVM's back
profile: Q
guest:
  program: |
    start:
      nop
    here:
      ldr x0, =PSCI_SYSTEM_OFF
      hvc #0
events:
  - when: { label: here }
    do:
      - hypervisor: { instruction: GIC VDPRI, operand: 0x0860000005 }
      - hypervisor: { instruction: GIC VDRCFG, operand: 0x60000005 }
        value: 0x800
      - hypervisor: { cpu: 0, instruction: GIC VDPEND, operand: 0x8000000060000005 }
expect:
  sequence:
    - origin == hypervisor and register == "GIC VDPRI"
    - origin == hypervisor and register == "GIC VDPEND"
`,
      ),
    );
    run.begin();
    while (!run.advance(100_000));
    expect(run.outcome.checks.filter(({ ok }) => !ok)).toEqual([]);
  });
});
