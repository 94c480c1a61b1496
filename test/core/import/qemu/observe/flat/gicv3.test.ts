/** GICv3 lines: what each proves of interrupts, registers and vCPUs (gicv3-behaviour §3, §6, §11, §17). */
import { describe, expect, it } from 'vitest';
import { intidOf } from '../../../../../../core/trace/interrupts.ts';
import { importLines } from '../../../../../support/qemu-lines.ts';

const PPI27 = intidOf({ type: 'ppi', number: 27 });
const SPI40 = intidOf({ type: 'spi', number: 40 });
const LPI = intidOf({ type: 'lpi', number: 8193 });

const dist = (offset: number, value: number, size = 4): string =>
  `gicv3_dist_write GICv3 distributor write: offset 0x${offset.toString(16)} data 0x${value.toString(16)} size ${size} secure 0`;
const redist = (cpu: number, offset: number, value: number, op: 'read' | 'write' = 'write'): string =>
  `gicv3_redist_${op} GICv3 redistributor 0x${cpu} ${op}: offset 0x${offset.toString(16)} data 0x${value.toString(16)} size 4 secure 0`;
const input = (cpu: number, irq: number, level: number): string =>
  `gicv3_redist_set_irq GICv3 redistributor 0x${cpu} interrupt ${irq} level changed to ${level}`;
const best = (cpu: number, irq: number, priority: number): string =>
  `gicv3_cpuif_update GICv3 CPU i/f 0x${cpu} HPPI update: irq ${irq} group 2 prio ${priority}`;
const signals = (cpu: number, irq: number): string =>
  `gicv3_cpuif_set_irqs GICv3 CPU i/f 0x${cpu} HPPI update: setting FIQ 0 IRQ ${irq}`;
const cpuRegister = (what: string, op: string, cpu: number, value: number): string =>
  `gicv3_icc_${what.toLowerCase().replace(/(eoir|bpr|igrpen)\d/, '$1')}_${op} GICv3 ICC_${what} ${op} cpu 0x${cpu} value 0x${value.toString(16)}`;
const acknowledge = (cpu: number, irq: number): string => cpuRegister('IAR1', 'read', cpu, irq);
const end = (cpu: number, irq: number): string => cpuRegister('EOIR1', 'write', cpu, irq);

const ICFGR1 = 0x1_0c04;
const ISENABLER = 0x1_0100;

