/** What a recording says of KVM's steps with a GICv3's interrupts: which interrupt, which vCPU, and why. */
import { afterAll, describe, expect, it } from 'vitest';
import { interruptLabel } from '../../../core/trace/interrupts.ts';
import { type EventOf, type TraceEvent } from '../../../core/trace/kinds.ts';
import { eventRow } from '../../../core/session/rows.ts';
import { Lab } from './support.ts';

const lab = new Lab();
afterAll(() => lab.close());

/** vCPU 0 opens the distributor and its interface, and enables SPIs 32 … 39, which are edges; vCPU 1 is off at once. */
const OPEN = `
ldr x2, =GICD
mov w1, #2
str w1, [x2]
mov w1, #0xff
str w1, [x2, #0x104]
mov x1, #0xf0
msr ICC_PMR_EL1, x1
mov x1, #1
msr ICC_IGRPEN1_EL1, x1`;

const told = ({ step, intid, vcpu, detail }: EventOf<'kvm.irq'>): string =>
  `${step} ${interruptLabel(intid)} on ${vcpu ?? 'none'} ${JSON.stringify(detail ?? {})}`;

async function steps(program: string, more?: string): Promise<string[]> {
  const all = await lab.events({ program: `${OPEN}${program}`, ...(more === undefined ? {} : { more }) });
  return all.flatMap((event) =>
    event.kind === 'kvm.irq' && (event.step.startsWith('ap.') || event.step.startsWith('irq.')) ? [told(event)] : [],
  );
}

const PEND_32 = 'mov w1, #1\nstr w1, [x2, #0x204]';

/** Every irq.line and every refused input: who moved what on which vCPU, and what came of it. */
async function inputs(actions: readonly string[], program = ''): Promise<string[]> {
  const all = await lab.events({
    program: `${OPEN}${program}\nraise:\nnop`,
    more: `events:\n  - when: { label: raise, vcpu: 0 }\n    do:\n${actions.map((each) => `      - { ${each} }`).join('\n')}\n`,
  });
  const from = all.findIndex((event) => event.kind === 'other' && event.event === 'label raise');
  return all.slice(from).flatMap((event) => {
    if (event.kind === 'kvm.irq' && event.step === 'injectRefused') return [`${event.origin} ${told(event)}`];
    if (event.kind !== 'irq.line') return [];
    const { origin, vcpu, intid, level, detail } = event;
    return [
      `${origin} line ${interruptLabel(intid)} on ${vcpu ?? 'none'} ${level ? 'up' : 'down'} ${JSON.stringify(detail)}`,
    ];
  });
}

describe('an input', () => {
  it('says who moved it, and of an edge whether the one before still waits', async () => {
    expect(await inputs(['irqLine: { irq: 0x01000020 }', 'irqLine: { irq: 0x01000020 }', 'irqfd: { gsi: 1 }'])).toEqual(
      [
        'userspace line SPI 32 on none up {"via":"KVM_IRQ_LINE"}',
        'userspace line SPI 32 on none up {"via":"KVM_IRQ_LINE","outcome":"absorbed, one waits already"}',
        'device line SPI 33 on none up {"via":"irqfd"}',
      ],
    );
  });

  it('that changes nothing is no change of a line, and says why', async () => {
    const refused = await inputs([
      'irqLine: { irq: 0x0200001b }',
      'irqLine: { irq: 0x010000c8 }, result: EINVAL',
      'irqLine: { irq: 0x01000021, level: 0 }',
      'irqLine: { irq: 0x02010017, level: 0 }',
    ]);
    expect(refused).toEqual([
      'userspace injectRefused PPI 27 on 0 {"level":true,"via":"KVM_IRQ_LINE","reason":"foreignOwner"}',
      'userspace injectRefused SPI 200 on none {"level":true,"via":"KVM_IRQ_LINE","reason":"badIntid"}',
      'userspace injectRefused SPI 33 on none {"level":false,"via":"KVM_IRQ_LINE","reason":"fallingEdge"}',
      'userspace injectRefused PPI 23 on 1 {"level":false,"via":"KVM_IRQ_LINE","reason":"unchanged"}',
    ]);
  });

  it('owns the pending state, also where nobody queues it', async () => {
    const all = await lab.events({
      program: `${OPEN}\nmov w1, #1\nstr w1, [x2, #0x184]\nraise:\nnop`,
      more: 'events: [{ when: { label: raise }, do: [{ irqLine: { irq: 0x01000020 } }, { irqLine: { irq: 0x01000021 } }] }]',
    });
    const at = async (condition: string): Promise<string> => {
      const found = await lab.find(condition);
      const event = all[found];
      return event?.kind === 'irq.line' ? interruptLabel(event.intid) : String(event?.kind);
    };
    expect([await at('spi(32).pending rises'), await at('spi(33).pending rises')]).toEqual(['SPI 32', 'SPI 33']);
  });

  it('that the VM lacks makes KVM_IRQ_LINE fail in the record too', async () => {
    const all = await lab.events({
      program: `${OPEN}\nraise:\nnop`,
      more: 'events: [{ when: { label: raise }, do: { irqLine: { irq: 0x010000c8 }, result: EINVAL } }]',
    });
    const results = all.flatMap((event) =>
      event.kind === 'kvm.ioctl' && event.ioctl === 'KVM_IRQ_LINE' ? [BigInt.asIntN(64, event.result)] : [],
    );
    expect(results).toEqual([-22n]);
  });
});

