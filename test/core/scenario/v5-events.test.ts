/** What a recording of a GICv5 guest says of its interface: which interrupt waits, and why it is not delivered. */
import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { intid } from '../../../core/gic/intid.ts';
import { eventRow } from '../../../core/session/rows.ts';
import { seq } from '../../../core/state/brand.ts';
import { type EventOf, type Kind, type TraceEvent } from '../../../core/trace/kinds.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { Lab } from './support.ts';

const lab = new Lab();
afterAll(() => lab.close());

/** Events of a guest that has PPI 3 and PPI 23 enabled with priority 0x10, then does what `program` says. */
async function events(program: string, { profile = '', more = '' } = {}): Promise<TraceEvent[]> {
  const path = lab.path('guest.yaml');
  writeFileSync(
    path,
    `
name: guest
about: A guest of a test.
${profile}
guest:
  program: |
    start:
      ldr x1, =0x10000000
      msr ICC_PPI_PRIORITYR0_EL1, x1
      mov x1, #0x1f
      msr ICC_PCR_EL1, x1
      mov x1, #8
      msr ICC_PPI_ENABLER0_EL1, x1
${program
  .trim()
  .split('\n')
  .map((line) => `      ${line.trim()}`)
  .join('\n')}
      ldr x0, =PSCI_SYSTEM_OFF
      hvc #0
${more}
`,
  );
  await lab.record(path);
  const reader = new TraceReader(lab.path('out.gscope'));
  const all = Array.from({ length: reader.count }, (_, n) => reader.event(seq(n)));
  reader.close();
  return all;
}

const ofKind = <K extends Kind>(all: readonly TraceEvent[], kind: K): EventOf<K>[] =>
  all.filter((event): event is EventOf<K> => event.kind === kind);

const OPEN = `
mov x1, #1
msr ICC_CR0_EL1, x1`;
const PEND_3 = `
mov x1, #8
msr ICC_PPI_SPENDR0_EL1, x1`;
const PPI3 = intid('ppi', 3);

describe('the record of a GICv5 interface', () => {
  it('says of each evaluation without a result why there is none, and which interrupt it holds back', async () => {
    const all = await events(`
${PEND_3}
${OPEN}
mov x1, #0xf
msr ICC_PCR_EL1, x1
mov x1, #0x1f
msr ICC_PCR_EL1, x1
gicr x5, cdia
${PEND_3}
and x5, x5, #0xffffffff
gic cddi, x5`);
    const none = ofKind(all, 'irq.hppi').map(({ intid: found, unit, priority, reasonNone, candidate }) => [
      unit,
      found,
      priority,
      reasonNone,
      candidate,
    ]);
    expect(none).toEqual([
      ['CPU interface', undefined, 0x10, 'disabled', PPI3],
      ['CPU interface', PPI3, 0x10, undefined, undefined],
      ['CPU interface', undefined, 0x10, 'masked', PPI3],
      ['CPU interface', PPI3, 0x10, undefined, undefined],
      // Active: nobody else is a candidate.
      ['CPU interface', undefined, 255, 'noCandidate', undefined],
      // Deactivated, pending, and not more urgent than what still runs.
      ['CPU interface', undefined, 0x10, 'runningPriority', PPI3],
    ]);
    expect(ofKind(all, 'irq.hppi').map((event) => eventRow(event).detail)).toEqual([
      'disabled: PPI 3, priority 0x10',
      'priority 0x10',
      'masked: PPI 3, priority 0x10',
      'priority 0x10',
      'noCandidate',
      'runningPriority: PPI 3, priority 0x10',
    ]);
  });
  it('gives the priority that an acknowledge made active and a drop took back, and says where there was none', async () => {
    const all = await events(`${PEND_3}
${OPEN}
gicr x5, cdia
gicr x6, cdia
gic cdeoi
gic cdeoi
and x5, x5, #0xffffffff
gic cddi, x5
gic cddi, x5
gic cden, x5`);
    const said = all.filter(({ kind }) => ['irq.acknowledge', 'irq.drop', 'irq.deactivate', 'other'].includes(kind));
    expect(said.map(eventRow).map(({ name, operand, detail, origin }) => [name, operand, detail, origin])).toEqual([
      ['Acknowledge', 'PPI 3', 'GICR CDIA, priority 0x10', 'guest'],
      ['Acknowledge', 'nothing', 'noCandidate', 'guest'],
      ['Priority drop', '', 'priority 0x10', 'guest'],
      ['Priority drop', '', 'effect no priority was active', 'guest'],
      ['Deactivate', 'PPI 3', '', 'guest'],
      ['deactivate wasInactive', '', 'interrupt PPI 3', 'guest'],
      ['GIC CDEN ignored', '', 'interrupt PPI 3', 'guest'],
    ]);
  });

  it('names the interrupt of an instruction without effect once, with why', async () => {
    const all = await events('ldr x1, =0x60000fff\ngic cden, x1\ngic cdrcfg, x1', { profile: 'profile: Q' });
    const said = all.filter(({ kind }) => kind === 'other').map(eventRow);
    expect(
      said.filter(({ name }) => name.startsWith('GIC ')).map(({ name, detail, origin }) => [name, detail, origin]),
    ).toEqual([
      ['GIC CDEN ignored', 'interrupt SPI 4095, reason noEntry', 'guest'],
      ['GIC CDRCFG ignored', 'interrupt SPI 4095, reason noEntry', 'guest'],
      ['GIC CDRCFG failed', 'interrupt SPI 4095', 'guest'],
    ]);
  });

  it('says of an HPPIR that names nothing that it does', async () => {
    const all = await events('mrs x1, ICC_HPPIR_EL1');
    const read = ofKind(all, 'register.access').find(({ register }) => register === 'ICC_HPPIR_EL1');
    expect(read === undefined ? '' : eventRow(read).operand).toBe('none');
  });
});

