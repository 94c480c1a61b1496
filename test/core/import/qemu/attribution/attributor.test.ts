/** Whose line it is: hand-made interleavings of two vCPU threads, each ending in a proof or in none. */
import { describe, expect, it } from 'vitest';
import {
  acknowledge,
  candidate,
  deactivate,
  drop,
  importLines,
  input,
  irs,
  LPI8,
  machine,
  offer,
  PPI27,
  read,
  signal,
  taken,
  timer,
  valid,
  wfi,
  write,
} from '../../../../support/qemu-lines.ts';

describe('effects of register writes', () => {
  it('belong to the only vCPU whose write is outstanding', async () => {
    const { vcpu } = await importLines([
      machine(2),
      write(0, 'ICC_PCR_EL1', 31),
      write(1, 'GIC CDEOI', 0),
      drop(), // 4
      signal(0), // 5
    ]);
    expect([vcpu(4), vcpu(5)]).toEqual([1, 1]);
  });

  it('belong to the vCPU that goes on first, when two have such a write outstanding', async () => {
    const { vcpu } = await importLines([
      machine(2),
      write(0, 'GIC CDEOI', 0),
      write(1, 'GIC CDEOI', 0),
      drop(), // 4
      signal(0),
      wfi(1),
      drop(), // 7
      signal(0),
      wfi(0),
    ]);
    expect([vcpu(4), vcpu(5), vcpu(7)]).toEqual([1, 1, 0]);
  });

  it('are told apart by the identifier that they name', async () => {
    const { vcpu } = await importLines([
      machine(2),
      write(0, 'GIC CDDI', PPI27),
      write(1, 'GIC CDDI', LPI8),
      deactivate(LPI8), // 4
      irs('Deactivate', 'LPI', 8),
      deactivate(PPI27), // 6
    ]);
    expect([vcpu(4), vcpu(6)]).toEqual([1, 0]);
  });

  it('stay nobody’s when both were done before either vCPU went on; then both have done it', async () => {
    const { vcpu, sink } = await importLines([
      machine(2),
      ...[0, 1].flatMap((cpu) => [
        acknowledge(PPI27),
        ...candidate(0),
        signal(0),
        read(cpu, 'GICR CDIA', valid(PPI27)),
      ]), // 2 … 15
      write(0, 'GIC CDDI', PPI27),
      write(1, 'GIC CDDI', PPI27),
      deactivate(PPI27), // 18
      ...candidate(0),
      signal(0),
      deactivate(PPI27), // 24
      ...candidate(0),
      signal(0),
      wfi(0),
      wfi(1),
    ]);
    expect([vcpu(18), vcpu(24)]).toEqual([undefined, undefined]);
    for (const cpu of [0, 1]) {
      expect(sink.valueAt(`vcpu${cpu}.irq.ppi27.active`, 17)).toBe(1n);
      expect(sink.valueAt(`vcpu${cpu}.irq.ppi27.active`, 18)).toBeUndefined();
      expect(sink.valueAt(`vcpu${cpu}.irq.ppi27.active`, 24)).toBe(0n);
    }
  });

  it('are still both vCPUs’ when one of them has done the same again meanwhile', async () => {
    const { vcpu, sink } = await importLines([
      machine(2),
      ...[0, 1].flatMap((cpu) => [
        acknowledge(PPI27),
        ...candidate(0),
        signal(0),
        read(cpu, 'GICR CDIA', valid(PPI27)),
      ]), // 2 … 15
      write(0, 'GIC CDDI', PPI27),
      write(1, 'GIC CDDI', PPI27),
      deactivate(PPI27), // 18
      ...candidate(0),
      signal(0),
      deactivate(PPI27), // 24
      ...candidate(0),
      signal(0),
      write(1, 'GIC CDDI', PPI27),
      deactivate(PPI27), // 31
      ...candidate(0),
      signal(0),
      wfi(1),
      wfi(0),
    ]);
    expect([vcpu(18), vcpu(24), vcpu(31)]).toEqual([undefined, undefined, 1]);
    expect(sink.valueAt('vcpu0.irq.ppi27.active', 24)).toBe(0n);
  });

  it('are nobody’s without a write: a stock recorder prints none', async () => {
    const { vcpu } = await importLines([machine(2), drop(), signal(0), deactivate(PPI27), ...candidate(0), signal(0)]);
    expect([vcpu(2), vcpu(3), vcpu(4)]).toEqual([undefined, undefined, undefined]);
  });

  it('prove nothing at the torn beginning of a log, where a write may be cut off', async () => {
    const lines = [write(0, 'GIC CDEOI', 0), drop(), signal(0)];
    const torn = await importLines(lines);
    expect(torn.vcpu(2)).toBeUndefined();
    const later = await importLines([...Array.from({ length: 300 }, () => wfi(0)), ...lines]);
    expect(later.vcpu(302)).toBe(0);
  });

  it('may be bare signals, which an IRS can print too: they need the vCPU’s next line as proof', async () => {
    const { vcpu } = await importLines([
      machine(2),
      write(0, 'ICC_PCR_EL1', 31),
      signal(0), // 3
      write(0, 'ICC_CR0_EL1', 7),
      signal(0), // 5
      signal(0), // 6
      wfi(0),
    ]);
    expect([vcpu(3), vcpu(5), vcpu(6)]).toEqual([0, undefined, undefined]);
  });
});

