/** What lines prove about state, and what they do not. */
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
  SPI5,
  taken,
  timer,
  valid,
  wfi,
  write,
} from '../../../../support/qemu-lines.ts';
import { RUN_STATES } from '../../../../../core/trace/kinds.ts';

const P31 = 0x1f1f1f1f_1f1f1f1fn;
const ack = (cpu: number, id: number): string[] => [
  acknowledge(id),
  ...candidate(0),
  signal(0),
  read(cpu, 'GICR CDIA', valid(id)),
];

describe('the CPU interface', () => {
  it('shows the text of a deactivation that names no interrupt', async () => {
    const line = 'gicv5_cddi domain 1 CDDI deactivating interrupt ID 0x0';
    const { sink } = await importLines([machine(1), line, line]);
    for (const event of sink.ofKind('other'))
      expect(event).toMatchObject({ event: 'gicv5_cddi', detail: { text: line.slice(11) } });
    expect(sink.ofKind('other')).toHaveLength(2);
  });

  it('follows an acknowledge, its drop and its deactivation', async () => {
    const { sink } = await importLines([
      machine(1),
      write(0, 'ICC_PPI_PRIORITYR3_EL1', P31), // 2
      read(0, 'ICC_PPI_HMR0_EL1', 0xfffffff7), // 3
      input(27, 1), // 4
      ...candidate(PPI27),
      signal(1),
      ...ack(0, PPI27), // 10
      write(0, 'GIC CDEOI', 0),
      drop(), // 18
      signal(0),
      write(0, 'GIC CDDI', PPI27),
      deactivate(PPI27), // 21
      ...candidate(0),
      signal(0),
    ]);
    const at = (slot: string, line: number): bigint | undefined => sink.valueAt(`vcpu0.${slot}`, line);
    expect([at('irq.ppi27.pending', 4), at('irq.ppi27.active', 4)]).toEqual([1n, undefined]);
    // The candidate line proves that it was enabled and not active.
    expect([at('irq.ppi27.enabled', 9), at('irq.ppi27.active', 9)]).toEqual([1n, 0n]);
    expect([at('ICC_APR_EL1', 9), at('runningPriority', 9)]).toEqual([undefined, undefined]);
    // Level handled: still pending while active.
    expect([at('irq.ppi27.pending', 10), at('irq.ppi27.active', 10)]).toEqual([1n, 1n]);
    expect([at('ICC_APR_EL1', 10), at('runningPriority', 10)]).toEqual([0x8000_0000n, 31n]);
    expect([at('ICC_APR_EL1', 18), at('runningPriority', 18), at('irq.ppi27.active', 18)]).toEqual([0n, 255n, 1n]);
    expect(at('irq.ppi27.active', 21)).toBe(0n);
    expect(sink.ofKind('irq.drop')[0]?.intid).toBe(PPI27);
  });

  it('clears the pending state of an edge handled PPI at its acknowledge, and keeps it open where the handling is unknown', async () => {
    const sw = 0x2000_0003;
    const edge = await importLines([
      machine(1),
      read(0, 'ICC_PPI_HMR0_EL1', 0xfffffff7),
      ...candidate(sw),
      signal(1),
      ...ack(0, sw),
    ]);
    expect(edge.sink.value('vcpu0.irq.ppi3.pending')).toBe(0n);
    const unknown = await importLines([machine(1), ...candidate(sw), signal(1), ...ack(0, sw)]);
    expect(unknown.sink.value('vcpu0.irq.ppi3.pending')).toBeUndefined();
  });

  it('keeps the candidate and its priority, and the signals', async () => {
    const { sink } = await importLines([machine(1), ...candidate(PPI27, 8), signal(1), ...candidate(0), signal(0)]);
    expect([sink.valueAt('vcpu0.hppi', 6), sink.valueAt('vcpu0.hppi.priority', 6)]).toEqual([BigInt(PPI27), 8n]);
    expect(sink.valueAt('vcpu0.signal.irq', 6)).toBe(1n);
    expect([sink.value('vcpu0.hppi'), sink.value('vcpu0.hppi.priority'), sink.value('vcpu0.signal.irq')]).toEqual([
      0n,
      255n,
      0n,
    ]);
    expect(sink.ofKind('irq.hppi').map(({ intid, priority }) => [intid, priority])).toEqual([
      [PPI27, 8],
      [undefined, 255],
    ]);
  });

  it('says which PPI the mask, the running priority or a disabled interface holds back, once all of them are known', async () => {
    const start = [machine(1), ...candidate(PPI27, 16), signal(0), input(27, 1)]; // 7 lines
    const masked = async (...lines: string[]): Promise<bigint | undefined> =>
      (await importLines([...start, ...lines])).sink.value('vcpu0.irq.ppi27.masked');
    expect(await masked()).toBeUndefined();
    const all = [write(0, 'ICC_PCR_EL1', 16), write(0, 'ICC_CR0_EL1', 7), write(0, 'ICC_APR_EL1', 0)];
    expect(await masked(...all)).toBe(0n);
    expect(await masked(...all, write(0, 'ICC_PCR_EL1', 15))).toBe(1n);
    expect(await masked(...all, write(0, 'ICC_CR0_EL1', 6))).toBe(1n);
    expect(await masked(...all, write(0, 'ICC_APR_EL1', 0x1_0000))).toBe(1n);
    // One reason is enough, whatever else is unknown; and what is not pending is not held back.
    expect(await masked(write(0, 'ICC_CR0_EL1', 6))).toBe(1n);
    expect(await masked(input(27, 0))).toBe(0n);
  });
});