describe('a timer interrupt of a GICv3', () => {
  const lines = [
    cpuRegister('CTLR', 'write', 0, 0), // 1: EOImode 0
    redist(0, ICFGR1, 0), // 2: level
    redist(0, ISENABLER, 0x0800_0000), // 3
    input(0, 27, 1), // 4
    best(0, 27, 192), // 5
    signals(0, 1), // 6
    acknowledge(0, 27), // 7
    input(0, 27, 0), // 8
    end(0, 27), // 9
  ];

  it('is pending while its line is high, active from acknowledge to end', async () => {
    const { sink, result } = await importLines(lines);
    const at = (field: string, line: number): bigint | undefined => sink.valueAt(`vcpu0.irq.ppi27.${field}`, line);
    expect([at('enabled', 3), at('handling', 3), at('pending', 3)]).toEqual([1n, 1n, undefined]);
    expect([at('line', 4), at('pending', 4)]).toEqual([1n, 1n]);
    expect([at('priority', 5), at('active', 5), at('masked', 6)]).toEqual([192n, 0n, 0n]);
    expect([at('active', 7), at('pending', 7), at('pending', 8)]).toEqual([1n, 1n, 0n]);
    expect(at('active', 9)).toBe(0n);
    expect(sink.valueAt('vcpu0.runState', 7)).toBe(2n);
    expect(sink.value('vcpu0.runState')).toBe(1n);
    expect(result.summary).toMatchObject({ gic: 'v3', vcpus: 1, lines: { read: 9, asEvents: 9, skipped: 0 } });
    expect(result.summary.source.facts['contradictions']).toBeUndefined();
  });

  it('makes events with the register, the value and the vCPU', async () => {
    const { sink } = await importLines(lines);
    expect(sink.ofKind('irq.acknowledge')).toMatchObject([{ intid: PPI27, vcpu: 0, cause: 'ICC_IAR1_EL1' }]);
    expect(sink.ofKind('irq.drop')).toMatchObject([{ intid: PPI27, vcpu: 0, detail: { register: 'ICC_EOIR1_EL1' } }]);
    expect(sink.ofKind('mmio.access')).toMatchObject([
      { register: 'GICR_ICFGR1', op: 'write', size: 4, offset: 0x1_0c04n, value: 0n, vcpu: 0 },
      { register: 'GICR_ISENABLER0', op: 'write', offset: 0x1_0100n, value: 0x0800_0000n },
    ]);
    expect(sink.ofKind('register.access')).toMatchObject([
      { register: 'ICC_CTLR_EL1', op: 'write', value: 0n, vcpu: 0 },
    ]);
  });

  it('may be active or not after its end while EOImode was never seen, and is active until DIR in EOImode 1', async () => {
    const unknown = await importLines(lines.slice(1));
    expect(unknown.sink.value('vcpu0.irq.ppi27.active')).toBeUndefined();
    const split = await importLines([
      cpuRegister('CTLR', 'write', 0, 2),
      ...lines.slice(1),
      cpuRegister('DIR', 'write', 0, 27),
    ]);
    expect([split.sink.valueAt('vcpu0.irq.ppi27.active', 9), split.sink.valueAt('vcpu0.irq.ppi27.active', 10)]).toEqual(
      [1n, 0n],
    );
    expect(split.sink.ofKind('irq.deactivate')).toMatchObject([{ intid: PPI27, detail: { register: 'ICC_DIR_EL1' } }]);
  });

  it('is masked where it is the best candidate and nothing is signalled', async () => {
    const { sink } = await importLines([
      input(0, 27, 1),
      best(0, 27, 192),
      signals(0, 0),
      best(0, 27, 192),
      signals(0, 1),
    ]);
    expect([sink.valueAt('vcpu0.irq.ppi27.masked', 3), sink.value('vcpu0.irq.ppi27.masked')]).toEqual([1n, 0n]);
  });

  it('counts an acknowledge of what was known not to be pending as a contradiction', async () => {
    const { result } = await importLines([...lines, acknowledge(0, 27)]);
    expect(result.summary.source.facts['contradictions']).toMatch(/^1 /);
  });
});

