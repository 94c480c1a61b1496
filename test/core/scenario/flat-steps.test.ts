/** What a recording says of KVM's steps with a GICv3's interrupts: which interrupt, which vCPU, and why. */
import { afterAll, describe, expect, it } from 'vitest';
import { interruptLabel } from '../../../core/trace/interrupts.ts';
import { type EventOf, type TraceEvent } from '../../../core/trace/kinds.ts';
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
