/** Traces for tests: random but reproducible, with the naive reference that the engine is compared with. */
import { join } from 'node:path';
import { intid } from '../../../core/gic/intid.ts';
import { type SlotId, nanoseconds, vcpuId } from '../../../core/state/brand.ts';
import { type Change } from '../../../core/state/journal.ts';
import { type StateVector } from '../../../core/state/state-vector.ts';
import { type NewEvent } from '../../../core/trace/kinds.ts';
import { type TraceSummary } from '../../../core/trace/sink.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { type WriterOptions } from '../../../core/trace/writer-options.ts';
import { scratch } from '../../support/scratch.ts';

let files = 0;

/** A path for a new trace; removed after the test file. */
export function tracePath(name = 'trace'): string {
  return join(scratch(), `${name}-${files++}.gscope`);
}

export const SUMMARY: TraceSummary = {
  source: { kind: 'scenario', files: ['test'], facts: {} },
  gic: 'v5',
  vcpus: 2,
};

/** A small fast generator of pseudo-random numbers with a seed. */
export function random(seed: number): (limit: number) => number {
  let state = seed | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * limit);
  };
}

export interface Built {
  readonly path: string;
  readonly events: readonly NewEvent[];
  /** State after event i has index i + 1; index 0 is before everything. Only every `stride`-th is kept. */
  readonly states: readonly StateVector[];
  readonly stride: number;
  readonly slots: readonly SlotId[];
  /** Changes that each event owns. */
  readonly changes: readonly (readonly Change[])[];
}

/** Two vCPUs, interrupt fields of PPI 27 and SPI 5, plain registers; slots appear while the trace grows. */
export function buildTrace(
  count: number,
  options: { seed?: number; stride?: number; writer?: WriterOptions } = {},
): Built {
  const path = tracePath();
  const writer = new TraceWriter(path, options.writer);
  const { journal } = writer;
  const next = random(options.seed ?? 1);
  const stride = options.stride ?? 1;
  const slots: SlotId[] = [];
  const states = [journal.state.clone()];
  const events: NewEvent[] = [];
  const changes: Change[][] = [];
  let time = 0;
  for (let i = 0; i < count; i++) {
    if (slots.length < 40 && i % 97 === 0) slots.push(claim(writer, slots.length));
    const writes = next(4) === 0 ? 0 : next(4);
    for (let k = 0; k < writes; k++) {
      const slot = slots[next(slots.length)];
      if (slot === undefined) continue;
      const { width } = journal.layout.descriptor(slot);
      if (next(12) === 0) journal.forget(slot);
      else journal.write(slot, BigInt.asUintN(width, (BigInt(next(0x1_0000_0000)) << 32n) | BigInt(next(4))));
    }
    time += next(3) * 500 + (next(1000) === 0 ? 6e9 : 0);
    const event = randomEvent(next, time, i);
    events.push(event);
    changes.push(journal.changes());
    writer.append(event);
    if ((i + 1) % stride === 0) states.push(journal.state.clone());
  }
  writer.finish(SUMMARY);
  return { path, events, states, stride, slots, changes };
}

function claim(writer: TraceWriter, n: number): SlotId {
  const { layout } = writer.journal;
  const kind = n % 4;
  if (kind === 0)
    return layout.claim({ path: `vcpu${n & 1}.REG${n}`, width: 64, ...(n % 8 === 0 ? { initial: 5n } : {}) });
  const slot = layout.claim({ path: `irq${n}`, width: kind === 3 ? 5 : 1 });
  const field = kind === 1 ? 'pending' : kind === 2 ? 'active' : 'priority';
  const owner = Math.floor(n / 4);
  const id = owner % 2 === 0 ? intid('ppi', 20 + owner) : intid('spi', owner);
  writer.interruptField(id, owner % 2 === 0 ? vcpuId(owner % 4 === 0 ? 0 : 1) : undefined, field, {
    slot,
    lsb: 0,
    width: kind === 3 ? 5 : 1,
  });
  return slot;
}

function randomEvent(next: (limit: number) => number, time: number, i: number): NewEvent {
  const header = {
    time: nanoseconds(time),
    origin: 'guest' as const,
    ...(next(5) === 0 ? {} : { vcpu: vcpuId(next(2)) }),
    ...(next(3) === 0 ? {} : { line: i + 1 }),
    ...(next(50) === 0 ? { detail: { note: `n${i}`, more: true } } : {}),
  };
  switch (next(6)) {
    case 0:
      return {
        ...header,
        kind: 'register.access',
        register: `ICC_R${next(5)}_EL1`,
        op: 'write',
        value: BigInt(next(100)),
      };
    case 1:
      return {
        ...header,
        kind: 'register.access',
        register: 'ICC_PCR_EL1',
        op: 'read',
        pc: 0xffff_8000_1234_0000n + BigInt(i),
      };
    case 2:
      return { ...header, kind: 'irq.acknowledge', intid: intid('ppi', 20 + next(4)) };
    case 3:
      return { ...header, kind: 'irq.line', intid: intid('spi', next(4)), level: next(2) === 1, source: 'gicv5_line' };
    case 4:
      return { ...header, kind: 'timer.write', timer: 'CNTV', what: 'compare', value: 0xffff_ffff_ffff_ffffn };
    default:
      return { ...header, kind: 'vcpu.wake' };
  }
}