describe('interrupts of a GICv3', () => {
  it('exist in the trace once they are used, with what was set before', async () => {
    const priorities = Array.from({ length: 8 }, (_, i) => dist(0x420 + 4 * i, 0xa0a0a0a0));
    const { sink } = await importLines([
      ...priorities,
      dist(0xc08, 0x0002_0000), // SPI 40 is edge triggered
      dist(0x6140, 1, 8), // and goes to vCPU 1
      dist(0x104, 0x100),
    ]);
    const paths = sink.journal.layout.slots.map(({ path }) => path).filter((path) => path.endsWith('.enabled'));
    expect(paths).toEqual(['irq.spi40.enabled']);
    const value = (field: string): bigint | undefined => sink.value(`irq.spi40.${field}`);
    expect(['enabled', 'priority', 'handling', 'target', 'pending'].map(value)).toEqual([1n, 0xa0n, 0n, 1n, undefined]);
  });

  it('keep an edge until they are acknowledged, whatever their line does', async () => {
    const line = (level: number): string =>
      `gicv3_dist_set_irq GICv3 distributor interrupt 40 level changed to ${level}`;
    const { sink } = await importLines([
      dist(0xc08, 0x0002_0000),
      line(1),
      line(0),
      best(1, 40, 160),
      acknowledge(1, 40),
    ]);
    expect([sink.valueAt('irq.spi40.pending', 3), sink.value('irq.spi40.pending')]).toEqual([1n, 0n]);
    expect(sink.ofKind('irq.line').map(({ intid, level }) => [intid, level])).toEqual([
      [SPI40, true],
      [SPI40, false],
    ]);
  });

  it('name an SGI where it arrives, and its sender where it is generated', async () => {
    const { sink } = await importLines([
      'gicv3_icc_generate_sgi GICv3 CPU i/f 0x0 generating SGI 1 IRM 0 target affinity 0x0xx targetlist 0x2',
      'gicv3_redist_send_sgi GICv3 redistributor 0x1 pending SGI 1',
      acknowledge(1, 1),
    ]);
    expect(sink.ofKind('register.access')).toMatchObject([{ register: 'ICC_SGI1R_EL1', vcpu: 0, value: 0x0100_0002n }]);
    expect(sink.ofKind('irq.pend')).toMatchObject([{ vcpu: 1, pending: true, cause: 'SGI' }]);
    expect([sink.valueAt('vcpu1.irq.sgi1.pending', 2), sink.value('vcpu1.irq.sgi1.pending')]).toEqual([1n, 0n]);
  });

  it('are set and cleared by bitmaps, a level one only as far as its line allows', async () => {
    const [ISPENDR, ICPENDR, ISACTIVER, ICACTIVER] = [0x1_0200, 0x1_0280, 0x1_0300, 0x1_0380];
    const { sink } = await importLines([
      redist(0, ICFGR1, 0),
      input(0, 27, 1),
      redist(0, ICPENDR, 0x0800_0000), // 3
      redist(0, ISPENDR, 0x1000_0000), // 4
      redist(0, ICPENDR, 0x1000_0000), // 5: the line of PPI 28 was never seen
      redist(0, ISACTIVER, 0x0800_0000), // 6
      redist(0, ICACTIVER, 0x0800_0000),
    ]);
    expect(sink.value('vcpu0.irq.ppi27.pending')).toBe(1n);
    expect([sink.valueAt('vcpu0.irq.ppi28.pending', 4), sink.value('vcpu0.irq.ppi28.pending')]).toEqual([
      1n,
      undefined,
    ]);
    expect([sink.valueAt('vcpu0.irq.ppi27.active', 6), sink.value('vcpu0.irq.ppi27.active')]).toEqual([1n, 0n]);
  });

  it('prove nothing where the emulator rejects the access', async () => {
    const bad = 'gicv3_dist_badwrite GICv3 distributor write: offset 0x104 data 0x100 size 4 secure 1: error';
    const { sink } = await importLines([bad]);
    expect(sink.ofKind('mmio.access')).toMatchObject([{ detail: { secure: true, rejected: true } }]);
    expect(sink.journal.layout.find('irq.spi40.enabled')).toBeUndefined();
  });
});

