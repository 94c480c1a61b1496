/** Images of interrupt state tables as actions of a scenario (kvm-vgic-v5-spi §11.4, §11.5). */
import { describe, expect, it } from 'vitest';
import { pause } from '../../../core/machine/host-actions.ts';
import { saveTables } from '../../../core/machine/irs-actions.ts';
import { loadScenario, ScenarioRun } from '../../../core/scenario/index.ts';

/** A guest that handles one interrupt, after user space has described a table of 32 LPIs and restored images. */
const scenario = (profile: string, base: string, restore: string, more = ''): string => `
name: images
about: images of tables
profile: ${profile}
vm: { setUp: manual }
guest:
  vectors: { irq: irq }
  program: |
    start:
      ldr x1, =vectors
      msr VBAR_EL1, x1
      mov x1, #0x1f
      msr ICC_PCR_EL1, x1
      mov x1, #1
      msr ICC_CR0_EL1, x1
      msr DAIFClr, #2
    wait:
      b wait
    irq:
      gicr x5, cdia
    taken:
      nop
    spin:
      b spin
limit: { time: 5us }
events:
  - at: 0ns
    do:
      - { vcpuInit: { vcpu: 0 } }
      - { createDevice: { type: vgicv5 } }
      - { deviceAttr: { op: set, group: 0, attr: 6, words: [0x08000000] } }
      - { initialise: {} }
      - { deviceAttr: { op: set, group: 10, attr: 0x80, words: [1] } }
      - { deviceAttr: { op: set, group: 10, attr: 0x190, words: [5] } }
      - { deviceAttr: { op: set, group: 10, attr: 0x180, words: [${base}] } }
      - ${restore}
${more}
`;

function ran(text: string): ScenarioRun {
  const run = new ScenarioRun(loadScenario('images.yaml', text));
  run.begin();
  while (!run.advance(100_000));
  return run;
}

function failures(text: string): string[] {
  const { outcome } = ran(text);
  return outcome.checks.filter(({ ok }) => !ok).map(({ what, found }) => `${what}: ${found}`);
}

const TABLE = '0x40080001';
const taken = 'expect: { at: [{ label: taken, registers: { X5: 0x140000003 } }] }';

describe('words of LPIs', () => {
  it.each(['H1', 'H3', 'Q'])(
    'are restored from guest memory or from a buffer, as the kernel has it (%s)',
    (profile) => {
      expect(failures(scenario(profile, TABLE, '{ restoreTables: { lpis: { 3: 0x8009 } } }', taken))).toEqual([]);
    },
  );

  it.each(['H3', 'Q'])('are saved as they are, wherever the kernel puts them (%s)', (profile) => {
    const run = ran(scenario(profile, TABLE, '{ restoreTables: { spis: { 5: 1 }, lpis: { 3: 0x8009 } } }', taken));
    pause(run.machine, 0);
    const { result, saved } = saveTables(run.machine);
    // Acknowledged: active, no longer pending.
    expect([result, saved.spis[5], [...saved.lpis.entries()].filter(([, word]) => word !== 0)]).toEqual([
      0,
      1,
      [[3, 0x800a]],
    ]);
  });

  it('are refused where no table of LPIs is described', () => {
    const refused = '{ restoreTables: { lpis: { 3: 0x8009 } }, result: EINVAL }';
    expect(failures(scenario('Q', '0', refused))).toEqual([]);
  });

  it('fault outside the guest’s memory, where the kernel looks for them there', () => {
    const faults = '{ restoreTables: { lpis: { 3: 0x8009 } }, result: EFAULT }';
    expect(failures(scenario('H3', '0x90000001', faults))).toEqual([]);
  });

  it.each([
    ['{ lpis: { 32: 1 } }', "LPI 32: the VM's table has 32 entries"],
    ['{ spis: { 40: 1 } }', "SPI 40: the VM's table has 32 entries"],
  ])('%s are not left out silently', (words, message) => {
    expect(failures(scenario('Q', TABLE, `{ restoreTables: ${words} }`))).toEqual([`restoreTables: ${message}`]);
  });
});
