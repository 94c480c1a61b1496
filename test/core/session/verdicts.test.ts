/** What the inspector says becomes of pending interrupts, and that the guests agree: what they take was signalled. */
import { readdirSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { CONTRACT, type Result } from '../../../core/session/contract.ts';
import { BUNDLED, Lab } from '../scenario/support.ts';

const lab = new Lab();
const signal = new AbortController().signal;
afterAll(() => lab.close());

type Candidate = Result<'state.inspect'>['candidates'][number];

class Opened {
  readonly id: number;
  readonly events: number;

  constructor({ id, events }: Result<'trace.open'>) {
    this.id = id;
    this.events = events;
  }

  async candidates(seq: number, vcpu: number): Promise<readonly Candidate[]> {
    const args = { id: this.id, seq, vcpu, baseline: null };
    return CONTRACT['state.inspect'].result.parse(await lab.backend.handle('state.inspect', args, signal)).candidates;
  }

  async verdicts(seq: number, vcpu: number, ...labels: string[]): Promise<string[]> {
    const candidates = await this.candidates(seq, vcpu);
    return labels.map((label) => {
      const { verdict, by } = candidates.find((each) => each.label === label) ?? { verdict: 'no candidate', by: null };
      return by === null ? verdict : `${verdict} by ${by}`;
    });
  }

  async find(condition: string, from = -1): Promise<number | null> {
    const args = { id: this.id, condition, from, direction: 'forward' } as const;
    return (await lab.backend.handle('nav.find', args, signal)).seq;
  }

  async at(condition: string): Promise<number> {
    const seq = await this.find(condition);
    if (seq === null) throw new Error(`nothing fits ${condition}`);
    return seq;
  }
}

async function recorded(scenario: string): Promise<Opened> {
  const output = lab.path(`${scenario}.gscope`);
  await lab.record(scenario, { output });
  return new Opened(await lab.backend.handle('trace.open', { path: output }, signal));
}

/** How many acknowledges of interrupts there were; each was signalled at the event before it, on its vCPU, or unknown. */
async function acknowledgesOf(trace: Opened, most: number): Promise<{ signalled: number; unknown: number }> {
  let compared = 0;
  let unknown = 0;
  for (let seq = await trace.find('kind == irq.acknowledge'); seq !== null && compared < most;) {
    const { row } = await lab.backend.handle('events.detail', { id: trace.id, seq }, signal);
    if (row.intid !== null && row.vcpu !== null) {
      const taken = (await trace.candidates(seq - 1, row.vcpu)).find(({ intid }) => intid === row.intid);
      if (taken === undefined || taken.verdict === 'unknown') unknown++;
      else expect([seq, row.intid, taken.verdict]).toEqual([seq, row.intid, 'signalled']);
      compared++;
    }
    seq = await trace.find('kind == irq.acknowledge', seq);
  }
  return { signalled: compared - unknown, unknown };
}

describe('of a GICv3 guest', () => {
  it('says where KVM has it, then what the running priority has against it', async () => {
    const trace = await recorded('gicv3-more-pending-than-list-registers');
    const acknowledged = await trace.at('kind == irq.acknowledge');
    const labels = ['SPI 37', 'SPI 34', 'SPI 33'];
    const pending = await trace.at('intid == spi(33) and text ~ "ap.queue"');
    expect((await trace.verdicts(pending, 0, ...labels)).at(-1)).toBe('at the next entry');
    expect(await trace.verdicts(acknowledged - 1, 0, ...labels)).toEqual([
      'signalled',
      'signalled',
      'no list register',
    ]);
    expect(await trace.verdicts(acknowledged, 0, ...labels)).toEqual([
      'active',
      'held back by 120',
      'held back by 120',
    ]);
  });

  it('says that nobody queues it, where the distributor was off when it was restored', async () => {
    const trace = await recorded('gicv3-restore-order');
    const seq = await trace.at('read GICD_ISPENDR1 and origin == guest');
    expect(await trace.verdicts(seq, 0, 'SPI 32', 'SPI 64')).toEqual(['not queued', 'not pending']);
  });
});

describe('of a GICv5 guest', () => {
  it('says that it waits for the entry, and in the guest that a more urgent one is handled', async () => {
    const trace = await recorded('priority-preemption');
    const taken: string[] = [];
    for (let seq = 0; seq < trace.events; seq++)
      for (const { label, verdict, by } of await trace.candidates(seq, 0))
        if (verdict === 'held back' || verdict === 'at the next entry') taken.push(`${label} ${verdict} by ${by}`);
    const seen = new Set(taken);
    expect([...seen].filter((text) => text.includes('held back'))).not.toEqual([]);
    for (const text of seen) expect(text).toMatch(/held back by \d+$|at the next entry by null$/);
  });
});

const STORIES = readdirSync(BUNDLED).filter((name) => name.endsWith('.yaml'));

describe('right before an acknowledge', () => {
  it('is that it is signalled, in every bundled story', async () => {
    let compared = 0;
    for (const name of STORIES) {
      const { signalled, unknown } = await acknowledgesOf(await recorded(name.replace('.yaml', '')), 40);
      expect([name, unknown]).toEqual([name, 0]);
      compared += signalled;
    }
    expect(compared).toBeGreaterThan(200);
  });

  it('is that it is signalled, in a recording of Linux on a GICv5', async () => {
    const path = lab.path('boot.gscope');
    await lab.task('import.start', {
      files: [`${BUNDLED}gicv5-linux-boot-2cpu.log.zst`],
      output: path,
      overwrite: true,
    });
    const trace = new Opened(await lab.backend.handle('trace.open', { path }, signal));
    const { signalled, unknown } = await acknowledgesOf(trace, 400);
    // Until a recording shows an interrupt pending, nobody knows that it is.
    expect(unknown).toBeLessThan(signalled / 10);
  });
});