describe('registers', () => {
  it('keep their last value, named so that it can be decoded', async () => {
    const { sink } = await importLines([machine(1), write(0, 'ICC_PCR_EL1', 31), read(0, 'CNTV_CTL_EL0', 5)]);
    expect(sink.value('vcpu0.ICC_PCR_EL1')).toBe(31n);
    expect(sink.value('vcpu0.CNTV_CTL_EL0')).toBe(5n);
    const slot = sink.journal.layout.slots.find(({ path }) => path === 'vcpu0.CNTV_CTL_EL0');
    expect(slot?.register).toBe('CNTV_CTL_EL0');
  });

  it('show PPIs that are enabled, with the priority and handling that were set before', async () => {
    const { sink } = await importLines([
      machine(1),
      write(0, 'ICC_PPI_PRIORITYR3_EL1', 0x0807060504030201n),
      read(0, 'ICC_PPI_HMR0_EL1', 0xfffffff7),
      write(0, 'ICC_PPI_ENABLER0_EL1', 0x0800_0000),
      write(0, 'ICC_PPI_ENABLER0_EL1', 0),
    ]);
    expect([sink.valueAt('vcpu0.irq.ppi27.enabled', 4), sink.value('vcpu0.irq.ppi27.enabled')]).toEqual([1n, 0n]);
    expect([sink.value('vcpu0.irq.ppi27.priority'), sink.value('vcpu0.irq.ppi27.handling')]).toEqual([4n, 1n]);
    expect(sink.journal.layout.find('vcpu0.irq.ppi26.enabled')).toBeUndefined();
    expect(sink.fields.filter(({ intid, vcpu }) => intid === PPI27 && vcpu === 0).map(({ field }) => field)).toEqual([
      'pending',
      'active',
      'enabled',
      'priority',
      'handling',
      'line',
      'masked', // prettier-ignore
    ]);
  });

  it('set and clear active and pending bits, pending ones of edge PPIs only', async () => {
    const { sink } = await importLines([
      machine(1),
      read(0, 'ICC_PPI_HMR0_EL1', 0xfffffff7),
      write(0, 'ICC_PPI_SACTIVER0_EL1', 0x0800_0008),
      write(0, 'ICC_PPI_CACTIVER0_EL1', 0x0800_0000),
      write(0, 'ICC_PPI_SPENDR0_EL1', 0x0800_0008),
    ]);
    expect([sink.value('vcpu0.irq.ppi27.active'), sink.value('vcpu0.irq.ppi3.active')]).toEqual([0n, 1n]);
    expect([sink.value('vcpu0.irq.ppi27.pending'), sink.value('vcpu0.irq.ppi3.pending')]).toEqual([undefined, 1n]);
  });

  it('are known by encoding, not by the name that is printed', async () => {
    const line = 'gicplug_sysreg_write cpu 0 ICC_PPI_SPENDR0_EL1 (3,0,12,13,7) value 0x8 pc 0x0';
    const { sink } = await importLines([
      machine(1),
      line,
      'gicplug_sysreg_read cpu 0 FOO (3,7,9,9,7) value 0x1 pc 0x0',
    ]);
    expect(sink.ofKind('register.access').map(({ register }) => register)).toEqual([
      'ICC_PPI_SPENDR1_EL1',
      'S3_7_C9_C9_7',
    ]);
    expect(sink.journal.layout.find('vcpu0.S3_7_C9_C9_7')).toBeUndefined();
  });

  it('make instructions of GIC encodings, with operand or result', async () => {
    const { sink } = await importLines([machine(1), write(0, 'GIC CDDI', PPI27), read(0, 'GICR CDIA', valid(PPI27))]);
    expect(sink.ofKind('register.access').map(({ register, op, value }) => [register, op, value])).toEqual([
      ['GIC CDDI', 'execute', BigInt(PPI27)],
      ['GICR CDIA', 'execute', valid(PPI27)],
    ]);
  });

  it('are unknown again after a reset', async () => {
    const { sink } = await importLines([
      machine(1),
      write(0, 'ICC_PCR_EL1', 31),
      ...candidate(PPI27),
      signal(1),
      'arm_cpu_reset cpu 0',
    ]);
    expect(sink.value('vcpu0.ICC_PCR_EL1')).toBeUndefined();
    expect(sink.value('vcpu0.irq.ppi27.pending')).toBeUndefined();
    expect(sink.value('vcpu0.hppi')).toBeUndefined();
  });
});