describe('a sent SGI', () => {
  /** The details of writes of SGI registers. */
  const sent = (all: readonly TraceEvent[]): unknown[] =>
    all.flatMap((event) =>
      (event.kind === 'register.access' && event.register.includes('SGI')) ||
      (event.kind === 'kvm.irq' && event.step === 'sgi.send')
        ? [event.detail]
        : [],
    );

  it('says whom it reaches, and whom not and why', async () => {
    const all = await lab.events({
      vcpus: 4,
      other: 'cmp x0, #3\nb.eq off\nbusy:\nb busy\noff:',
      more: 'limit: { time: 2us }\nexpect: { halted: limit }',
      program: `
ldr x4, =GICR + GICR_STRIDE + SGI_PAGE
ldr w1, =0xffffffdf
str w1, [x4, #0x80]
nop
nop
nop
nop
ldr x1, =0x3000046
msr ICC_SGI1R_EL1, x1
ldr x1, =0x40
msr ICC_SGI0R_EL1, x1
ldr x1, =0x5000006
msr ICC_SGI0R_EL1, x1
ldr x1, =0x10007000000
msr ICC_SGI1R_EL1, x1
ldr x4, =GICR + SGI_PAGE
mov w1, #0x100
str w1, [x4, #0x180]
ldr x1, =0x8000001
msr ICC_SGI1R_EL1, x1
msr ICC_SGI1R_EL1, x1`,
    });
    expect(sent(all)).toEqual([
      { sgi: 3, to: '1-2', outcome: 'no vCPU at Aff0 6' },
      { sgi: 0, to: '', outcome: 'reaches no vCPU, no vCPU at Aff0 6' },
      { sgi: 5, to: '1', outcome: 'of group 1 at vCPU 2' },
      { sgi: 7, to: '1-3', outcome: 'vCPU 3 off' },
      { sgi: 8, to: '0' },
      { sgi: 8, to: '0', outcome: 'waits already at vCPU 0' },
    ]);
  });

  it('owns its pending state where it is not queued', async () => {
    const all = await lab.events({
      program: `
ldr x4, =GICR + SGI_PAGE
mov w1, #8
str w1, [x4, #0x180]
ldr x1, =0x3000001
msr ICC_SGI1R_EL1, x1`,
    });
    const pends = all.flatMap((event) =>
      event.kind === 'irq.pend' ? [`${interruptLabel(event.intid)} on ${event.vcpu ?? '-'}: ${event.cause ?? ''}`] : [],
    );
    expect(pends).toEqual(['SGI 3 on 0: ICC_SGI1R_EL1']);
    expect(all[await lab.find('sgi(3).pending rises')]?.kind).toBe('irq.pend');
  });

  it('of a GICv2 says so beside GICD_SGIR', async () => {
    const all = await lab.events({
      device: 'vgicv2',
      program: `
nop
nop
nop
nop
ldr x2, =GICD
ldr x1, =0xff0003
str w1, [x2, #0xf00]
ldr x1, =0x1000004
str w1, [x2, #0xf00]
str w1, [x2, #0xf00]`,
    });
    expect(sent(all)).toEqual([
      { sgi: 3, to: '0-1', outcome: 'no vCPU at Aff0 2-7, vCPU 1 off' },
      { sgi: 4, to: '1', outcome: 'vCPU 1 off' },
      { sgi: 4, to: '1', outcome: 'waits already at vCPU 1, vCPU 1 off' },
    ]);
  });
});

