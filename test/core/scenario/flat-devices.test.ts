/** What scenarios can ask of a host's GICv3 interface and of GICv2 guests, and eventfds that resample. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { seq } from '../../../core/state/brand.ts';
import { checkScenario, loadScenario } from '../../../core/scenario/index.ts';
import { ScenarioRun } from '../../../core/scenario/run.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { Lab } from './support.ts';

const lab = new Lab();
afterAll(() => lab.close());

function run(text: string): ScenarioRun {
  const scenario = loadScenario('flat.yaml', text);
  checkScenario(scenario);
  const done = new ScenarioRun(scenario);
  done.begin();
  while (!done.advance(10_000));
  return done;
}

const wrong = ({ checks }: ScenarioRun): unknown[] => checks.filter(({ ok }) => !ok);

describe('a guest with a GICv2', () => {
  it('uses its CPU interface without leaving the guest, and deactivates by leaving it', async () => {
    const { failed } = await lab.record('gicv2-sgi-sources');
    expect(failed).toBe(0);
    const reader = new TraceReader(lab.path('out.gscope'));
    try {
      expect(reader.info()).toMatchObject({ gic: 'v2', vcpus: 3 });
      const events = reader.eventList(seq(0), 1_000_000);
      const before = (register: string): string[] =>
        events.flatMap((event, index) => {
          if (event.kind !== 'mmio.access' || event.register !== register) return [];
          const since = events
            .slice(0, index)
            .findLast(({ vcpu, kind }) => vcpu === event.vcpu && kind.startsWith('vcpu.'));
          return [since?.kind ?? 'none'];
        });
      expect(before('GICC_IAR')).toEqual(['vcpu.entry', 'vcpu.entry']);
      expect(before('GICC_EOIR')).toEqual(['vcpu.entry', 'vcpu.entry']);
      expect(before('GICC_DIR')).toEqual(['vcpu.exit', 'vcpu.exit']);
      const sgi = reader.lives.list().filter(({ intid }) => (intid & 0xffffff) === 3);
      expect(sgi).toHaveLength(2);
    } finally {
      reader.close();
    }
  });

  it('has at most eight vCPUs', () => {
    const text =
      'name: many\nabout: x\nhost: { gic: v3 }\nvm: { device: vgicv2, vcpus: 9 }\nguest: { program: "start: nop" }';
    expect(() => loadScenario('flat.yaml', text)).toThrow(/flat\.yaml:4:\d+: vm\.vcpus: expected at most 8 vCPUs/);
  });
});

/** SPI 33, level-sensitive; `extra` runs while it is handled. */
const level = (extra: string, host = 'gic: v3'): string => `
name: level
about: A level-sensitive SPI whose line an eventfd holds up.
host: { ${host} }
vm: { device: vgicv3, interrupts: 64 }
guest:
  vectors: { irq: irq }
  program: |
    start:
      ldr x1, =vectors
      msr VBAR_EL1, x1
      ldr x2, =GICD
      mov w1, #2
      str w1, [x2]
      str wzr, [x2, #0xc08]
      str w1, [x2, #0x104]
      mov x1, #0xf0
      msr ICC_PMR_EL1, x1
      mov x1, #1
      msr ICC_IGRPEN1_EL1, x1
      mov x20, #0
      msr DAIFClr, #2
    waiting:
      cmp x20, #1
      b.lt waiting
    ended:
      ldr w7, [x2, #0x204]
    seen:
      ldr x0, =PSCI_SYSTEM_OFF
      hvc #0
    irq:
      mrs x5, ICC_IAR1_EL1
      add x20, x20, #1
      ${extra}
      msr ICC_EOIR1_EL1, x5
      eret
events:
  - at: 0ns
    do: [{ resampler: { gsi: 1 } }, { resampler: { gsi: 1 } }]
  - when: { label: waiting }
    do: { irqfd: { gsi: 1, level: 1 } }
`;

describe('the run state of a GICv3 guest’s vCPU', () => {
  it('is that of a handler from the acknowledge to the priority drop', () => {
    const done = run(`${level('nop\n    handling:')}
expect:
  at:
    - { label: waiting, state: { vcpu0.runState: 1 } }
    - { label: handling, state: { vcpu0.runState: 2 } }
  halted: limit
limit: { time: 1us }
`);
    expect(wrong(done)).toEqual([]);
  });
});