describe('SPIs and LPIs', () => {
  it('take what the commands print', async () => {
    const { sink } = await importLines([
      machine(2),
      irs('SetPriority', 'LPI', 8, 'prio 12'),
      irs('SetHandling', 'LPI', 8, 'handling 0'),
      irs('SetTarget', 'LPI', 8, 'IAFFID 1 routingmode 0'),
      irs('SetEnabled', 'LPI', 8, 'enabled 1'),
      irs('SetPending', 'LPI', 8, 'pending 1'),
    ]);
    const of = (field: string): bigint | undefined => sink.value(`irq.lpi8.${field}`);
    expect(['priority', 'handling', 'target', 'enabled', 'pending', 'active'].map(of)).toEqual([
      12n,
      0n,
      1n,
      1n,
      1n,
      undefined,
    ]);
    expect(sink.ofKind('irq.configure').map(({ what, value }) => [what, value])).toEqual([
      ['priority', 12n],
      ['handling', 0n],
      ['target', 1n],
      ['enabled', 1n],
    ]);
    expect(sink.ofKind('irq.pend')).toMatchObject([{ intid: LPI8, pending: true }]);
  });

  it('become active and lose their pending edge at the acknowledge, and end with the deactivation, counted once', async () => {
    const { sink, result } = await importLines([
      machine(2),
      irs('SetHandling', 'LPI', 8, 'handling 0'),
      irs('SetPending', 'LPI', 8, 'pending 1'),
      offer(1, LPI8), // 4
      signal(1),
      acknowledge(LPI8), // 6
      irs('Activate', 'LPI', 8), // 7
      offer(1, 0),
      signal(0),
      write(1, 'GIC CDDI', LPI8),
      deactivate(LPI8), // 11
      irs('Deactivate', 'LPI', 8), // 12
      offer(1, 0),
      signal(0),
    ]);
    const at = (field: string, line: number): bigint | undefined => sink.valueAt(`irq.lpi8.${field}`, line);
    // The offer proves enable, target and priority.
    expect([at('enabled', 4), at('target', 4), at('priority', 4), at('active', 4)]).toEqual([1n, 1n, 31n, 0n]);
    expect([sink.valueAt('irs.hppi1', 4), sink.value('irs.hppi1')]).toEqual([BigInt(LPI8), 0n]);
    expect([at('pending', 6), at('active', 6), at('active', 11)]).toEqual([0n, 1n, 0n]);
    expect(sink.ofKind('irq.deactivate').length).toBe(1);
    expect(sink.ofKind('irq.activate').length).toBe(1);
    expect(result.summary.source.facts['merged lines']).toBe('gicv5_deactivate 1');
  });

  it('deactivated without the instruction’s line count all the same', async () => {
    const { sink } = await importLines([machine(2), irs('Activate', 'SPI', 5), irs('Deactivate', 'SPI', 5)]);
    expect(sink.ofKind('irq.deactivate')).toMatchObject([{ intid: SPI5 }]);
    expect(sink.value('irq.spi5.active')).toBe(0n);
  });

  it('follow their wires and the state that the IRS reports', async () => {
    const { sink } = await importLines([
      machine(2),
      'gicv5_spi GICv5 SPI ID 5 asserted at level 1',
      'gicv5_spi_state GICv5 IRS SPI ID 5 now level 1 pending 1 active 0',
    ]);
    expect(['line', 'pending', 'active'].map((field) => sink.value(`irq.spi5.${field}`))).toEqual([1n, 1n, 0n]);
    expect(sink.ofKind('irq.line')).toMatchObject([{ intid: SPI5, level: true, origin: 'device' }]);
    expect(sink.ofKind('irq.state')).toMatchObject([{ intid: SPI5, level: true, pending: true, active: false }]);
  });

  it('follow the printed argument where the recorder is known to store another, and say so', async () => {
    const { sink, result } = await importLines([
      machine(2),
      irs('SetEnabled', 'SPI', 5, 'enabled 0'),
      irs('SetEnabled', 'LPI', 8, 'enabled 0'),
    ]);
    expect(sink.value('irq.spi5.enabled')).toBe(0n);
    const [spi, lpi] = sink.ofKind('irq.configure');
    expect(spi?.detail).toEqual({ defect: 'this recorder stores 1 for an SPI whatever the argument' });
    expect(lpi?.detail).toBeUndefined();
    expect(result.summary.source.facts['recorder defect']).toContain('1 lines');
  });

  it('take all of a configuration that is read back, unless the read failed', async () => {
    const line = (icsr: string): string =>
      `gicv5_request_config GICv5 IRS RequestConfig NonSecure SPI virtual:0 ID 5 ICSR ${icsr}`;
    const { sink } = await importLines([machine(2), line('0x10000f836')]);
    const of = (field: string): bigint | undefined => sink.value(`irq.spi5.${field}`);
    expect(['enabled', 'pending', 'active', 'handling', 'priority', 'target'].map(of)).toEqual([
      1n,
      1n,
      1n,
      1n,
      31n,
      1n,
    ]);
    const failed = await importLines([machine(2), line('0x1')]);
    expect(failed.sink.value('irq.spi5.enabled')).toBeUndefined();
  });

  it('of the Secure domain, and virtual ones, are events without state', async () => {
    const { sink } = await importLines([
      machine(2),
      'gicv5_set_enabled GICv5 IRS SetEnabled Secure LPI virtual:0 ID 8 enabled 1',
      'gicv5_set_enabled GICv5 IRS SetEnabled NonSecure LPI virtual:1 ID 8 enabled 1',
    ]);
    expect(sink.journal.layout.find('irq.lpi8.enabled')).toBeUndefined();
    expect(sink.ofKind('irq.configure').map(({ detail }) => detail)).toEqual([{ domain: 'Secure' }, { virtual: true }]);
  });

  it('are unknown again when their table becomes invalid', async () => {
    const { sink } = await importLines([
      machine(2),
      irs('SetEnabled', 'LPI', 8, 'enabled 1'),
      irs('SetEnabled', 'SPI', 5, 'enabled 1'),
      'gicv5_ist_invalid GICv5 IRS NonSecure IST no longer valid',
    ]);
    expect([sink.value('irq.lpi8.enabled'), sink.value('irq.spi5.enabled')]).toEqual([undefined, 1n]);
  });
});

