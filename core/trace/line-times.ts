/**
 * How long the input lines of interrupts stayed high: each rise of the field `line` with the fall that ends it.
 *
 * A source may tell of lines and of nothing else; KVM's trace events are such a one, since the guest acknowledges in the
 * list registers without a trap. Where events were lost the line becomes unknown: what rose before has no end then.
 * Cost: the blocks in which a line changes (postings), each decoded once. Memory: one moment a line.
 */
import { type Intid } from '../gic/intid.ts';
import { nanoseconds, seq, type VcpuId } from '../state/brand.ts';
import { BLOCK_EVENTS, type BlockChanges } from './block.ts';
import { type Moment } from './life.ts';
import { POSTING } from './postings.ts';
import { type TraceReader } from './reader.ts';

export interface LineTime {
  readonly intid: Intid;
  /** Absent for interrupts that belong to no vCPU. */
  readonly vcpu?: VcpuId;
  readonly raised: Moment;
  readonly lowered: Moment;
}

interface Line {
  readonly intid: Intid;
  readonly vcpu: VcpuId | undefined;
  readonly bit: number;
  raised: Moment | undefined;
}

const KNOWN_AFTER = 2;

/** In the order of the falls. */
export function* lineTimes(reader: TraceReader): Generator<LineTime> {
  const lines = new Map<number, Line[]>();
  const blocks = new Set<number>();
  for (const { id, interrupt, field, range } of reader.interruptIndex.fields) {
    const identity = reader.interruptIndex.identity(interrupt);
    if (field !== 'line' || identity === undefined) continue;
    const { intid, vcpu } = identity;
    const line: Line = { intid, vcpu, bit: range.lsb, raised: undefined };
    const there = lines.get(range.slot);
    if (there === undefined) lines.set(range.slot, [line]);
    else there.push(line);
    for (const block of reader.postings.get(POSTING.fieldChanged, id).blocks) blocks.add(block);
  }
  for (const block of [...blocks].sort((a, b) => a - b)) {
    const changes = reader.changes(block);
    const { time, count } = reader.events(block);
    for (let event = 0; event < count; event++) {
      const end = changes.start[event + 1] ?? 0;
      for (let i = changes.start[event] ?? 0; i < end; i++)
        for (const line of lines.get(changes.slot[i] ?? -1) ?? []) {
          const level = levelAfter(changes, i, line.bit);
          const moment = { seq: seq(block * BLOCK_EVENTS + event), time: nanoseconds(time[event] ?? 0) };
          const { intid, vcpu, raised } = line;
          if (level === true) line.raised ??= moment;
          else line.raised = undefined;
          if (level === false && raised !== undefined)
            yield { intid, ...(vcpu === undefined ? {} : { vcpu }), raised, lowered: moment };
        }
    }
  }
}

function levelAfter({ known, afterLo, afterHi }: BlockChanges, change: number, bit: number): boolean | undefined {
  if (((known[change] ?? 0) & KNOWN_AFTER) === 0) return undefined;
  const word = bit < 32 ? afterLo[change] : afterHi[change];
  return (((word ?? 0) >>> (bit & 31)) & 1) === 1;
}
