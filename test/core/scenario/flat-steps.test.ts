/** What a recording says of KVM's steps with a GICv3's interrupts: which interrupt, which vCPU, and why. */
import { afterAll, describe, expect, it } from 'vitest';
import { interruptLabel } from '../../../core/trace/interrupts.ts';
import { type EventOf } from '../../../core/trace/kinds.ts';
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
