import { beforeEach, describe, expect, it } from 'vitest';
import { intid } from '../../../core/gic/intid.ts';
import { KINDS, type Kind } from '../../../core/trace/kinds.ts';
import { LEGS } from '../../../core/trace/life.ts';
import { LIFE_FIELDS, LifeTracker } from '../../../core/trace/lives.ts';
import { type LifeRecord } from '../../../core/trace/open-lives.ts';

const PPI = intid('ppi', 27);
const SPI = intid('spi', 5);
const LPI = intid('lpi', 8);

let stored: LifeRecord[];
let tracker: LifeTracker;
let now: number;
let pending: boolean;

beforeEach(() => {
  stored = [];
  tracker = new LifeTracker(
    (life) => stored.push(structuredClone(life)),
    () => pending,
  );
  now = 0;
  pending = false;
});

/** Gives the tracker an event at the next position. */
function event(kind: Kind, vcpu: number, id: number, small = 0): number {
  const at = now++;
  tracker.at(at, at * 100);
  tracker.event(KINDS[kind].id, vcpu, small, id);
  return at;
}

/** The event at a position moved a field of the SPI. */
function field(name: (typeof LIFE_FIELDS)[number], rose: boolean, at: number): void {
  tracker.at(at, at * 100);
  tracker.field(SPI, -1, LIFE_FIELDS.indexOf(name), rose);
}

/** Lives in order, as `PPI 27@1 raised0 acknowledged1 …`. */
function lives(): string[] {
  tracker.finish();
  return stored
    .toSorted((a, b) => a.id - b.id)
    .map(({ intid: id, vcpu, seqs }) => {
      const legs = LEGS.flatMap((leg, i) => ((seqs[i] ?? -1) < 0 ? [] : [`${leg}${seqs[i]}`]));
      return `${id === PPI ? 'PPI' : id === SPI ? 'SPI' : 'LPI'}@${vcpu} ${legs.join(' ')}`;
    });
}

