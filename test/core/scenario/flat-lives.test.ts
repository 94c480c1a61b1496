/** What a recording of a GICv3 guest says of interrupts that wait and are handled in list registers. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readIrq } from '../../../core/kvm/vgic/irq-words.ts';
import { seq } from '../../../core/state/brand.ts';
import { Cursor } from '../../../core/trace/cursor.ts';
import { interruptLabel } from '../../../core/trace/interrupts.ts';
import { type Leg, type Life } from '../../../core/trace/life.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { BUNDLED, Lab } from './support.ts';

const lab = new Lab();
afterAll(() => lab.close());

async function recorded(name: string): Promise<TraceReader> {
  await lab.record(join(BUNDLED, `${name}.yaml`));
  return new TraceReader(lab.path('out.gscope'));
}

const at = (life: Life | undefined, leg: Leg): number => life?.moments[leg]?.seq ?? NaN;

describe('an interrupt of a GICv3 guest', () => {
  it('is pending from its sender to its acknowledge, and active to the write that ends it', async () => {
    const reader = await recorded('gicv3-ipi-fan-out');
    const lives = reader.lives.list();
    expect(lives.map(({ vcpu }) => vcpu).toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual(
      Array.from({ length: 254 }, (_, i) => i + 1),
    );
    for (const life of lives) {
      expect(interruptLabel(life.intid)).toBe('SGI 7');
      const [pending, acknowledged] = [at(life, 'pending'), at(life, 'acknowledged')];
      const [dropped, deactivated] = [at(life, 'dropped'), at(life, 'deactivated')];
      expect(reader.event(seq(acknowledged)).kind).toBe('irq.acknowledge');
      expect(reader.event(seq(dropped)).kind).toBe('irq.drop');
      expect(pending < acknowledged && acknowledged < dropped && dropped === deactivated).toBe(true);
    }
    reader.close();
  });

  it('that is a level still up is pending again from where its handling ends', async () => {
    const reader = await recorded('gicv3-level-retrigger');
    const [first, second] = reader.lives.list().filter(({ intid }) => interruptLabel(intid) === 'SPI 33');
    expect(at(first, 'deactivated')).toBeGreaterThan(at(first, 'acknowledged'));
    expect(at(second, 'pending')).toBe(at(first, 'deactivated'));
    reader.close();
  });

  it.each(['gicv3-eoimode-1', 'gicv3-more-pending-than-list-registers', 'gicv3-msi-life'])(
    'is as KVM keeps it wherever no list register has it: %s',
    async (name) => {
      const reader = await recorded(name);
      const { layout } = reader;
      const words = layout.slots.flatMap(({ path }) => {
        const [, prefix, irq] = /^(.*)vgic\.irq\.(\w+)\.state$/.exec(path) ?? [];
        return prefix === undefined
          ? []
          : [{ own: path, guest: `${prefix}guest.${irq}`, place: path.replace('state', 'place') }];
      });
      const value = (cursor: Cursor, path: string): bigint => {
        const slot = layout.find(path);
        if (slot === undefined) throw new Error(`no slot ${path}`);
        return cursor.state.value(slot) ?? -1n;
      };
      const cursor = new Cursor(reader);
      let compared = 0;
      for (let position = 0; position < reader.count; position++) {
        cursor.seek(seq(position));
        for (const { own, guest, place } of words) {
          const { pending, active, onLr } = readIrq(value(cursor, own), value(cursor, place));
          if (onLr) continue;
          expect(value(cursor, guest), `${guest} at #${position}`).toBe((pending ? 1n : 0n) | (active ? 2n : 0n));
          if (pending || active) compared++;
        }
      }
      expect(compared).toBeGreaterThan(10);
      reader.close();
    },
  );
});