describe('a GICv3 guest', () => {
  it('has its PMU’s overflow as PPI 23, which user space names before it initialises the PMU', () => {
    const done = run(`
name: pmu
about: A PMU overflow is a level-sensitive PPI.
host: { gic: v3 }
vm: { device: vgicv3, interrupts: 64, vcpus: [{ features: [pmu] }] }
guest:
  vectors: { irq: irq }
  program: |
    start:
      ldr x1, =vectors
      msr VBAR_EL1, x1
      ldr x2, =GICD
      mov w1, #2
      str w1, [x2]
      ldr x3, =GICR + SGI_PAGE
      ldr w1, =0x800000
      str w1, [x3, #0x100]
      mov x1, #0xf0
      msr ICC_PMR_EL1, x1
      mov x1, #1
      msr ICC_IGRPEN1_EL1, x1
      msr PMINTENSET_EL1, x1
      msr PMCR_EL0, x1
      msr DAIFClr, #2
    idle:
      wfi
      b idle
    irq:
      mrs x5, ICC_IAR1_EL1
    taken:
      mov x1, #1
      msr PMOVSCLR_EL0, x1
      msr ICC_EOIR1_EL1, x5
      ldr w9, [x3, #0x200]
    done:
      ldr x0, =PSCI_SYSTEM_OFF
      hvc #0
events:
  - when: { label: idle }
    do: { pmuOverflow: { flags: 1 } }
expect:
  at: [{ label: taken, registers: { X5: 23 } }, { label: done, registers: { X9: 0 } }]
  halted: poweredOff
`);
    expect(wrong(done)).toEqual([]);
  });

  it('is recorded on a GICv5 host that offers the interface of a GICv3', async () => {
    const file = join(lab.folder, 'compatible.yaml');
    writeFileSync(
      file,
      `${level('b seen', 'gic: v5, v3Compat: true')}\nexpect: { at: [{ label: seen, registers: { X5: 33 } }] }\n`,
    );
    expect(await lab.record(file)).toMatchObject({ failed: 0 });
    const reader = new TraceReader(lab.path('out.gscope'));
    try {
      expect(reader.info().gic).toBe('v3');
      expect(reader.info().interrupts.find(({ label }) => label === 'SPI 33')).toMatchObject({ acknowledged: 1 });
    } finally {
      reader.close();
    }
  });
});

describe('a resampling irqfd of a GICv3', () => {
  it('lowers the line and is signalled, once each, when a handled level interrupt was deactivated', () => {
    const done = run(`${level('ldr w6, [x2]')}
expect:
  at: [{ label: seen, registers: { X7: 0 } }]
  sequence: [kind == kvm.step and text ~ resample, kind == kvm.step and text ~ resample]
  halted: poweredOff
`);
    expect(wrong(done)).toEqual([]);
  });

  it('is not told of an interrupt that is taken and ended within one stay in the guest, which then comes again', () => {
    const done = run(`${level('cmp x20, #2\n      b.eq seen')}
expect:
  at: [{ label: seen, registers: { X20: 2, X5: 33 } }]
  never: [kind == kvm.step and text ~ resample]
  halted: poweredOff
`);
    expect(wrong(done)).toEqual([]);
  });
});

describe('the GICv3 interface of a scenario’s host', () => {
  it('has as many list registers and priority bits as it says', () => {
    const done = run(`
name: interface
about: One list register and seven bits of priority.
host: { gic: v3, v3: { listRegisters: 1, priorityBits: 7, preemptionBits: 6 } }
vm: { device: vgicv3, interrupts: 64 }
guest:
  program: |
    start:
      mov x1, #0xff
      msr ICC_PMR_EL1, x1
      mrs x2, ICC_PMR_EL1
      msr ICC_BPR0_EL1, xzr
      mrs x3, ICC_BPR0_EL1
      mrs x4, ICC_CTLR_EL1
      mrs x5, ICC_AP1R1_EL1
    done:
      ldr x0, =PSCI_SYSTEM_OFF
      hvc #0
expect:
  at:
    - { label: done, registers: { X2: 0xfe, X3: 1, X4: 0x600, X5: 0 }, state: { pcpu0.v3.ICH_LR0_EL2: 0 } }
`);
    expect(wrong(done)).toEqual([]);
    expect(done.machine.host.cpu(0).interfaceV3?.lr).toHaveLength(1);
  });

  it('has no more preemption bits than priority bits', () => {
    expect(() => loadScenario('flat.yaml', level('nop', 'gic: v3, v3: { preemptionBits: 6 }'))).toThrow(
      /host\.v3\.preemptionBits: expected at most as many as there are priority bits, 5; found 6/,
    );
  });

  it('offers its registers where one is misspelt', () => {
    const scenario = loadScenario(
      'flat.yaml',
      `${level('nop')}\nexpect: { at: [{ label: seen, registers: { ICC_PMR_EL0: 0 } }] }\n`,
    );
    expect(() => checkScenario(scenario)).toThrow(/unknown register "ICC_PMR_EL0" of a vCPU \(perhaps ICC_PMR_EL1/);
  });

  it('lets interrupts of group 0 come as FIQs, to a vector of their own', () => {
    const done = run(`
name: fiq
about: An SGI of group 0 is a FIQ.
host: { gic: v3 }
vm: { device: vgicv3, interrupts: 64 }
guest:
  vectors: { fiq: fiq }
  program: |
    start:
      ldr x1, =vectors
      msr VBAR_EL1, x1
      ldr x2, =GICD
      mov w1, #2
      str w1, [x2]
      ldr x2, =GICR + SGI_PAGE
      str wzr, [x2, #0x80]
      mov x1, #0xf0
      msr ICC_PMR_EL1, x1
      mov x1, #1
      msr ICC_IGRPEN0_EL1, x1
      ldr x1, =0x4000001
      msr ICC_SGI0R_EL1, x1
      msr DAIFClr, #1
    spin:
      b spin
    fiq:
      mrs x6, ICC_IAR1_EL1
      mrs x5, ICC_IAR0_EL1
    taken:
      ldr x0, =PSCI_SYSTEM_OFF
      hvc #0
expect:
  at: [{ label: taken, registers: { X5: 4, X6: 1023, ICC_AP0R0_EL1: 1 } }]
  halted: poweredOff
`);
    expect(wrong(done)).toEqual([]);
  });
});
