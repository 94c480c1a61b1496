/** Scenarios with an ITS: what is refused, devices by route, and that a guest's whole life with LPIs is taken back. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { seq } from '../../../core/state/brand.ts';
import { digest } from '../../../core/state/digest.ts';
import { Machine } from '../../../core/machine/machine.ts';
import { loadScenario } from '../../../core/scenario/index.ts';
import { ScenarioRun } from '../../../core/scenario/run.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { BUNDLED, Lab } from './support.ts';

const DOORBELL = 0x809_0040n;
const text = readFileSync(join(BUNDLED, 'gicv3-msi-life.yaml'), 'utf8');
const lab = new Lab();
afterAll(() => lab.close());

function run(source: string, profile?: string): ScenarioRun {
  const done = new ScenarioRun(loadScenario('its.yaml', source, profile === undefined ? {} : { profile }));
  done.begin();
  while (!done.advance(10_000));
  return done;
}

describe('a scenario with an ITS', () => {
  it('wants a GICv3, and a kernel that has ITSs', () => {
    expect(() => loadScenario('its.yaml', text.replace('device: vgicv3', 'device: vgicv5'))).toThrow(
      /its\.yaml:\d+:\d+: vm\.its: expected `device: vgicv3` beside an ITS/,
    );
    const { checks } = run(text, 'vgicv3-2014');
    expect(checks[0]).toMatchObject({ ok: false, what: 'setting up the VM', found: '-ENODEV' });
  });

  it('lets devices send by GSI where a route leads to a message', () => {
    const routed = text
      .replaceAll(/signalMsi: \{ device: 2, event: 1 \}, result: 1/g, 'irqfd: { gsi: 70 }')
      .replace('events:\n', 'events:\n  - at: 0ns\n    do: { routes: [{ gsi: 70, device: 2, event: 1 }] }\n');
    const { checks } = run(routed);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(checks.filter(({ what }) => what === 'irqfd')).toHaveLength(3);
  });

  it('is taken back by the journal with its tables, its cache and its LPIs, and comes to the same end again', () => {
    const machine = new Machine(loadScenario('its.yaml', text).config);
    machine.create();
    expect(machine.setUp()).toBe(0);
    machine.start();
    machine.run(50n);
    machine.save();
    const mark = machine.journal.mark();
    const before = machine.journal.state.clone();
    const bytes = machine.ram.bytes.slice();
    const messages = (): void => {
      machine.run(150n);
      for (const until of [250n, 350n, 450n]) {
        expect(machine.vm.signalMsi({ address: DOORBELL, data: 1, flags: 1, device: 2 })).toBe(1);
        machine.run(until);
      }
      machine.save();
    };
    messages();
    const end = digest(machine.journal.state);
    machine.journal.undoTo(mark);
    before.growTo(machine.journal.layout);
    expect(before.equals(machine.journal.state)).toBe(true);
    machine.restore();
    expect(Buffer.compare(machine.ram.bytes, bytes)).toBe(0);
    messages();
    expect(digest(machine.journal.state)).toBe(end);
  });

  it('records LPIs as interrupts with lives of their own, and registers of the frame by name', async () => {
    const { failed } = await lab.record('gicv3-lpi-moves');
    expect(failed).toBe(0);
    const reader = new TraceReader(lab.path('out.gscope'));
    try {
      const lpis = reader.info().interrupts.filter(({ label }) => label.startsWith('LPI'));
      expect(lpis.map(({ label, acknowledged }) => [label, acknowledged])).toEqual([
        ['LPI 8192', 1],
        ['LPI 8193', 1],
      ]);
      const events = reader.eventList(seq(0), 1_000_000);
      const written = events.flatMap((event) => (event.kind === 'mmio.access' ? [event.register] : []));
      expect(written).toEqual(expect.arrayContaining(['GITS_BASER0', 'GITS_CBASER', 'GITS_CTLR', 'GITS_CWRITER']));
      const commands = events.flatMap((event) => (event.kind === 'kvm.step' ? [event.step] : []));
      expect(commands.filter((step) => step.startsWith('ITS '))).toEqual(
        ['MAPD', 'MAPC', 'MAPC', 'MAPTI', 'MAPTI', 'cache dropped', 'MOVI', 'DISCARD'].map((name) => `ITS ${name}`),
      );
    } finally {
      reader.close();
    }
  });
});
