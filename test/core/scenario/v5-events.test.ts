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
async function events(program: string, { profile = '' } = {}): Promise<TraceEvent[]> {
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
});
