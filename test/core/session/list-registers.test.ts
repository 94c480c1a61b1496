/** List registers and the AP list of recorded GICv3 guests: what is loaded, what waits, and why. */
import { afterAll, describe, expect, it } from 'vitest';
import { CONTRACT, type Result } from '../../../core/session/contract.ts';
import { Lab } from '../scenario/support.ts';

const lab = new Lab();
const signal = new AbortController().signal;
afterAll(() => lab.close());

type Lists = Result<'state.lists'>;

interface Opened {
  lists(seq: number, baseline?: number): Promise<Lists>;
  find(condition: string): Promise<number>;
}

async function opened(scenario: string): Promise<Opened> {
  const output = lab.path(`${scenario}.gscope`);
  await lab.record(scenario, { output });
  const { id } = await lab.backend.handle('trace.open', { path: output }, signal);
  return {
    async lists(seq, baseline) {
      const args = { id, seq, vcpu: 0, baseline: baseline ?? null };
      return CONTRACT['state.lists'].result.parse(await lab.backend.handle('state.lists', args, signal));
    },
    async find(condition) {
      const args = { id, condition, from: -1, direction: 'forward' } as const;
      const { seq } = await lab.backend.handle('nav.find', args, signal);
      if (seq === null) throw new Error(`nothing fits ${condition}`);
      return seq;
    },
  };
}
const held = ({ registers }: Lists): string[] => registers.map(({ label, state }) => `${label} ${state}`);
const waiting = ({ apList }: Lists): string[] => (apList ?? []).map(({ label, why }) => `${label}: ${why}`);

describe('more pending interrupts than list registers', () => {
  it('loads the most urgent four, and says of the others that no list register is left', async () => {
    const trace = await opened('gicv3-more-pending-than-list-registers');
    const lists = await trace.lists((await trace.find('kind == irq.acknowledge')) - 1);
    expect([lists.place, lists.pcpu, lists.used]).toEqual(['cpu', 0, 4]);
    expect(held(lists)).toEqual(['SPI 37 pending', 'SPI 36 pending', 'SPI 35 pending', 'SPI 34 pending']);
    expect(lists.registers[0]).toMatchObject({ number: 37, group: 1, priority: 0x78, pintid: null, eoi: false });
    expect(waiting(lists)).toEqual([
      'SPI 37: LR 0',
      'SPI 36: LR 1',
      'SPI 35: LR 2',
      'SPI 34: LR 3',
      'SPI 33: no list register left',
      'SPI 32: no list register left',
    ]);
  });

  it('follows the guest in the CPU: acknowledged, ended, and gone at the exit', async () => {
    const trace = await opened('gicv3-more-pending-than-list-registers');
    const taken = await trace.find('kind == irq.acknowledge');
    const lists = await trace.lists(taken, taken - 1);
    expect([held(lists)[0], lists.registers[0]?.changed, lists.registers[1]?.changed]).toEqual([
      'SPI 37 active',
      true,
      false,
    ]);
    const fields = Object.fromEntries((lists.registers[0]?.fields ?? []).map(({ name, value }) => [name, value]));
    expect(fields).toMatchObject({ State: '0x2', HW: '0x0', Group: '0x1', Priority: '0x78', vINTID: '0x25' });
    // What the guest's acknowledge changed of it: pending to active.
    const [now, before] = [lists.registers[0]?.value, lists.registers[0]?.baseline].map((value) => BigInt(value ?? 0));
    expect(((now ?? 0n) ^ (before ?? 0n)) >> 62n).toBe(3n);
    expect((await trace.lists(taken)).registers[0]?.baseline).toBeNull();
    const ended = await trace.lists(await trace.find('kind == irq.drop'));
    expect([held(ended)[0], waiting(ended)[0]]).toEqual(['SPI 37 empty', 'SPI 37: done, until the exit']);
    const removed = await trace.lists(await trace.find('text ~ "ap.remove"'));
    expect(waiting(removed)[0]).not.toMatch(/SPI 37/);
  });

  it('has neither before the vCPU exists, nor for a GICv5', async () => {
    const trace = await opened('wfi-wake-by-priority');
    expect(await trace.lists(5)).toMatchObject({ place: 'none', registers: [], apList: null, used: null });
  });
});

describe('an interrupt whose route changes', () => {
  it('is said to move while it is still on the old list', async () => {
    const trace = await opened('gicv3-irouter-while-pending');
    const rerouted = await trace.find('kind == irq.configure and what == target');
    const after = await trace.lists(rerouted);
    expect(waiting(after)).toEqual(['SPI 40: LR 0, then vCPU 1']);
  });
});
