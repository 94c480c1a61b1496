import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ReplayResult } from '../../../../core/analysis/replay/tally.ts';
import { importTrace } from '../../../../core/import/import.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { enter, eoir, iar, ich, load } from '../../../support/ich-lines.ts';
import { importLines } from '../../../support/qemu-lines.ts';
import { replayed } from '../../../support/replayed.ts';

const data = fileURLToPath(new URL('../../../data/import/gicv3-kvm-host.log.xz', import.meta.url));

async function ofLines(...lines: readonly (string | readonly string[])[]): Promise<ReplayResult> {
  const { sink, result } = await importLines(lines, { vcpus: 1 });
  return replayed(sink, result);
}

const best = (index: number): string =>
  `gicv3_cpuif_virt_update GICv3 CPU i/f 0x0 virt HPPI update LR index ${index} HPPVLPI 0 grp 0 prio 255`;
const signals = (irq: 0 | 1): string =>
  `gicv3_cpuif_virt_set_irqs GICv3 CPU i/f 0x0 virt HPPI update: setting FIQ 0 IRQ ${irq}`;
const maintenance = (level: 0 | 1): string =>
  `gicv3_cpuif_virt_set_maint_irq GICv3 CPU i/f 0x0 virt HPPI update: setting maintenance-irq ${level}`;

/** A guest with group 1 enabled, mask 0xF8, is entered. */
const entered: readonly string[] = [...load(), ...enter('191')];

describe('replay of a real KVM host under its own selftests', () => {
  const sink = new MemorySink();
  let result: ReplayResult;
  beforeAll(async () => {
    result = replayed(sink, await importTrace(data, sink));
  });

  it('agrees with every list register read back, every answer to the guest and every signal', () => {
    expect(result.divergences).toEqual([]);
    expect([result.compared, result.mismatched, result.unsupported]).toEqual([66_438, 0, 2]);
    const counts = ['ICH_LR0_EL2', 'ICH_LR3_EL2', 'ICV_IAR1_EL1', 'ICH_MISR_EL2', 'best list register'];
    expect(counts.map((register) => result.byRegister[register]?.matched)).toEqual([324, 274, 92, 1942, 13_137]);
  });

  it('learns what was set up before the recording began, and says how much', () => {
    expect(Object.values(result.inferred).slice(0, 3)).toEqual([1, 1, 6]);
  });
});

describe('replay of virtual interfaces', () => {
  it('follows a level interrupt to the report of its end', async () => {
    const result = await ofLines(
      entered,
      [ich('write', 'ICH_LR0_EL2', '5080020000000010'), best(0), signals(1), maintenance(0)],
      [iar('10'), best(-1), signals(0), ich('read', 'ICH_LR0_EL2', '9080020000000010')],
      [eoir('10'), best(-1), signals(0), maintenance(1)],
      [ich('read', 'ICH_MISR', '1'), ich('read', 'ICH_ELRSR', 'e')],
      ich('read', 'ICH_LR0_EL2', '1080020000000010'),
    );
    expect(result.divergences).toEqual([]);
    expect(result.compared).toBe(15);
  });

  it('reports an answer that the list registers do not give', async () => {
    const { divergences } = await ofLines(entered, ich('write', 'ICH_LR0_EL2', '5080020000000010'), iar('11'));
    expect(divergences).toMatchObject([{ register: 'ICV_IAR1_EL1', recorded: 0x11n, emulated: 0x10n }]);
  });

  it('takes over what was set before the recording began from its first read, and holds later reads to it', async () => {
    const read = (value: string): string => ich('read', 'ICH_VMCR_EL2', value);
    const { divergences, inferred } = await ofLines(read('f84c000a'), read('f84c000a'), read('f04c000a'));
    expect(divergences).toMatchObject([{ register: 'ICH_VMCR_EL2', recorded: 0xf04c_000an }]);
    expect(Object.values(inferred)).toEqual([1]);
  });
});