describe('a write of a register of interrupts', () => {
  /** From the write of a register on: it, what it changed, and what KVM did. */
  async function after(register: string, program: string, more = ''): Promise<string[]> {
    const all = await lab.events({ program: `${OPEN}${program}`, more });
    const from = all.findLastIndex((event) => 'register' in event && event.register === register);
    const upTo = all.findIndex(({ kind }, n) => n > from && (kind === 'vcpu.entry' || kind === 'kvm.ioctl'));
    return all.slice(from, upTo).flatMap((event) => {
      if ('register' in event) return [`${event.origin} ${event.register}`];
      if (!('intid' in event) || event.intid === undefined) return [];
      return [`${eventRow(event).name} ${interruptLabel(event.intid)} ${eventRow(event).detail}`.trim()];
    });
  }

  it('comes before what it does, which names the interrupt and owns the change', async () => {
    expect(
      await after(
        'GICD_ISENABLER1',
        '\nmov w1, #1\nstr w1, [x2, #0x184]\nstr w1, [x2, #0x204]\nmov w1, #3\nstr w1, [x2, #0x104]',
      ),
    ).toEqual(['guest GICD_ISENABLER1', 'Set enabled SPI 32 1', 'ap.queue SPI 32 target 0']);
    expect(await lab.find('write GICD_ISPENDR1')).toBe((await lab.find('spi(32).pending rises')) - 1);
    expect(await after('GICD_ISPENDR1', `\n${PEND_32}`)).toEqual([
      'guest GICD_ISPENDR1',
      'Set pending SPI 32 ISPENDR',
      'ap.queue SPI 32 target 0',
    ]);
    expect(await after('GICD_IPRIORITYR8', '\nldr w1, =0xa000\nstr w1, [x2, #0x420]')).toEqual([
      'guest GICD_IPRIORITYR8',
      'Set priority SPI 33 0xa0',
    ]);
    expect(await after('GICD_ICFGR2', '\nmov w1, #0xfffffffd\nstr w1, [x2, #0xc08]')).toEqual([
      'guest GICD_ICFGR2',
      'Set handling SPI 32 level',
    ]);
    expect(await after('GICD_IROUTER32', '\nldr x1, =GICD + 0x6100\nmov x3, #9\nstr x3, [x1]')).toEqual([
      'guest GICD_IROUTER32',
      'Set target SPI 32 0x9, leads to no vCPU',
    ]);
    expect(await after('GICD_ISACTIVER1', '\nmov w1, #1\nstr w1, [x2, #0x304]')).toEqual([
      'guest GICD_ISACTIVER1',
      'Activate SPI 32',
      'ap.queue SPI 32 target 0',
    ]);
  });

  it('tells of no change that there is none, and of a latch that its line hides', async () => {
    expect(await after('GICD_ISENABLER1', '\nmov w1, #1\nstr w1, [x2, #0x104]')).toEqual(['guest GICD_ISENABLER1']);
    const level =
      '\nmov w1, #0\nstr w1, [x2, #0xc08]\nraise:\nnop\nmov w1, #1\nstr w1, [x2, #0x184]\nstr w1, [x2, #0x204]\nstr w1, [x2, #0x284]';
    const up = 'events: [{ when: { label: raise }, do: { irqLine: { irq: 0x01000020 } } }]';
    expect(await after('GICD_ICPENDR1', level, up)).toEqual([
      'guest GICD_ICPENDR1',
      'latch cleared SPI 32 by ICPENDR, outcome pending by its line all the same',
    ]);
  });

  it('says why it is ignored', async () => {
    const all = await lab.events({
      program: `${OPEN}
add x3, x2, #0x100
str x1, [x3]
strb w1, [x2, #0x104]
str w1, [x2, #0x108]
str w1, [x2, #0xf00]`,
    });
    const ignored = all.flatMap((event) =>
      event.kind === 'mmio.access' && event.detail !== undefined
        ? [`${event.register}: ${event.detail['outcome']}`]
        : [],
    );
    expect(ignored).toEqual([
      'GICD_ISENABLER0: ignored: not by 8 bytes',
      'GICD_ISENABLER1: ignored: not by 1 byte',
      'GICD_ISENABLER2: ignored: beyond the interrupts of the VM',
      'GICD_SGIR: ignored: no register there',
    ]);
  });

  it('by user space goes by the same names, with the value', async () => {
    const all = await lab.events({
      program: `${OPEN}\nsettle:\nb settle`,
      other: 'settle1:\nb settle1',
      more: `
events:
  - at: 1us
    do:
      - { pause: { vcpu: 0 } }
      - { pause: { vcpu: 1 } }
      - { deviceAttr: { op: set, group: 1, attr: 0x204, words: [2] } }
      - { deviceAttr: { op: set, group: 6, attr: 0xc230, words: [0x80] } }
      - { deviceAttr: { op: get, group: 3, attr: 0, words: [0] }, value: [64] }
expect: { halted: poweredOff }`,
    });
    const from = all.findIndex((event) => event.origin === 'userspace' && event.kind === 'register.access');
    const rows = all.slice(from).flatMap((event) => {
      const { name, operand, arrow, detail } = eventRow(event);
      return event.origin === 'userspace' || event.kind === 'kvm.irq'
        ? [[name, operand, arrow, detail].filter((each) => each !== '').join(' ')]
        : [];
    });
    expect(rows.slice(0, 6)).toEqual([
      'GICD_ISPENDR1 ← 0x00000000_00000002',
      'Set pending SPI 33 ISPENDR',
      'ap.queue SPI 33 target 0',
      'KVM_SET_DEVICE_ATTR 0x204 → 0, of device, group 1, name DIST_REGS, value 0x2',
      'ICC_PMR_EL1 ← 0x00000000_00000080',
      'KVM_SET_DEVICE_ATTR 0xc230 → 0, of device, group 6, name CPU_SYSREGS, value 0x80',
    ]);
    const attributes = all.flatMap((event) =>
      event.kind === 'kvm.ioctl' && event.ioctl === 'KVM_GET_DEVICE_ATTR' ? [event.detail] : [],
    );
    expect(attributes).toEqual([{ of: 'device', group: 3, name: 'NR_IRQS', value: '0x40' }]);
  });
});

