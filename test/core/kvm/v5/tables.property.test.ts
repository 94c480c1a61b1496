/** Laws of a VM's interrupt state tables over random lives: what is sent, saved, restored and repeated follows from them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HWU, LPI, LPI_BASE, SPI } from '../../../../core/gic/v5/irs/iste.ts';
import { type IrsFacts } from '../../../../core/kvm/host-facts.ts';
import { teardown } from '../../../../core/kvm/v5/irs/vm-life.ts';
import { digest } from '../../../../core/state/digest.ts';
import { images, SpiLab } from '../../../conformance/v5-spi-lab.ts';
import { Life, life, type Step } from '../random-spi-life.ts';
import { bestByScan } from '../../../support/best-by-scan.ts';

const LPI_BITS = 5;
const IST = 0x8010_0001n;
/** Entries of 4, 8 and 16 bytes; linear, and two levels for LPIs. */
const HOSTS: readonly IrsFacts[] = [
  {},
  { metadataSize: 12 },
  { metadataSize: 5 },
  { level2Size: 0, vmTableLevels: true },
];
const host = fc.constantFrom(...HOSTS);

/** A life whose guest has a table of LPIs, three of which are enabled and compete with the SPIs. */
function withLpis(profile: string, irs: IrsFacts): Life {
  const of = new Life(profile, { irs });
  const guest = of.lab.spiGuest(0);
  guest.w32(0x190, LPI_BITS);
  guest.w64(0x180, IST);
  for (const n of [0, 1, 2]) guest.configure(LPI_BASE + n, 0x10, n & 1);
  of.lab.take();
  return of;
}

/** Steps of a life, and between them CDPEND of LPIs. */
const busy = fc.array(fc.oneof({ weight: 4, arbitrary: life }, { weight: 1, arbitrary: fc.nat(2) }), {
  minLength: 2,
  maxLength: 5,
});

function play(of: Life, parts: readonly (readonly Step[] | number)[]): void {
  for (const part of parts)
    if (typeof part === 'number') of.lab.spiGuest(part & 1).cd('PEND', LPI_BASE + part, 1);
    else for (const step of part) of.perform(step);
}

/** Both tables as user space saves them. */
function save(lab: SpiLab): readonly [Uint32Array, Uint32Array] {
  const [spis, lpis] = [new Uint32Array(32), new Uint32Array(2 ** LPI_BITS)];
  expect(lab.ist('get', images(spis, lpis))).toBe(0);
  return [spis, lpis];
}

describe('the candidate that a vCPU is sent', () => {
  it('is the one that its VM’s tables give when they are read through, at every event', () => {
    let seen = 0;
    fc.assert(
      fc.property(fc.constantFrom('H1', 'H3', 'Q'), host, busy, (profile, irs, parts) => {
        const of = withLpis(profile, irs);
        const { lab } = of;
        const check = (): void => {
          if (!lab.irs.registers.enabled) return;
          const tables = ([LPI, SPI] as const).map((type) => [type, lab.irs.tables.ist(type)] as const);
          for (const { id, index, cpu } of lab.vm.vcpus) {
            if (cpu === undefined || !lab.gic(index).ppis.resident.flag || lab.gic(index).reloadRequest?.flag) continue;
            const { intid } = bestByScan(tables, id);
            if (intid !== 0) seen++;
            if (lab.candidate(cpu.index) !== intid) throw new Error(`vCPU ${id}: 0x${intid.toString(16)}`);
          }
        };
        lab.host.observe((event) => {
          // Between the change of an entry and the news of it lies one event.
          if (event.kind === 'vcpu.exit' || event.kind === 'vcpu.entry' || event.kind === 'lock.release') check();
        });
        for (const part of parts) {
          play(of, [part]);
          check();
        }
      }),
      { numRuns: 150 },
    );
    expect(seen).toBeGreaterThan(1000);
  });
});

describe('images of the tables', () => {
  it('restore what was saved, whatever the size of entries on either host, and are the same when saved again', () => {
    fc.assert(
      fc.property(host, host, busy, (from, to, parts) => {
        const of = withLpis('Q', from);
        play(of, parts);
        for (const guest of of.lab.guests) guest.stop();
        const saved = save(of.lab);
        const other = new SpiLab('Q', { until: 'initialised', irs: to });
        for (const [offset, value] of [
          [0x190, BigInt(LPI_BITS)],
          [0x180, IST],
          [0x80, 1n],
        ] as const)
          expect(other.irsSet(offset, value)).toBe(0);
        expect(other.ist('set', images(...saved))).toBe(0);
        expect(save(other)).toEqual(saved);
        for (const image of saved) expect(image.every((word) => (word & HWU) === 0)).toBe(true);
        for (const { id, index } of other.vm.vcpus) {
          other.spiGuest(index).ready().run();
          const word = (type: typeof LPI | typeof SPI) => [type, of.lab.irs.tables.ist(type)] as const;
          expect([id, other.candidate(index)]).toEqual([id, bestByScan([word(LPI), word(SPI)], id).intid]);
        }
      }),
      { numRuns: 80 },
    );
  });

  it('put on the list what is pending or active, in order of number (H3)', () => {
    fc.assert(
      fc.property(life, (steps) => {
        const of = new Life('H3');
        for (const step of steps) of.perform(step);
        for (const guest of of.lab.guests) guest.stop();
        const spis = new Uint32Array(32);
        expect(of.lab.ist('get', images(spis).with(0n, spis))).toBe(0);
        const other = new SpiLab('H3', { until: 'initialised' });
        expect(other.ist('set', images(spis).with(0n, spis))).toBe(0);
        expect(other.irs.list).toEqual([...spis.keys()].filter((n) => ((spis[n] ?? 0) & 3) !== 0));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a life', () => {
  it('has the same events and the same state when it is lived again', () => {
    fc.assert(
      fc.property(fc.constantFrom('H1', 'H3', 'Q'), host, busy, (profile, irs, parts) => {
        const [first, second] = [withLpis(profile, irs), withLpis(profile, irs)];
        play(first, parts);
        play(second, parts);
        expect(second.lab.events).toEqual(first.lab.events);
        expect(digest(second.lab.journal.state)).toBe(digest(first.lab.journal.state));
      }),
      { numRuns: 60 },
    );
  });

  it('ends with a teardown that leaves nothing in host memory and frees the id for the next VM', () => {
    fc.assert(
      fc.property(fc.constantFrom('H1', 'H3', 'Q'), host, busy, (profile, irs, parts) => {
        const of = withLpis(profile, irs);
        play(of, parts);
        for (const guest of of.lab.guests) guest.stop();
        expect(teardown(of.lab.irs)).toBe(0);
        const { layout, state } = of.lab.journal;
        const left = layout.slots.filter(
          ({ path }, slot) => /^host\.(vmt0|vpet|vped)/.test(path) && state.lo[slot] !== 0,
        );
        expect(left.map(({ path }) => path)).toEqual([]);
        expect(of.lab.irs.host.ids.take(9)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});