describe('the register frame of the IRS', () => {
  const frame = (op: string, offset: string, data: string, size = 4): string =>
    `gicv5_${op} GICv5 IRS NonSecure config frame ${op}: offset ${offset} data ${data} size ${size}`;

  it('keeps registers by name, and forgets a window when its selector moves', async () => {
    const { sink } = await importLines([
      machine(2),
      frame('write', '0x108', '0x5'),
      frame('write', '0x114', '0x1'), // 3
      frame('write', '0x108', '0x6'),
    ]);
    expect([sink.valueAt('irs.IRS_SPI_CFGR', 3), sink.value('irs.IRS_SPI_CFGR')]).toEqual([1n, undefined]);
    expect(sink.value('irs.IRS_SPI_SELR')).toBe(6n);
    expect(
      sink.ofKind('mmio.access').map(({ register, op, size, value, offset }) => [register, op, size, value, offset]),
    ).toEqual([
      ['IRS_SPI_SELR', 'write', 4, 5n, 0x108n],
      ['IRS_SPI_CFGR', 'write', 4, 1n, 0x114n],
      ['IRS_SPI_SELR', 'write', 4, 6n, 0x108n],
    ]);
  });

  it('takes half of a wide register only where the other half is known', async () => {
    const { sink } = await importLines([
      machine(2),
      frame('read', '0x184', '0x1'), // 2
      frame('write', '0x180', '0x243600001', 8),
      frame('write', '0x180', '0x0'),
    ]);
    expect(sink.valueAt('irs.IRS_IST_BASER', 2)).toBeUndefined();
    expect(sink.value('irs.IRS_IST_BASER')).toBe(0x2_0000_0000n);
  });

  it('names an offset that the tables do not have, and takes nothing from an access that failed', async () => {
    const { sink } = await importLines([
      machine(2),
      frame('read', '0xf00', '0x0'),
      'gicv5_badread GICv5 IRS NonSecure config frame read: offset 0x80 size 4: error',
    ]);
    const [first, second] = sink.ofKind('mmio.access');
    expect(first?.register).toBe('IRS+0xf00');
    expect([second?.register, second?.value, second?.detail]).toEqual(['IRS_CR0', undefined, { rejected: true }]);
    expect(sink.journal.layout.find('irs.IRS_CR0')).toBeUndefined();
  });
});