describe('what a guest does at its interface', () => {
  const rows = (all: readonly TraceEvent[]): string[] =>
    all.flatMap((event) => {
      const { name, operand, detail } = eventRow(event);
      const isOne = ['irq.acknowledge', 'irq.drop', 'irq.deactivate'].includes(event.kind) || name === 'DIR ignored';
      const { lr = '-' } = event.detail ?? {};
      return isOne ? [`${name} ${operand} | ${detail} | ${lr}`] : [];
    });
  const at = async (program: string, more: Partial<Parameters<typeof lab.events>[0]> = {}): Promise<string[]> =>
    rows(await lab.events({ program: `${OPEN}${program}`, ...more }));
  const PRIORITIES = '\nldr w1, =0x80a0\nstr w1, [x2, #0x420]';

  it('says why there was nothing to acknowledge', async () => {
    const iar = '\nmrs x5, ICC_IAR1_EL1';
    const why = async (program: string): Promise<string | undefined> => (await at(program)).at(-1)?.split(' | ')[1];
    expect(await why(iar)).toBe('ICC_IAR1_EL1, no list register is pending');
    expect(await why(`${PRIORITIES}\n${PEND_32}\nmov x1, #0xa0\nmsr ICC_PMR_EL1, x1${iar}`)).toBe(
      'ICC_IAR1_EL1, masked by the priority mask',
    );
    expect(await why(`\n${PEND_32}\nmsr ICC_IGRPEN1_EL1, xzr${iar}`)).toBe('ICC_IAR1_EL1, its group is disabled');
    expect(await why(`\n${PEND_32}\nmrs x5, ICC_IAR0_EL1`)).toBe('ICC_IAR0_EL1, the first is of the other group');
    expect(
      await why(`${PRIORITIES}\nmov w1, #2\nstr w1, [x2, #0x204]${iar}\nmov w1, #1\nstr w1, [x2, #0x204]${iar}`),
    ).toBe('ICC_IAR1_EL1, not above the running priority');
  });

  it('says from which list register it took, and what became of an end', async () => {
    const handled = `${PRIORITIES}\nmov w1, #3\nstr w1, [x2, #0x204]\nmrs x5, ICC_IAR1_EL1`;
    expect(await at(`${handled}\nmsr ICC_EOIR1_EL1, x5`)).toEqual([
      'Acknowledge SPI 33 | ICC_IAR1_EL1, priority 0x80 | 1',
      'Priority drop SPI 33 | priority 0x80, deactivated | 1',
    ]);
    expect((await at(`${handled}\nmov x5, #40\nmsr ICC_EOIR1_EL1, x5`)).at(-1)).toBe(
      'Priority drop SPI 40 | priority 0x80, in no list register, counted in EOIcount | -',
    );
  });

  it('says whether DIR did anything, trapped or not', async () => {
    const dir = '\nmsr ICC_DIR_EL1, x5';
    const ignored = (await lab.events({ program: `${OPEN}\n${PEND_32}\nmrs x5, ICC_IAR1_EL1${dir}` })) as TraceEvent[];
    expect(rows(ignored).at(-1)).toBe('DIR ignored SPI 32 | why EOImode 0 | -');
    const written = ignored.flatMap((event) =>
      event.kind === 'kvm.trap' && event.what === 'ICC_DIR_EL1' ? [event.value] : [],
    );
    expect(written).toEqual([32n]);
    const split = '\nmov x1, #2\nmsr ICC_CTLR_EL1, x1';
    expect(
      (await at(`${split}\n${PEND_32}\nmrs x5, ICC_IAR1_EL1\nmsr ICC_EOIR1_EL1, x5${dir}${dir}`)).slice(1),
    ).toEqual([
      'Priority drop SPI 32 | priority 0x00, active until DIR | 0',
      'Deactivate SPI 32 | left deactivated in memory | -',
      'DIR ignored SPI 32 | why on no AP list | -',
    ]);
  });

  it('names the sender of a GICv2 SGI', async () => {
    const sent = await at('', {
      device: 'vgicv2',
      program: `
ldr x2, =GICD
ldr x3, =GICC
mov w1, #1
str w1, [x2]
str w1, [x3]
mov w1, #0xf0
str w1, [x3, #4]
ldr x1, =0x2000005
str w1, [x2, #0xf00]
ldr w5, [x3, #0xc]
str w5, [x3, #0x10]`,
    });
    expect(sent[0]).toBe('Acknowledge SGI 5 | GICC_IAR, priority 0x00, from CPU 0 | 0');
  });
});

