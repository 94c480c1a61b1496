/**
 * The distance of two clocks, found from interrupts that both recordings show. The real pair is one recording of a KVM
 * host dealt to two, as two recorders with different clocks would have made them: what user space asked of KVM
 * (`kvm_irq_line`), and what KVM then did (`vgic_update_irq_pending`), 5 to 25 µs later. No event is in both.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Intid, intid as interrupt } from '../../../../core/gic/intid.ts';
import { planImport } from '../../../../core/import/plan.ts';
import { commonOffset, type Mark } from '../../../../core/import/several/align.ts';
import { importSeveral } from '../../../../core/import/several/import-several.ts';
import { openSource } from '../../../../core/import/source/source.ts';
import { MemorySink } from '../../../support/memory-sink.ts';

const RECORDING = fileURLToPath(new URL('../../../data/import/vgic_irq-v6.report-N.txt.xz', import.meta.url));
/** The clock of the second recorder is so far behind. */
const BEHIND_US = 57_250_000;

const spi = (number: number): Intid => interrupt('spi', number);

let folder = '';
let user = '';
let kernel = '';
/** Microseconds of the first line of each, by the clock of the first. */
const begins = { user: 0, kernel: 0 };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-align-'));
  const source = await openSource(RECORDING);
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.chunks) chunks.push(Uint8Array.from(chunk));
  await source.close();
  const parts = { user: [] as string[], kernel: [] as string[] };
  for (const line of Buffer.concat(chunks).toString().split('\n')) {
    const [, head = '', seconds = '', micros = '', rest = '', event = ''] =
      /^(.*\] \S+ +)(\d+)\.(\d{6})(: (\w+):.*)$/.exec(line) ?? [];
    const at = Number(seconds) * 1e6 + Number(micros);
    const part = /^kvm_(irq_line|userspace_exit)$/.test(event)
      ? 'user'
      : /^(vgic_update_irq_pending|kvm_ack_irq|irq_handler_entry)$/.test(event)
        ? 'kernel'
        : undefined;
    if (part === undefined) continue;
    begins[part] ||= at;
    const shown = part === 'user' ? at : at - BEHIND_US;
    parts[part].push(`${head}${(shown / 1e6).toFixed(6)}${rest}`);
  }
  user = join(folder, 'user.txt');
  kernel = join(folder, 'kernel.txt');
  writeFileSync(user, `${parts.user.join('\n')}\n`);
  writeFileSync(kernel, `${parts.kernel.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('two recordings of one host by different clocks', () => {
  it('are brought together by the interrupts that both show, each step right before the next', async () => {
    const { recordings } = await planImport([user, kernel]);
    expect(recordings[1]?.placed).toMatch(/^by interrupts that both show/);
    const sink = new MemorySink();
    const { summary } = await importSeveral([user, kernel], sink);
    expect(summary.source.facts['user.txt: begins']).toMatch(/^\d+\.\d{9} s: the reference$/);
    expect(summary.source.facts['kernel.txt: begins']).toMatch(/: 66 of 66 interrupts that both show$/);
    const startOf = (name: string): number => parseFloat(summary.source.facts[`${name}: begins`] ?? '') * 1e6;
    const apart = startOf('user.txt') - startOf('kernel.txt');
    // What remains is the way from the one step to the other.
    expect(Math.abs(apart - (begins.user - begins.kernel))).toBeLessThan(30);

    // An injection of user space is followed by KVM's own of the same interrupt.
    const raised = sink.ofKind('irq.inject').filter(({ level, intid }) => level && intid >= spi(0));
    const asked = raised.flatMap((event, i) => (event.cause === 'KVM_IRQ_LINE' ? [i] : []));
    expect(asked).toHaveLength(66);
    for (const i of asked) {
      const near = raised.slice(Math.max(0, i - 1), i + 2).filter(({ intid }) => intid === raised[i]?.intid);
      expect(near.map(({ cause }) => cause).toSorted()).toEqual(['KVM_IRQ_LINE', 'vgic_update_irq_pending']);
    }
  });

  it('are as far apart the other way round', async () => {
    const sink = new MemorySink();
    const { summary } = await importSeveral([kernel, user], sink);
    expect(summary.source.facts['user.txt: begins']).toMatch(/: 66 of 66 interrupts that both show$/);
    const start = parseFloat(summary.source.facts['user.txt: begins'] ?? '') * 1e6;
    expect(Math.abs(start - (begins.user - begins.kernel))).toBeLessThan(30);
  });
});

describe('the common offset', () => {
  /** Irregular, as interrupts of devices are. */
  const times = (count: number, seed: number): number[] => {
    let state = seed;
    let at = 0;
    return Array.from({ length: count }, () => {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      return (at += 500_000 + (state % 20_000_000));
    });
  };
  const unnamed = (all: readonly number[]): Mark[] => all.map((time) => ({ time, intid: undefined }));

  it('is found where one recording covers a part of the other only', () => {
    const all = times(300, 12_345);
    const part = all.slice(100, 180).map((time) => time - 1_234_567_890);
    expect(commonOffset(unnamed(all), unnamed(part))).toEqual({ offset: 1_234_567_890, matches: 80, of: 80 });
    expect(commonOffset(unnamed(part), unnamed(all))).toEqual({ offset: -1_234_567_890, matches: 80, of: 80 });
  });

  it('is not found where two have nothing to do with each other', () => {
    expect(commonOffset(unnamed(times(300, 12_345)), unnamed(times(300, 54_321)))).toBeUndefined();
  });

  it('is not taken from one burst that looks like another', () => {
    const burst = Array.from({ length: 64 }, (_, i) => ({ time: 7e9 + i * 20_000, intid: spi(32 + i) }));
    const again = burst.map(({ time, intid }) => ({ time: time - 3e9, intid }));
    expect(commonOffset(burst, again)).toBeUndefined();
  });

  it('is that of the same interrupts, where both say which', () => {
    const all = times(120, 12_345);
    const a = all.map((time, i) => ({ time, intid: spi(32 + (i % 5)) }));
    const other = a.map(({ time }, i) => ({ time: time + 1e9, intid: spi(33 + (i % 5)) }));
    expect(commonOffset(a, other)).toBeUndefined();
    expect(
      commonOffset(
        a,
        other.map(({ time }, i) => ({ time, intid: spi(32 + (i % 5)) })),
      )?.offset,
    ).toBe(-1e9);
  });
});
