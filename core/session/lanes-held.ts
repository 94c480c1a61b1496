/**
 * The lanes of interrupts that an emulated GICv3 VM holds partly in list registers. The trace's own lanes show KVM's
 * memory, in which an interrupt that the CPU has in a list register is neither pending nor active, and a level never is;
 * here they say what held-state.ts says at each moment.
 *
 * Cost: a look at the changes of the window's events, and a state at each that touches one of the interrupts or a list
 * register that names one. Where that would be too many the lanes stay those of the trace.
 */
import { ColumnBuilder } from '../trace/lane-columns.ts';
import { type InterruptDescriptor } from '../trace/interrupts.ts';
import { type LaneDrawing, type Window } from '../trace/lanes.ts';
import { BLOCK_SHIFT } from '../trace/block.ts';
import { heldSlots, heldStates } from './held-state.ts';
import { type NamedLane } from './lanes.ts';
import { type OpenTrace } from './open-trace.ts';

/** 65,536 events. */
const MOST_BLOCKS = 16;
/** Moments at which an interrupt is looked at. */
const MOST_MOMENTS = 8192;
/** In place of an event: the stretch began before the window. */
const BEFORE = -1;
/** Of a GICv2's list register, the bits of the INTID; a GICv3's has 32. */
const V2_INTID = 0x3ff;

interface Followed {
  readonly id: string;
  readonly descriptor: InterruptDescriptor;
  readonly time: number[];
  readonly code: number[];
  readonly seq: number[];
}

/** By lane id; lanes that are not here are drawn as the trace has them. */
export function heldLanes(
  trace: OpenTrace,
  lanes: readonly NamedLane[],
  window: Window,
): ReadonlyMap<string, LaneDrawing> {
  const drawn = new Map<string, LaneDrawing>();
  const { reader } = trace;
  const followed = lanes.flatMap(({ stored, lane }): Followed[] => {
    const descriptor = stored.kind === 'interrupt' ? reader.interrupts[stored.subject] : undefined;
    if (descriptor === undefined || heldSlots(trace, descriptor) === undefined) return [];
    return [{ id: lane.id, descriptor, time: [], code: [], seq: [] }];
  });
  if (followed.length === 0) return drawn;
  const before = reader.seqAtTime(window.start - 1);
  const last = reader.seqAtTime(window.end);
  if ((last >> BLOCK_SHIFT) - (Math.max(0, before) >> BLOCK_SHIFT) >= MOST_BLOCKS) return drawn;
  const moments = momentsOf(trace, followed, before, last);
  if (moments === undefined) return drawn;
  look(trace, followed, before, window.start, window.start);
  for (const { seq } of followed) seq[0] = BEFORE;
  for (const [at, touched] of moments) {
    const time = trace.timeOf(at);
    if (time >= window.end) break;
    look(trace, touched, at, time, window.start);
  }
  for (const one of followed) drawn.set(one.id, drawingOf(one, window));
  return drawn;
}

/** Adds the state of each after event `at`, where it differs from the last; what begins at `start` replaces the first. */
function look(trace: OpenTrace, followed: Iterable<Followed>, at: number, time: number, start: number): void {
  const stateOf = heldStates(trace, trace.stateAt(at));
  for (const lane of followed) {
    const code = stateOf(lane.descriptor)?.code ?? 0;
    if (lane.code.at(-1) === code) continue;
    const place = time > start ? lane.code.length : 0;
    lane.time[place] = time;
    lane.code[place] = code;
    lane.seq[place] = at;
  }
}

/** Events after `before` up to `last` that may change one of them, in order; undefined: too many. */
function momentsOf(
  trace: OpenTrace,
  followed: readonly Followed[],
  before: number,
  last: number,
): ReadonlyMap<number, ReadonlySet<Followed>> | undefined {
  const { reader, layout } = trace;
  const own = new Map<number, Followed>();
  const byNumber = new Map<number, Followed[]>();
  for (const one of followed) {
    for (const slot of heldSlots(trace, one.descriptor) ?? []) if (slot !== undefined) own.set(slot, one);
    const number = one.descriptor.intid & 0xff_ffff;
    byNumber.set(number, [...(byNumber.get(number) ?? []), one]);
  }
  const registers = new Set<number>();
  for (const [slot, { path }] of layout.slots.entries()) if (path.includes('.ICH_LR')) registers.add(slot);
  const numberIn = (lo: number): number => (trace.gic === 'v2' ? lo & V2_INTID : lo);
  const moments = new Map<number, Set<Followed>>();
  for (let block = Math.max(0, before) >> BLOCK_SHIFT; block <= last >> BLOCK_SHIFT; block++) {
    if (!reader.touched(block).slot.some((slot) => own.has(slot) || registers.has(slot))) continue;
    const changes = reader.changes(block);
    const first = block << BLOCK_SHIFT;
    for (let i = Math.max(0, before + 1 - first); i < reader.blocks.count(block) && first + i <= last; i++) {
      const touched = new Set<Followed>();
      for (let c = changes.start[i] ?? 0; c < (changes.start[i + 1] ?? 0); c++) {
        const slot = changes.slot[c] ?? 0;
        const one = own.get(slot);
        if (one !== undefined) touched.add(one);
        else if (registers.has(slot))
          for (const lo of [changes.beforeLo[c] ?? 0, changes.afterLo[c] ?? 0])
            for (const named of byNumber.get(numberIn(lo)) ?? []) touched.add(named);
      }
      if (touched.size === 0) continue;
      moments.set(first + i, touched);
      if (moments.size > MOST_MOMENTS) return undefined;
    }
  }
  return moments;
}

function drawingOf({ time, code, seq }: Followed, { start, end, columns }: Window): LaneDrawing {
  if (code.length <= 2 * columns)
    return {
      mode: 'segments',
      time: Float64Array.from(time),
      code: Uint32Array.from(code),
      seq: Float64Array.from(seq),
    };
  const builder = new ColumnBuilder('interrupt', start, end, columns, code[0] ?? 0);
  for (let i = 1; i < code.length; i++) builder.add(time[i] ?? 0, code[i] ?? 0);
  return builder.finish();
}