describe('the record of what KVM does with a GICv5 interrupt', () => {
  const ofStep = (all: readonly TraceEvent[], step: string): string[] =>
    ofKind(all, 'kvm.irq')
      .filter((event) => event.step === step)
      .map(eventRow)
      .map(({ operand, detail }) => `${operand}: ${detail}`);

  it('names it, with owner, operations, physical PPI and direct injection', async () => {
    const all = await events('nop');
    expect(ofStep(all, 'owner')).toEqual(['PPI 30: owner ptimer', 'PPI 27: owner vtimer']);
    expect(ofStep(all, 'map')).toEqual(['PPI 27: hostPpi 27', 'PPI 30: hostPpi 30']);
    expect(ofStep(all, 'directInjection')).toEqual([
      'PPI 27: on true, dvir 0x8000000',
      'PPI 30: on true, dvir 0x48000000',
    ]);
  });

  it('says why an injection had no effect', async () => {
    const line = (what: string, level: number): string =>
      `  - { at: 0ns, do: [{ irqLine: { irq: ${what}, level: ${level} } }] }`;
    const more = `events:\n${line('0x02000003', 0)}`;
    expect(ofStep(await events('nop', { more }), 'injectRefused')).toEqual([
      'PPI 3: reason edgeLow, level false, owner none',
    ]);
    const spi = `events:\n${line('0x01000005', 0)}`;
    const all = await events('nop', { profile: 'profile: Q', more: spi });
    expect(ofStep(all, 'injectIgnored')).toEqual(['SPI 5: reason edgeLow, level false']);
  });

  it('says what ended a wait', async () => {
    const more = 'events:\n  - { at: 10us, do: [{ irqLine: { irq: 0x02000003 } }] }';
    const all = await events(`${OPEN}\nmsr DAIFSet, #2\nwfi`, { more });
    const ended = ofKind(all, 'kvm.step').filter(({ step }) => step === 'wfi exit');
    expect(ended.map((event) => eventRow(event).detail)).toEqual(['wakeReason PPI 3']);
  });

  it('says that a doorbell ended one', async () => {
    const more = 'events:\n  - { at: 10us, do: [{ irqLine: { irq: 0x01000005 } }] }';
    const opened = `${OPEN}
ldr x2, =0x08000000
mov w1, #1
str w1, [x2, #0x80]
ldr x1, =0x8060000005
gic cdpri, x1
ldr x1, =0x60000005
gic cden, x1
msr DAIFSet, #2
wfi`;
    const all = await events(opened, { profile: 'profile: Q', more });
    const steps = ofKind(all, 'kvm.step').map(eventRow);
    expect(steps.filter(({ name }) => name === 'wfi exit').map(({ detail }) => detail)).toEqual([
      'wakeReason doorbell',
    ]);
    expect(steps.findLast(({ name }) => name === 'pendingCheck')?.detail).toContain(
      'pending yes, mask 0x20, doorbell true',
    );
  });
});