describe('the life of an interrupt', () => {
  it('goes from raise over pending, acknowledge and drop to deactivation', () => {
    event('irq.line', 1, PPI, 1);
    event('irq.pend', 1, PPI, 1);
    event('irq.acknowledge', 1, PPI);
    event('irq.line', 1, PPI, 0);
    event('irq.drop', 1, -1);
    event('irq.deactivate', 1, PPI);
    expect(lives()).toEqual(['PPI@1 raised0 pending1 acknowledged2 dropped4 deactivated5']);
  });

  it('begins anew where it is still pending when its active state falls, whether an event or a field says so', () => {
    event('irq.pend', 0, SPI, 1);
    event('irq.acknowledge', 0, SPI);
    pending = true;
    event('irq.drop', 0, SPI);
    field('active', false, 2);
    event('irq.acknowledge', 0, SPI);
    event('irq.deactivate', 0, SPI);
    field('active', false, 4);
    expect(lives()).toEqual([
      'SPI@0 pending0 acknowledged1 dropped2 deactivated2',
      'SPI@0 pending2 acknowledged3 deactivated4',
      'SPI@-1 pending4',
    ]);
  });

  it('takes the same fact as event and as field for one', () => {
    event('irq.pend', 0, SPI, 1);
    field('pending', true, 0);
    event('irq.acknowledge', 0, SPI);
    field('pending', false, 1);
    field('active', true, 1);
    event('irq.deactivate', 0, SPI);
    field('active', false, 2);
    expect(lives()).toEqual(['SPI@0 pending0 acknowledged1 deactivated2']);
  });

  it('keeps private interrupts of two vCPUs apart', () => {
    event('irq.pend', 0, PPI, 1);
    event('irq.pend', 1, PPI, 1);
    event('irq.acknowledge', 1, PPI);
    event('irq.acknowledge', 0, PPI);
    event('irq.deactivate', 0, PPI);
    event('irq.deactivate', 1, PPI);
    expect(lives()).toEqual(['PPI@0 pending0 acknowledged3 deactivated4', 'PPI@1 pending1 acknowledged2 deactivated5']);
  });

  it('gives an unattributed raise to the vCPU that acknowledges, the oldest first', () => {
    event('irq.pend', -1, PPI, 1);
    event('irq.pend', -1, PPI, 1);
    event('irq.acknowledge', 1, PPI);
    event('irq.acknowledge', 0, PPI);
    event('irq.deactivate', 1, PPI);
    event('irq.deactivate', 0, PPI);
    expect(lives()).toEqual(['PPI@1 pending0 acknowledged2 deactivated4', 'PPI@0 pending1 acknowledged3 deactivated5']);
  });

  it('gives an unattributed fall to the life that was taken, not to one that waits', () => {
    event('irq.pend', -1, PPI, 1);
    event('irq.acknowledge', 0, PPI);
    event('irq.pend', -1, PPI, 1);
    event('irq.pend', -1, PPI, 0);
    event('irq.acknowledge', 1, PPI);
    event('irq.deactivate', 0, PPI);
    event('irq.deactivate', 1, PPI);
    expect(lives()).toEqual(['PPI@0 pending0 acknowledged1 deactivated5', 'PPI@1 pending2 acknowledged4 deactivated6']);
  });

  it('ends when pending is withdrawn before the acknowledge', () => {
    event('irq.pend', 0, PPI, 1);
    event('irq.pend', 0, PPI, 0);
    event('irq.pend', 0, PPI, 1);
    event('irq.acknowledge', 0, PPI);
    expect(lives()).toEqual(['PPI@0 pending0', 'PPI@0 pending2 acknowledged3']);
  });

  it('ends an unattributed one that the vCPU itself clears', () => {
    event('irq.pend', -1, PPI, 1);
    event('irq.pend', 0, PPI, 0);
    event('irq.acknowledge', 1, PPI);
    expect(lives()).toEqual(['PPI@-1 pending0', 'PPI@1 acknowledged2']);
  });

  it('nests: a drop without an interrupt belongs to the latest acknowledge that has none', () => {
    event('irq.acknowledge', 0, PPI);
    event('irq.acknowledge', 0, LPI);
    event('irq.acknowledge', 1, SPI);
    event('irq.drop', 0, -1);
    event('irq.drop', 0, -1);
    event('irq.drop', 1, -1);
    event('irq.deactivate', 0, LPI);
    event('irq.deactivate', 0, PPI);
    expect(lives()).toEqual([
      'PPI@0 acknowledged0 dropped4 deactivated7',
      'LPI@0 acknowledged1 dropped3 deactivated6',
      'SPI@1 acknowledged2 dropped5',
    ]);
  });

  it('lets another vCPU deactivate a shared interrupt', () => {
    event('irq.acknowledge', 0, SPI);
    event('irq.deactivate', 1, SPI);
    expect(lives()).toEqual(['SPI@0 acknowledged0 deactivated1']);
  });

  it('ends at a deactivation without acknowledge when only the raise was seen, on the vCPU that deactivates', () => {
    event('irq.inject', -1, SPI, 1);
    event('irq.inject', -1, SPI, 0);
    event('irq.deactivate', 1, SPI);
    event('irq.deactivate', 1, SPI);
    event('irq.inject', -1, SPI, 1);
    expect(lives()).toEqual(['SPI@1 raised0 deactivated2', 'SPI@-1 raised4']);
  });

  it('is not ended by the second news of the deactivation of the one before, told as state or field', () => {
    event('irq.state', -1, SPI, 0b011);
    event('irq.acknowledge', 0, SPI);
    event('irq.state', -1, SPI, 0b100);
    event('irq.deactivate', 0, SPI);
    event('irq.line', -1, SPI, 1);
    event('irq.state', -1, SPI, 0b011);
    event('irq.acknowledge', 0, SPI);
    event('irq.line', -1, SPI, 0);
    event('irq.line', -1, SPI, 1);
    const end = event('irq.deactivate', 0, SPI);
    field('active', false, end);
    expect(lives()).toEqual([
      'SPI@0 raised0 pending0 acknowledged1 deactivated3',
      'SPI@0 raised4 pending5 acknowledged6 deactivated9',
      'SPI@-1 raised8',
    ]);
  });

  it('waits on, once it is pending, when an interrupt that is not active is deactivated', () => {
    event('irq.line', 0, PPI, 1);
    event('irq.pend', 0, PPI, 1);
    event('irq.deactivate', 0, PPI);
    event('irq.acknowledge', 0, PPI);
    expect(lives()).toEqual(['PPI@0 raised0 pending1 acknowledged3']);
  });

  it('becomes active and pending: the next life waits while the first is handled', () => {
    event('irq.line', 0, SPI, 1);
    event('irq.acknowledge', 0, SPI);
    event('irq.line', 0, SPI, 0);
    event('irq.line', 0, SPI, 1);
    event('irq.deactivate', 0, SPI);
    event('irq.acknowledge', 0, SPI);
    expect(lives()).toEqual(['SPI@0 raised0 acknowledged1 deactivated4', 'SPI@0 raised3 acknowledged5']);
  });

  it('begins anew at the deactivation when the interrupt is still pending', () => {
    event('irq.pend', 0, PPI, 1);
    event('irq.acknowledge', 0, PPI);
    pending = true;
    event('irq.deactivate', 0, PPI);
    event('irq.acknowledge', 0, PPI);
    expect(lives()).toEqual(['PPI@0 pending0 acknowledged1 deactivated2', 'PPI@0 pending2 acknowledged3']);
  });

  it('ends without a deactivation when the interrupt is acknowledged again', () => {
    event('irq.acknowledge', 0, PPI);
    event('irq.acknowledge', 0, PPI);
    event('irq.deactivate', 0, PPI);
    expect(lives()).toEqual(['PPI@0 acknowledged0', 'PPI@0 acknowledged1 deactivated2']);
  });

  it('takes an activation that precedes the acknowledge for the same life', () => {
    event('irq.pend', -1, LPI, 1);
    event('irq.activate', -1, LPI);
    event('irq.acknowledge', 1, LPI);
    event('irq.deactivate', 1, LPI);
    expect(lives()).toEqual(['LPI@1 pending0 acknowledged2 deactivated3']);
  });

  it('follows reported states by their changes', () => {
    event('irq.state', 0, PPI, 0b011);
    event('irq.state', 0, PPI, 0b011);
    event('irq.state', 0, PPI, 0b111);
    event('irq.state', 0, PPI, 0b111);
    event('irq.state', 0, PPI, 0b000);
    expect(lives()).toEqual(['PPI@0 raised0 pending0 deactivated4']);
  });

  it('ends with a reset of its vCPU', () => {
    event('irq.acknowledge', 0, PPI);
    event('irq.pend', 1, PPI, 1);
    event('vcpu.reset', 0, -1);
    event('irq.deactivate', 0, PPI);
    event('irq.acknowledge', 1, PPI);
    expect(lives()).toEqual(['PPI@0 acknowledged0', 'PPI@1 pending1 acknowledged4']);
  });

  it('takes a line that rises, falls and rises again for two', () => {
    event('irq.line', 0, SPI, 1);
    event('irq.line', 0, SPI, 0);
    event('irq.line', 0, SPI, 1);
    event('irq.acknowledge', 0, SPI);
    expect(lives()).toEqual(['SPI@-1 raised0', 'SPI@0 raised2 acknowledged3']);
  });

  it('works without any vCPU', () => {
    event('irq.pend', -1, PPI, 1);
    event('irq.acknowledge', -1, PPI);
    event('irq.drop', -1, -1);
    event('irq.deactivate', -1, PPI);
    expect(lives()).toEqual(['PPI@-1 pending0 acknowledged1 dropped2 deactivated3']);
  });

  it('keeps a bounded number of lives open, whatever comes', () => {
    for (let i = 0; i < 5000; i++) event('irq.pend', -1, PPI, 1);
    expect(stored.length).toBeGreaterThan(4000);
  });
});