describe('messages', () => {
  const its = (text: string): string => `gicv3_its_${text}`;
  const write = its('translation_write GICv3 ITS TRANSLATER write: offset 0x40 data 0x1 size 4 requester_id 0x10');
  const entry = (valid: number): string =>
    its(
      `ite_read GICv3 ITS: Interrupt Table read for ITTaddr 0x44b84000 EventID 0x1: valid ${valid} inttype 1 intid 0x2001 ICID 0x1 vPEID 0x0 doorbell 0x3ff`,
    );
  const collection = its('cte_read GICv3 ITS: Collection Table read for ICID 0x1: valid 1 RDBase 0x1');

  it('make the LPI pending that the interrupt table names, and aim it at the collection’s redistributor', async () => {
    const { sink } = await importLines([write, entry(1), collection, acknowledge(1, 8193)]);
    expect(sink.ofKind('mmio.access')).toMatchObject([
      { register: 'GITS_TRANSLATER', value: 1n, offset: 0x1_0040n, detail: { DeviceID: 0x10 } },
    ]);
    expect(sink.ofKind('irq.inject')).toMatchObject([{ intid: LPI, level: true, cause: 'message' }]);
    expect([sink.valueAt('irq.lpi8193.pending', 2), sink.valueAt('irq.lpi8193.target', 3)]).toEqual([1n, 1n]);
    // An LPI has no active state.
    expect([sink.value('irq.lpi8193.pending'), sink.value('irq.lpi8193.active')]).toEqual([0n, undefined]);
  });

  it('do nothing without a valid entry, and an entry means nothing without a message', async () => {
    const invalid = await importLines([write, entry(0), collection]);
    expect(invalid.sink.ofKind('irq.inject')).toEqual([]);
    const alone = await importLines([its('cmd_inv GICv3 ITS: command INV DeviceID 0x10 EventID 0x1'), entry(1)]);
    expect(alone.sink.ofKind('gic.setup').map(({ what }) => what)).toEqual([
      'ITS command INV',
      'ITS interrupt table read',
    ]);
  });

  it('are taken back by CLEAR', async () => {
    const clear = its('cmd_clear GICv3 ITS: command CLEAR DeviceID 0x10 EventID 0x1');
    const { sink } = await importLines([write, entry(1), clear, entry(1)]);
    expect(sink.value('irq.lpi8193.pending')).toBe(0n);
  });
});

describe('vCPUs of a GICv3', () => {
  it('are as many as the last redistributor says', async () => {
    const typer = 'gicv3_redist_read GICv3 redistributor 0x3 read: offset 0x8 data 0x301000311 size 8 secure 0';
    const { result } = await importLines([typer]);
    expect(result.summary.vcpus).toBe(4);
    expect(result.summary.source.facts['vCPUs from']).toBe('GICR_TYPER.Last');
  });

  it('own the timer whose output raises their input', async () => {
    const fires = (cpu: number): string[] => [
      'arm_gt_recalc gt recalc: timer 1 next tick 0xffffffffffffffff',
      input(cpu, 27, 1),
      best(cpu, 27, 192),
      signals(cpu, 1),
      'arm_gt_update_irq gt_update_irq: timer 1 irqstate 1',
    ];
    const { sink } = await importLines([...fires(0), ...fires(1)]);
    expect(sink.ofKind('timer.line').map(({ vcpu }) => vcpu)).toEqual([0, 1]);
    expect(sink.ofKind('timer.deadline').map(({ vcpu }) => vcpu)).toEqual([0, 1]);
    expect(sink.value('vcpu1.timer.cntv.line')).toBe(1n);
  });

  it('of an affinity that nothing maps are named by it', async () => {
    const { sink } = await importLines([
      'gicv3_icc_pmr_write GICv3 ICC_PMR write cpu 0x100 value 0xf0',
      'gicv3_icc_iar1_read GICv3 ICC_IAR1 read cpu 0x100 value 0x1b',
    ]);
    expect(sink.events.map(({ vcpu, detail }) => [vcpu, detail])).toEqual([
      [undefined, { affinity: 0x100 }],
      [undefined, { affinity: 0x100 }],
    ]);
  });

  it('have frames of four pages on a GICv4', async () => {
    const { sink, result } = await importLines([
      'gicv3_redist_write GICv3 redistributor 0x1 write: offset 0x20078 data 0x8000000000000000 size 8 secure 0',
      'gicv3_redist_write GICv3 redistributor 0x1 write: offset 0x40000 data 0x0 size 8 secure 0',
    ]);
    expect(sink.events).toMatchObject([{ kind: 'mmio.access', vcpu: 1, offset: 0x2_0078n, value: 2n ** 63n }]);
    expect(result.summary.lines?.reasons).toEqual({ 'text of gicv3_redist_write not understood': 1 });
  });

  it('lose what was known of their interrupts with a reset', async () => {
    const { sink } = await importLines([input(0, 27, 1), cpuRegister('PMR', 'write', 0, 0xf0), 'arm_cpu_reset cpu 0']);
    expect(sink.value('vcpu0.irq.ppi27.pending')).toBeUndefined();
    expect(sink.value('vcpu0.ICC_PMR_EL1')).toBeUndefined();
  });

  it('show what they do to the interface of a guest inside', async () => {
    const { sink } = await importLines([
      'gicv3_ich_lr_write GICv3 ICH_LR1_EL2 write cpu 0x0 value 0x5008020000000020',
      'gicv3_cpuif_virt_update GICv3 CPU i/f 0x0 virt HPPI update LR index 1 HPPVLPI 0 grp 1 prio 8',
      'gicv3_cpuif_virt_set_irqs GICv3 CPU i/f 0x0 virt HPPI update: setting FIQ 0 IRQ 1',
      'gicv3_icv_iar_read GICv3 ICV_IAR1 read cpu 0x0 value 0x20',
    ]);
    expect(sink.value('vcpu0.ICH_LR1_EL2')).toBe(0x5008_0200_0000_0020n);
    expect(sink.ofKind('register.access').map(({ register }) => register)).toEqual(['ICH_LR1_EL2', 'ICV_IAR1_EL1']);
    expect(sink.ofKind('irq.hppi')).toMatchObject([{ unit: 'virtual CPU interface', priority: 8 }]);
    expect(sink.ofKind('irq.signal')).toMatchObject([{ irq: true, detail: { virtual: true } }]);
  });
});

