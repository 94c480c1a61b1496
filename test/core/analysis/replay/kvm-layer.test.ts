/** gicscope's KVM layer against recorded list registers (kvm-vgic-v3 §7, §8). */
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ReplayResult } from '../../../../core/analysis/replay/tally.ts';
import { importTrace } from '../../../../core/import/import.ts';
import { MemorySink } from '../../../support/memory-sink.ts';
import { enter, eoir, iar, leave, load, put } from '../../../support/ich-lines.ts';
import { importLines } from '../../../support/qemu-lines.ts';
import { replayed } from '../../../support/replayed.ts';

const data = fileURLToPath(new URL('../../../data/import/gicv3-kvm-host.log.xz', import.meta.url));

async function ofLines(...lines: readonly (string | readonly string[])[]): Promise<ReplayResult> {
  const { sink, result } = await importLines(lines, { vcpus: 1 });
  return replayed(sink, result);
}

/** Differences of what a hypervisor wrote: register, recorded, emulated. */
function written({ divergences }: ReplayResult): string[] {
  return divergences
    .filter(({ register }) => register.endsWith('written') || register.endsWith('at exit'))
    .map(({ register, recorded, emulated }) => `${register} ${recorded.toString(16)} ${emulated.toString(16)}`);
}

function inferred({ inferred }: ReplayResult, word: string): number {
  return Object.entries(inferred).find(([what]) => what.includes(word))?.[1] ?? 0;
}

/** A list register with a level interrupt of group 1. */
const lr = (state: 'pending' | 'active' | 'ended', intid: number, priority: number): string => {
  const [bits, byte] = [{ pending: '5', active: '9', ended: '1' }[state], priority.toString(16).padStart(2, '0')];
  return `${bits}0${byte}0200${intid.toString(16).padStart(8, '0')}`;
};

describe('the KVM layer against a real KVM under its own selftests', () => {
  const sink = new MemorySink();
  let result: ReplayResult;
  beforeAll(async () => {
    result = replayed(sink, await importTrace(data, sink));
  });

  it('builds every list register and every HCR that was written, and loads every image', () => {
    expect(written(result)).toEqual([]);
    const counts = [0, 1, 2, 3].map((n) => result.byRegister[`ICH_LR${n}_EL2 written`]?.matched);
    expect(counts).toEqual([324, 297, 285, 274]);
    const others = [
      'ICH_HCR_EL2 written',
      'ICH_VMCR_EL2 written',
      'ICH_AP1R0_EL2 written',
      'EOIcount asked for at exit',
    ];
    expect(others.map((register) => result.byRegister[register]?.matched)).toEqual([1940, 399, 399, 1940]);
  });

  it('takes the arrivals from the recording, and neither an end nor a withdrawal', () => {
    expect([inferred(result, 'arrivals'), inferred(result, 'waited without')]).toEqual([79, 28]);
    expect(Object.keys(result.inferred)).toHaveLength(6);
  });

  it('finds every list register that is changed, and does not lose its course', async () => {
    const lines = [...sink.raw];
    const writes = lines.flatMap((line, at) => (/ich_lr_write .* value 0x[59]/.test(line) ? [at] : []));
    const changed = writes.filter((_at, index) => index % 400 === 17);
    // Another priority.
    for (const at of changed) lines[at] = (lines[at] ?? '').replace(/0x(.)0../, '0x$10aa');
    const { divergences } = await ofLines(lines);
    const found = new Set(divergences.filter(({ register }) => register.endsWith('written')).map(({ line }) => line));
    expect(changed.filter((at) => !found.has(at + 1))).toEqual([]);
    // The other priority stays in the guest's active priorities until the interrupt ends.
    expect(found.size).toBeLessThan(8 * changed.length);
  });

  it.each([0.3, 0.33, 0.36, 0.6])('agrees from wherever the recording begins: %f', async (where) => {
    const cut = await ofLines(sink.raw.slice(Math.floor(where * sink.raw.length)));
    expect([cut.mismatched, cut.unsupported < cut.compared / 100]).toEqual([0, true]);
  });
});