describe('the run state of a vCPU', () => {
  const stateAt = async (lines: readonly (string | string[])[]): Promise<string | undefined> => {
    const { sink } = await importLines([machine(2), ...lines]);
    const value = sink.value('vcpu1.runState');
    return value === undefined ? undefined : RUN_STATES[Number(value)];
  };

  it('is unknown at first, guest when it executes, idle from WFI', async () => {
    expect(await stateAt([wfi(0)])).toBeUndefined();
    expect(await stateAt([write(1, 'ICC_PCR_EL1', 0)])).toBe('guest');
    expect(await stateAt([wfi(1)])).toBe('idle');
    expect(await stateAt([wfi(1), write(1, 'ICC_PCR_EL1', 0)])).toBe('guest');
  });

  it('is handler from the exception until nothing that it acknowledged is active', async () => {
    expect(await stateAt([wfi(1), taken(1)])).toBe('handler');
    const handling = [taken(1), ack(1, PPI27), write(1, 'GIC CDEOI', 0), drop(), signal(0)];
    expect(await stateAt(handling)).toBe('handler');
    expect(await stateAt([...handling, write(1, 'GIC CDDI', PPI27), deactivate(PPI27), candidate(0), signal(0)])).toBe(
      'guest',
    );
  });

  it('is handler from an acknowledge where exceptions are not recorded', async () => {
    expect(await stateAt([ack(1, PPI27)])).toBe('handler');
  });

  it('is not known after an exception where the log does not show what ends its handling', async () => {
    const { sink } = await importLines([wfi(1), taken(1), write(1, 'ICC_PMR_EL1', 0)]);
    expect(sink.valueAt('vcpu1.runState', 1)).toBe(3n);
    expect(sink.value('vcpu1.runState')).toBeUndefined();
  });

  it('is off after power-off and guest after power-on', async () => {
    const on = 'arm_powerctl_set_cpu_on cpu 1 (EL 1, aarch64) @ 0x40000000 with R0 = 0x0';
    expect(await stateAt(['arm_powerctl_set_cpu_off cpu 1'])).toBe('off');
    expect(await stateAt(['arm_powerctl_set_cpu_off cpu 1', on, 'arm_cpu_reset cpu 1'])).toBe('guest');
  });

  it('is not guessed after an acknowledge that may have been another vCPU’s', async () => {
    expect(await stateAt([write(1, 'ICC_PCR_EL1', 0), acknowledge(PPI27), candidate(0), signal(0)])).toBeUndefined();
  });
});

