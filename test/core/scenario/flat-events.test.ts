/** What a recording of a GICv3 guest says it did, and why it left: only what had an effect, under its own name. */
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { type TraceEvent } from '../../../core/trace/kinds.ts';
import { seq } from '../../../core/state/brand.ts';
import { interruptLabel } from '../../../core/trace/interrupts.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { Lab } from './support.ts';

const lab = new Lab();
afterAll(() => lab.close());

/** Events of a guest whose distributor and interface are open for 64 interrupts of priority 0xA0. */
async function events(program: string, setup = 'mov x3, #0'): Promise<TraceEvent[]> {
  const path = lab.path('guest.yaml');
  writeFileSync(
    path,
    `
name: guest
about: A guest of a test.
host: { gic: v3 }
vm: { device: vgicv3, interrupts: 64 }
guest:
  program: |
    start:
      ldr x2, =GICD
      mov w1, #2
      str w1, [x2]
      ldr w1, =0xa0a0a0a0
      str w1, [x2, #0x420]
      str w1, [x2, #0x424]
      mov w1, #0xff
      str w1, [x2, #0x104]
      mov x1, #0xf0
      msr ICC_PMR_EL1, x1
      mov x1, #1
      msr ICC_IGRPEN1_EL1, x1
      ${setup}
${program
  .trim()
  .split('\n')
  .map((line) => `      ${line.trim()}`)
  .join('\n')}
      ldr x0, =PSCI_SYSTEM_OFF
      hvc #0
`,
  );
  await lab.record(path);
  const reader = new TraceReader(lab.path('out.gscope'));
  const all = Array.from({ length: reader.count }, (_, n) => reader.event(seq(n)));
  reader.close();
  return all;
}

const ends = (all: readonly TraceEvent[]): string[] =>
  all.flatMap((event) =>
    event.kind === 'irq.drop' || event.kind === 'irq.deactivate'
      ? [`${event.kind} ${event.intid === undefined ? '-' : interruptLabel(event.intid)}`]
      : [],
  );

const ACKNOWLEDGE_32 = `
mov w1, #1
str w1, [x2, #0x204]
mrs x5, ICC_IAR1_EL1`;

describe('the record of a GICv3 guest', () => {
  it('names the register by which an SGI was sent', async () => {
    const written = await events(`
ldr x1, =0x5000001
msr ICC_SGI1R_EL1, x1
msr ICC_ASGI1R_EL1, x1
msr ICC_SGI0R_EL1, x1`);
    const names = written.flatMap((event) =>
      event.kind === 'register.access' && event.register.includes('SGI') ? [event.register] : [],
    );
    expect(names).toEqual(['ICC_SGI1R_EL1', 'ICC_ASGI1R_EL1', 'ICC_SGI0R_EL1']);
  });

  it('tells of no end where nothing is handled, and of none of a special INTID', async () => {
    expect(ends(await events('mov x5, #32\nmsr ICC_EOIR1_EL1, x5'))).toEqual([]);
    const special = `${ACKNOWLEDGE_32}\nmov x6, #1023\nmsr ICC_EOIR1_EL1, x6\nmsr ICC_EOIR1_EL1, x5`;
    expect(ends(await events(special))).toEqual(['irq.drop SPI 32']);
  });

  it('tells of a deactivation by DIR with EOImode 1 alone', async () => {
    // A PPI does not make DIR trap, so the interface itself decides.
    const ppi = `
ldr x4, =GICR + 0x10000
mov w1, #0x800000
str w1, [x4, #0x100]
str w1, [x4, #0x200]
mrs x5, ICC_IAR1_EL1
msr ICC_EOIR1_EL1, x5
msr ICC_DIR_EL1, x5`;
    expect(ends(await events(ppi))).toEqual(['irq.drop PPI 23']);
    const mode1 = 'mov x1, #2\n      msr ICC_CTLR_EL1, x1';
    expect(ends(await events(ppi, mode1))).toEqual(['irq.drop PPI 23', 'irq.deactivate PPI 23']);
  });

  it('has nothing of the trap registers of GICv5, which its host lacks', async () => {
    const all = await events('nop');
    expect(all.filter((event) => event.kind === 'kvm.step' && event.step === 'traps')).toEqual([]);
  });

  it('says of an exit for maintenance what the interface asked for', async () => {
    const all = await events(`
mov w1, #0x3f
str w1, [x2, #0x204]
mrs x5, ICC_IAR1_EL1
msr ICC_EOIR1_EL1, x5
mrs x5, ICC_IAR1_EL1
msr ICC_EOIR1_EL1, x5
mrs x5, ICC_IAR1_EL1
msr ICC_EOIR1_EL1, x5
nop`);
    const told = all.flatMap((event, n): (bigint | string | undefined)[] => {
      const before = all[n - 1];
      if (event.kind !== 'vcpu.exit' || event.reason !== 'maintenance') return [];
      return before?.kind === 'kvm.step' && before.step === 'maintenance' ? [before.value] : ['nothing told'];
    });
    // ICH_MISR_EL2: group 1 was enabled; then U, fewer than two of four list registers are left.
    expect(told).toEqual([0x40n, 2n]);
  });
});