describe('a step of KVM with an interrupt', () => {
  it('names it, and says why it left the list', async () => {
    const handled = await steps(`\n${PEND_32}\nmrs x5, ICC_IAR1_EL1\nmsr ICC_EOIR1_EL1, x5`);
    expect(handled.slice(-2)).toEqual([
      'ap.queue SPI 32 on 0 {"target":0}',
      'ap.remove SPI 32 on 0 {"from":0,"why":"not pending"}',
    ]);
    const disabled = await steps(`\n${PEND_32}\nstr w1, [x2, #0x184]\nldr w1, [x2]`);
    expect(disabled.at(-1)).toBe('ap.remove SPI 32 on 0 {"from":0,"why":"disabled"}');
    const closed = await steps(`\n${PEND_32}\nmov w1, #0\nstr w1, [x2]\nldr w1, [x2]`);
    expect(closed.at(-1)).toBe('ap.remove SPI 32 on 0 {"from":0,"why":"distributor off"}');
    const astray = await steps(`\n${PEND_32}\nldr x1, =GICD + 0x6100\nmov x3, #9\nstr x3, [x1]\nldr w1, [x2]`);
    expect(astray.at(-1)).toBe('ap.remove SPI 32 on 0 {"from":0,"why":"routed nowhere"}');
  });

  it('happens to the vCPU that has or gets it', async () => {
    const moved = await steps(`\n${PEND_32}\nldr x1, =GICD + 0x6100\nmov x3, #1\nstr x3, [x1]\nldr w1, [x2]`);
    expect(moved.at(-1)).toBe('ap.migrate SPI 32 on 0 {"from":0,"to":1}');
    const bound = await steps('\nnop');
    expect(bound.filter((each) => each.startsWith('irq.bound'))).toEqual([
      'irq.bound PPI 27 on 0 {"pintid":27}',
      'irq.bound PPI 30 on 0 {"pintid":30}',
      'irq.bound PPI 27 on 1 {"pintid":27}',
      'irq.bound PPI 30 on 1 {"pintid":30}',
    ]);
  });

  it('names the pin that a guest has consumed by its SPI', async () => {
    const level = await steps(
      `
mov w1, #0
str w1, [x2, #0xc08]
raise:
mrs x5, ICC_IAR1_EL1
ldr w1, [x2]
msr ICC_EOIR1_EL1, x5`,
      'events: [{ when: { label: raise }, do: { irqLine: { irq: 0x01000021 } } }]',
    );
    expect(level).toContain('irq.acknowledged SPI 33 on 0 {"pin":1}');
  });

  it('says in which order a list was and is', async () => {
    const all = await lab.events({
      program: `${OPEN}
ldr w1, =0x80808080
str w1, [x2, #0x420]
mov w1, #0x10
strb w1, [x2, #0x424]
mov w1, #0x1f
str w1, [x2, #0x204]`,
    });
    const sorted = all.flatMap((event) =>
      event.kind === 'kvm.step' && event.step === 'ap.sort' ? [event.detail] : [],
    );
    expect(sorted[0]).toEqual({
      before: 'SPI 32, SPI 33, SPI 34, SPI 35, SPI 36',
      after: 'SPI 36, SPI 32, SPI 33, SPI 34, SPI 35',
    });
    expect(sorted[1] ?? { order: '' }).not.toHaveProperty('before');
  });
});