describe('an acknowledge', () => {
  it('belongs to the vCPU whose read of the same identifier follows', async () => {
    const { vcpu } = await importLines([
      machine(2),
      acknowledge(PPI27), // 2
      ...candidate(0),
      signal(0),
      write(0, 'ICC_PCR_EL1', 31),
      read(1, 'GICR CDIA', valid(PPI27)),
    ]);
    expect([vcpu(2), vcpu(4), vcpu(7)]).toEqual([1, 1, 1]);
  });

  it('is not the one before the vCPU’s previous line', async () => {
    const { vcpu } = await importLines([
      machine(2),
      acknowledge(PPI27), // 2
      ...candidate(0),
      signal(0),
      taken(1),
      acknowledge(PPI27), // 9
      ...candidate(0),
      signal(0),
      read(1, 'GICR CDIA', valid(PPI27)),
      read(0, 'GICR CDIA', valid(PPI27)),
    ]);
    expect([vcpu(2), vcpu(9)]).toEqual([0, 1]);
  });

  it('stays nobody’s among two of the same identifier; after the second, both vCPUs have it active', async () => {
    const { vcpu, sink } = await importLines([
      machine(2),
      acknowledge(PPI27), // 2
      ...candidate(0),
      signal(0),
      acknowledge(PPI27), // 8
      ...candidate(0),
      signal(0),
      read(1, 'GICR CDIA', valid(PPI27)),
      read(0, 'GICR CDIA', valid(PPI27)),
    ]);
    expect([vcpu(2), vcpu(8)]).toEqual([undefined, undefined]);
    expect(sink.value('vcpu0.irq.ppi27.active')).toBe(1n);
    expect(sink.value('vcpu1.irq.ppi27.active')).toBe(1n);
  });

  it('of an LPI is the PE’s that the IRS offered it to', async () => {
    const { vcpu } = await importLines([
      machine(4),
      acknowledge(LPI8), // 2
      irs('Activate', 'LPI', 8),
      offer(3, 0),
      signal(0),
    ]);
    expect([vcpu(2), vcpu(3), vcpu(4), vcpu(5)]).toEqual([3, 3, 3, 3]);
  });

  it('that finds nothing belongs to the vCPU that reads nothing', async () => {
    const { vcpu, sink } = await importLines([
      machine(2),
      taken(1),
      'gicv5_gicr_cdia_fail domain 1 CDIA attempt failed: no available interrupt to acknowledge', // 3
      read(1, 'GICR CDIA', 0),
    ]);
    expect(vcpu(3)).toBe(1);
    expect(sink.ofKind('irq.acknowledge')[0]).toMatchObject({ cause: 'no available interrupt to acknowledge' });
    expect(sink.value('vcpu1.runState')).toBe(1n);
  });
});