describe('the KVM layer against recorded list registers', () => {
  const [pending, active, ended] = [lr('pending', 32, 8), lr('active', 32, 8), lr('ended', 32, 8)];
  const first = [...load(), ...enter('4191', pending), iar('20'), ...leave([active])];

  it('follows a level SPI from its arrival to its end', async () => {
    const result = await ofLines(first, enter('4191', active), eoir('20'), leave([ended]), enter('191'), leave());
    expect(result.divergences).toEqual([]);
    expect([inferred(result, 'arrivals'), result.byRegister['ICH_LR0_EL2 written']?.matched]).toEqual([1, 2]);
  });

  it('reports a state that the fold of the last exit does not lead to, once', async () => {
    const rest = [enter('4191', active), leave([active])];
    const result = await ofLines(first, enter('4191', pending), leave([pending]), rest[0] ?? [], rest[1] ?? []);
    expect(written(result).slice(0, 1)).toEqual([`ICH_LR0_EL2 written ${pending} ${active}`]);
    const lost = await ofLines(first, enter('4191'), leave(), enter('4191'), leave());
    expect(written(lost)).toEqual([`ICH_LR0_EL2 written 0 ${active}`]);
  });

  it('reports an HCR that the AP list does not give', async () => {
    const result = await ofLines(load(), enter('191', pending), leave([pending]));
    expect(written(result)).toEqual(['ICH_HCR_EL2 written 191 4191']);
  });

  it('sorts more interrupts than list registers, and repairs an end that none of them holds', async () => {
    const four = [0, 1, 2, 3].map((n) => lr('pending', 32 + n, 8 * n));
    const later = [1, 2, 3, 4].map((n) => lr('pending', 32 + n, 8 * n));
    const acknowledged = [lr('active', 32, 0), ...four.slice(1)];
    const entered = [...load(), ...enter('419b', ...four), iar('20'), ...leave(acknowledged)];
    const rest = [eoir('20'), ...leave(later, '8004097'), ...enter('4191', ...later), ...leave(later)];
    const result = await ofLines(entered, enter('4197', ...later), rest);
    expect(result.divergences).toEqual([]);
    expect([inferred(result, 'arrivals'), inferred(result, 'waited without')]).toEqual([5, 1]);
    const unsorted = await ofLines(
      entered,
      enter('4197', ...acknowledged),
      leave(acknowledged, '4097'),
      enter('4191', ...later),
      leave(later),
    );
    expect(written(unsorted).slice(0, 4)).toEqual(
      acknowledged.map((value, n) => `ICH_LR${n}_EL2 written ${value} ${later[n] ?? ''}`),
    );
  });

  it('takes an interrupt that is no longer loaded for one that stopped to wait, unless it is active', async () => {
    const result = await ofLines(load(), enter('4191', pending), leave([pending]), enter('4191'), leave());
    expect([written(result), inferred(result, 'stopped to wait')]).toEqual([[], 1]);
  });

  it('knows by TDIR that a line stayed high, and that the end of an interrupt was trapped', async () => {
    const again = await ofLines(first, enter('4191', active), eoir('20'), leave([ended]), enter('191', pending));
    const high = [
      ...enter('4191', active),
      eoir('20'),
      ...leave([ended]),
      ...enter('191', pending),
      ...leave([pending]),
    ];
    const stayed = await ofLines(first, high);
    expect(again.mismatched).toBe(0);
    expect([written(stayed), inferred(stayed, 'stayed high')]).toEqual([[], 1]);
    const split = 'f84c020a';
    const taken = [...load('0', split), ...enter('4191', pending), iar('20'), ...leave([active], undefined, split)];
    const dropped = [...enter('4191', active), eoir('20'), ...leave([active], undefined, split)];
    const trapped = await ofLines(taken, dropped, enter('191'), leave([], undefined, split));
    expect([written(trapped), inferred(trapped, 'trapped ICC_DIR_EL1')]).toEqual([[], 1]);
  });

  it('keeps the physical interrupt of a timer in its list register', async () => {
    const [raised, handled, done] = ['70a0001b0000001b', 'b0a0001b0000001b', '30a0001b0000001b'];
    const result = await ofLines(
      [load(), enter('191', raised), iar('1b'), leave([handled])].flat(),
      [enter('191', handled), eoir('1b'), leave([done]), enter('191'), leave()].flat(),
    );
    expect([result.divergences, inferred(result, 'arrivals')]).toEqual([[], 1]);
  });

  it('tells two vCPUs of a CPU apart by the active priorities that are loaded', async () => {
    const result = await ofLines(
      [...first, ...put('2')],
      [load(), enter('4191'), leave(), put()].flat(),
      [load('2'), enter('4191', active), eoir('20'), leave([ended]), enter('191'), leave()].flat(),
    );
    expect([written(result), inferred(result, 'vCPUs that were set up')]).toEqual([[], 2]);
  });

  it('says what it does not know: LPIs in list registers', async () => {
    const lpi = '50a0000000002001';
    const result = await ofLines(load(), enter('191', lpi), leave([lpi]), enter('191'), leave());
    expect([written(result), result.unsupported]).toEqual([[], 2]);
  });

  it('goes on where lines are missing', async () => {
    const [lost] = [enter('4191', active)];
    const result = await ofLines(first, lost, enter('4191', active), eoir('20'), leave([ended]), enter('191'), leave());
    expect(written(result)).toEqual([]);
  });
});
