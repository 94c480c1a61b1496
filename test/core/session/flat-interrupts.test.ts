/** What the window says an interrupt of a recorded GICv3 guest is: the same in every view, whoever holds it just then. */
import { afterAll, describe, expect, it } from 'vitest';
import { CONTRACT, type Result } from '../../../core/session/contract.ts';
import { Lab } from '../scenario/support.ts';

const lab = new Lab();
const signal = new AbortController().signal;
afterAll(() => lab.close());

type Inspected = Result<'state.inspect'>;

interface Opened {
  readonly last: number;
  inspect(seq: number): Promise<Inspected>;
  lists(seq: number): Promise<Result<'state.lists'>>;
  tables(seq: number, type: 'spi' | 'lpi'): Promise<Result<'state.tables'>['rows']>;
  find(condition: string): Promise<number>;
}

async function opened(scenario: string): Promise<Opened> {
  const output = lab.path(`${scenario}.gscope`);
  await lab.record(scenario, { output });
  const { id, events } = await lab.backend.handle('trace.open', { path: output }, signal);
  const ask = { id, vcpu: 0, baseline: null };
  return {
    last: events - 1,
    async inspect(seq) {
      return CONTRACT['state.inspect'].result.parse(await lab.backend.handle('state.inspect', { ...ask, seq }, signal));
    },
    async lists(seq) {
      return CONTRACT['state.lists'].result.parse(await lab.backend.handle('state.lists', { ...ask, seq }, signal));
    },
    async tables(seq, type) {
      const args = { id, seq, type, busy: false, from: 0, limit: 1000, baseline: null };
      return CONTRACT['state.tables'].result.parse(await lab.backend.handle('state.tables', args, signal)).rows;
    },
    async find(condition) {
      const args = { id, condition, from: -1, direction: 'forward' } as const;
      const { seq } = await lab.backend.handle('nav.find', args, signal);
      if (seq === null) throw new Error(`nothing fits ${condition}`);
      return seq;
    },
  };
}
const one = ({ shared }: Inspected, label: string): Inspected['shared'][number] => {
  const found = shared.find((each) => each.label === label);
  if (found === undefined) throw new Error(`the inspector does not have ${label}`);
  return found;
};

describe('a level-triggered interrupt of a GICv3 guest', () => {
  it('is pending while its line is high, active in its list register, and inactive when the guest has ended it', async () => {
    const trace = await opened('gicv3-level-retrigger');
    const at = async (condition: string): Promise<string[]> => {
      const seq = await trace.find(condition);
      const { state, fields } = one(await trace.inspect(seq), 'SPI 33');
      return [state, fields.pending ?? '?', fields.active ?? '?', fields.line ?? '?'];
    };
    expect(await at('text ~ "ap.queue"')).toEqual(['pending', '0x1', '0x0', '0x1']);
    expect(await at('kind == irq.acknowledge')).toEqual(['active', '0x0', '0x1', '0x1']);
    const { state, fields } = one(await trace.inspect(trace.last), 'SPI 33');
    expect([state, fields.line, fields.target]).toEqual(['inactive', '0x0', '0x0']);
    const { candidates } = await trace.inspect(await trace.find('text ~ "ap.queue"'));
    expect(candidates[0]).toMatchObject({ label: 'SPI 33', verdict: 'at the next entry' });
  });
});

describe('every view of a GICv3 guest', () => {
  it('says the same of each interrupt as the list registers and the AP list, at every event', async () => {
    const trace = await opened('gicv3-more-pending-than-list-registers');
    let compared = 0;
    for (let seq = 0; seq <= trace.last; seq++) {
      const { apList, registers } = await trace.lists(seq);
      const inspected = await trace.inspect(seq);
      for (const entry of apList ?? []) {
        if (entry.why === 'done, until the exit') continue;
        expect([seq, one(inspected, entry.label).state]).toEqual([seq, entry.state]);
        compared++;
      }
      for (const { state, label } of registers) {
        if (state === 'empty') continue;
        expect([seq, one(inspected, label).state]).toEqual([seq, state]);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(300);
  });
});

describe('the vCPU that a shared interrupt goes to', () => {
  it('is that of the route for SPIs, of the collection for LPIs, and none while there is no such vCPU', async () => {
    const moves = await opened('gicv3-lpi-moves');
    const targets = async (seq: number): Promise<unknown[]> =>
      (await moves.tables(seq, 'lpi')).map(({ label, fields, goesNowhere }) => [label, fields.target, goesNowhere]);
    expect(await targets((await moves.find('text ~ "ITS MOVI"')) - 1)).toContainEqual(['LPI 8192', '0x0', false]);
    expect(await targets(moves.last)).toContainEqual(['LPI 8192', '0x1', false]);

    const routes = await opened('gicv3-irouter-while-pending');
    const spi = async (seq: number): Promise<unknown> =>
      (await routes.tables(seq, 'spi')).find(({ label }) => label === 'SPI 40')?.fields.target;
    const rerouted = await routes.find('write GICD_IROUTER40');
    expect([await spi(rerouted - 1), await spi(routes.last)]).toEqual(['0x0', '0x1']);
  });
});