describe('timers', () => {
  it('keep control, compare value, deadline and output line', async () => {
    const { sink } = await importLines([
      machine(2),
      write(1, 'CNTV_CVAL_EL0', 0x1000),
      timer.compare(0x1000),
      timer.deadline(0x1000),
      timer.output(0),
      write(1, 'CNTV_CTL_EL0', 3),
      timer.control(3),
      timer.toggle(),
      timer.output(0),
    ]);
    const of = (slot: string): bigint | undefined => sink.value(`vcpu1.timer.cntv.${slot}`);
    expect(['control', 'compare', 'deadline', 'line'].map(of)).toEqual([3n, 0x1000n, 0x1000n, 0n]);
    expect(sink.ofKind('timer.write').map(({ what, value }) => [what, value])).toEqual([
      ['compare', 0x1000n],
      ['control', 3n],
      ['mask', 1n],
    ]);
    expect(sink.ofKind('timer.deadline')).toMatchObject([{ timer: 'CNTV', deadline: 0x1000n }]);
  });

  it('have no deadline when it never comes or the timer is off', async () => {
    const { sink } = await importLines([
      machine(1),
      timer.never(),
      timer.output(0),
      'arm_gt_recalc_disabled gt recalc: timer 0 timer disabled',
    ]);
    const [never, off] = sink.ofKind('timer.deadline');
    expect([never?.deadline, off?.deadline, off?.detail]).toEqual([undefined, undefined, { disabled: true }]);
  });

  it('of release 7.2 read the same', async () => {
    const { sink, result } = await importLines([
      machine(1),
      'arm_gt_recalc gt recalc: timer 1 irqstate 1 next tick 0x10',
      'arm_gt_recalc_disabled gt recalc: timer 1 irqstate 0 timer disabled',
      'arm_gt_imask_toggle gt_ctl_write: timer 1 IMASK toggle, new irqstate 0',
    ]);
    expect(result.summary.lines?.skipped).toBe(0);
    expect(sink.kept.length).toBe(4);
  });
});

describe('power and PSCI', () => {
  it('name the call and its vCPU', async () => {
    const { sink } = await importLines([
      machine(2),
      'arm_psci_call PSCI Call x0=0x00000000c4000003 x1=0x0000000000000001 x2=0x00000000426ff5b0 x3=0x0000000000000000 cpuid=0x0',
      'arm_powerctl_set_cpu_on cpu 1 (EL 1, aarch64) @ 0x426ff5b0 with R0 = 0x0',
    ]);
    expect(sink.ofKind('psci.call')).toMatchObject([
      { function: 'CPU_ON', vcpu: 0, x0: 0xc400_0003n, x1: 1n, detail: { x2: '0x00000000426ff5b0' } },
    ]);
    expect(sink.ofKind('vcpu.power')).toMatchObject([{ vcpu: 1, on: true, entry: 0x426f_f5b0n }]);
  });

  it('map affinities beyond the first cluster by the order of resets', async () => {
    const resets = Array.from({ length: 18 }, (_, i) => `arm_cpu_reset cpu ${i < 16 ? i : 256 + i - 16}`);
    const { sink } = await importLines([...resets, machine(18), 'arm_powerctl_set_cpu_off cpu 257']);
    expect(sink.ofKind('vcpu.power')[0]?.vcpu).toBe(17);
    const unknown = await importLines([machine(18), 'arm_powerctl_set_cpu_off cpu 257']);
    expect(unknown.sink.ofKind('vcpu.power')[0]).toMatchObject({ detail: { affinity: 257 } });
    expect(unknown.sink.ofKind('vcpu.power')[0]?.vcpu).toBeUndefined();
  });

  it('map affinities beyond the first cluster by its width, or by what the redistributors say', async () => {
    const candidate = (affinity: number): string =>
      `gicv3_cpuif_update GICv3 CPU i/f 0x${affinity.toString(16)} HPPI update: irq 0 group 0 prio 255`;
    const vcpus = async (...lines: readonly string[]): Promise<readonly (number | undefined)[]> =>
      (await importLines(lines)).sink.ofKind('irq.hppi').map(({ vcpu }) => vcpu);
    // Nothing says whether clusters have 8 or 16 vCPUs, until the first has a ninth.
    expect(await vcpus(candidate(7), candidate(0x100), candidate(8), candidate(0x100), candidate(0x20f))).toEqual([
      7,
      undefined,
      8,
      16,
      47,
    ]);
    // GICR_TYPER of the first vCPU of the second cluster of eight.
    const typer = 'gicv3_redist_read GICv3 redistributor 0x100 read: offset 0x8 data 0x10000000811 size 8 secure 0';
    expect(await vcpus(candidate(0x100), typer, candidate(0x100), candidate(0x101))).toEqual([undefined, 8, undefined]);
  });

  it('a second machine in the same log starts from nothing', async () => {
    const { sink } = await importLines([
      machine(2),
      irs('SetEnabled', 'LPI', 8, 'enabled 1'),
      write(1, 'ICC_PCR_EL1', 31),
      machine(2),
    ]);
    expect(sink.value('irq.lpi8.enabled')).toBeUndefined();
    expect(sink.value('vcpu1.ICC_PCR_EL1')).toBeUndefined();
    expect(sink.value('vcpu1.runState')).toBeUndefined();
  });
});