describe('a timer that the main loop fires', () => {
  const arm = (cpu: number, tick: number): string[] => [
    write(cpu, 'CNTV_CTL_EL0', 0),
    timer.control(0),
    write(cpu, 'CNTV_CVAL_EL0', tick),
    timer.compare(tick),
    timer.deadline(tick),
    timer.output(0),
  ];
  const fire = [timer.never(), input(27, 1), ...candidate(PPI27), signal(1), timer.output(1)];

  it('is that of the vCPU with the earliest deadline', async () => {
    const { vcpu } = await importLines([machine(2), ...arm(0, 0x2000), ...arm(1, 0x1000), ...fire, ...fire]);
    expect([vcpu(14), vcpu(15), vcpu(17), vcpu(20), vcpu(21)]).toEqual([1, 1, 1, 1, 1]);
    expect([vcpu(22), vcpu(23)]).toEqual([0, 0]);
  });

  it('is that of the only vCPU that has armed one', async () => {
    const { vcpu } = await importLines([machine(3), ...arm(2, 0x1000), ...fire]);
    expect(vcpu(8)).toBe(2);
  });

  it('is proven by the acknowledge that follows, when deadlines are equal', async () => {
    const { vcpu } = await importLines([
      machine(2),
      ...arm(0, 0x1000),
      ...arm(1, 0x1000),
      ...fire, // 14
      taken(1),
      acknowledge(PPI27),
      ...candidate(0),
      signal(0),
      read(1, 'GICR CDIA', valid(PPI27)),
    ]);
    expect([vcpu(14), vcpu(15)]).toEqual([1, 1]);
  });

  it('stays nobody’s when nothing follows', async () => {
    const { vcpu, sink } = await importLines([machine(2), ...arm(0, 0x1000), ...arm(1, 0x1000), ...fire]);
    expect([vcpu(14), vcpu(15)]).toEqual([undefined, undefined]);
    expect(sink.value('vcpu0.timer.cntv.deadline')).toBeUndefined();
  });

  it('is not taken for the effect of a control write that changes nothing', async () => {
    const { vcpu } = await importLines([
      machine(2),
      ...arm(0, 0x2000),
      write(0, 'CNTV_CTL_EL0', 1),
      timer.control(1),
      ...arm(1, 0x1000),
      write(0, 'CNTV_CTL_EL0', 1),
      timer.control(1), // 17
      ...fire, // 18
    ]);
    expect([vcpu(17), vcpu(18)]).toEqual([0, 1]);
  });
});

describe('a PPI input without a line that says why', () => {
  it('that rises is the only vCPU’s where it is not high already', async () => {
    const { vcpu, sink } = await importLines([
      machine(2),
      input(27, 1), // 2
      ...candidate(PPI27),
      signal(1),
      taken(0),
      acknowledge(PPI27),
      ...candidate(0),
      signal(0),
      read(0, 'GICR CDIA', valid(PPI27)),
      input(27, 1), // 16
      ...candidate(PPI27),
      signal(1),
    ]);
    expect([vcpu(2), vcpu(16), vcpu(18)]).toEqual([0, 1, 1]);
    expect(sink.value('vcpu1.irq.ppi27.pending')).toBe(1n);
  });

  it('that falls is the vCPU’s that has just written the timer', async () => {
    const { vcpu } = await importLines([
      machine(2),
      write(1, 'CNTV_CTL_EL0', 3),
      input(27, 0),
      ...candidate(0),
      signal(0),
    ]);
    // Its input was low already as far as anyone knows, and so was the other's: nothing is proven.
    expect(vcpu(3)).toBeUndefined();
    const later = await importLines([
      machine(2),
      input(27, 1),
      ...candidate(PPI27),
      signal(1),
      input(27, 1),
      ...candidate(PPI27),
      signal(1),
      ...[0, 1].flatMap((cpu) => [
        taken(cpu),
        acknowledge(PPI27),
        ...candidate(0),
        signal(0),
        read(cpu, 'GICR CDIA', valid(PPI27)),
      ]),
      write(1, 'CNTV_CTL_EL0', 3),
      input(27, 0), // 31
      ...candidate(0),
      signal(0),
    ]);
    expect(later.vcpu(31)).toBe(1);
  });
});

describe('a machine with one vCPU', () => {
  it('leaves no question', async () => {
    const { vcpu } = await importLines([machine(1), acknowledge(PPI27), ...candidate(0), signal(0), drop(), signal(0)]);
    expect([vcpu(2), vcpu(4), vcpu(7), vcpu(8)]).toEqual([0, 0, 0, 0]);
  });

  it('is known from the user where the log does not say it', async () => {
    const lines = [acknowledge(PPI27), ...candidate(0), signal(0)];
    expect((await importLines(lines)).vcpu(1)).toBeUndefined();
    expect((await importLines(lines, { vcpus: 1 })).vcpu(1)).toBe(0);
  });

  it('is known from the name that people give to such a recording', async () => {
    const lines = [acknowledge(PPI27), ...candidate(0), signal(0)];
    const { vcpu, result } = await importLines(lines, {}, 'gicv5-smp1-events.log');
    expect(vcpu(1)).toBe(0);
    expect(result.summary.source.facts['vCPUs from']).toBe("the file's name (gicv5-smp1-events.log)");
    expect((await importLines(lines, {}, 'gicv5-smp12.log')).vcpu(1)).toBeUndefined();
  });

  it('is disproved by a line that names another vCPU', async () => {
    const { vcpu, result } = await importLines([drop(), signal(0), wfi(1), drop(), signal(0)], { vcpus: 1 });
    expect([vcpu(1), vcpu(4)]).toEqual([0, undefined]);
    expect(result.summary.source.facts['vCPUs from']).toBe('not known: the user, but the log names vCPU 1');
  });
});