describe('a machine with two security states', () => {
  const IGROUPR0 = 0x1_0080;
  const ICENABLER = 0x1_0180;
  const IPRIORITYR6 = 0x1_0418;
  const typer = (value: number): string =>
    `gicv3_dist_read GICv3 distributor read: offset 0x4 data 0x${value.toString(16)} size 4 secure 0`;
  const TWO_STATES = typer(0x7a_0407);
  const secure = (line: string): string => line.replace(/secure 0$/, 'secure 1');
  const field = (
    sink: Awaited<ReturnType<typeof importLines>>['sink'],
    irq: number,
    name: string,
  ): bigint | undefined => sink.value(`vcpu0.irq.ppi${irq}.${name}`);

  it('does not let Non-secure accesses change Secure interrupts', async () => {
    const lines = [
      secure(redist(0, IGROUPR0, 0xdfff_ffff)), // PPI 29 is Secure
      secure(redist(0, ISENABLER, 0x2800_0000)),
      redist(0, ICENABLER, 0xffff_ffff),
      best(0, 27, 0xd0),
    ];
    const { sink } = await importLines([TWO_STATES, ...lines]);
    expect([field(sink, 29, 'enabled'), field(sink, 27, 'enabled')]).toEqual([1n, 1n]);
    // With one state nothing is Secure.
    const one = await importLines([typer(0x7a_0007), ...lines]);
    expect(field(one.sink, 29, 'enabled')).toBe(0n);
  });

  it('has priorities as they are stored, of which Non-secure software sees and sets the lower half', async () => {
    const lines = [best(0, 27, 0xd0), redist(0, IPRIORITYR6, 0xc0c0_c0c0)];
    expect(field((await importLines([TWO_STATES, ...lines])).sink, 27, 'priority')).toBe(0xe0n);
    expect(field((await importLines(lines)).sink, 27, 'priority')).toBe(0xc0n);
    // Nothing says the group of PPI 26: a value that is not 0 does.
    const { sink } = await importLines([
      TWO_STATES,
      redist(0, ISENABLER, 0x0500_0000),
      redist(0, IPRIORITYR6, 0xa0_00a0, 'read'),
    ]);
    expect([field(sink, 24, 'priority'), field(sink, 26, 'priority')]).toEqual([0xd0n, 0xd0n]);
    const written = await importLines([
      TWO_STATES,
      redist(0, ISENABLER, 0x0500_0000),
      redist(0, IPRIORITYR6, 0xa0a0_a0a0),
    ]);
    expect(field(written.sink, 24, 'priority')).toBeUndefined();
  });
});
