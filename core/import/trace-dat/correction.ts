/**
 * From a stamp of the ring buffer to the time that is shown (trace-import-formats §5.9): the shift of a guest's clock to
 * its host's, then ticks to nanoseconds. Constant offsets (OFFSET, DATE) move everything alike: dat-clock.ts.
 */
import { type Bytes } from './bytes.ts';

/** Corrects a stamp of a CPU. */
export type Correction = (cpu: number, stamp: bigint) => bigint;

interface Sample {
  readonly time: bigint;
  readonly offset: bigint;
  readonly scaling: bigint;
  fraction: bigint;
}

const MOST_SAMPLES = 1_000_000;

/** Undefined: stamps are times already. @throws DatFault */
export function correctionOf(timeShift: Bytes | undefined, tsc2nsec: Bytes | undefined): Correction | undefined {
  const shift = timeShift === undefined ? undefined : readShift(timeShift);
  const scale =
    tsc2nsec === undefined ? undefined : { mult: BigInt(tsc2nsec.u32()), shift: BigInt(tsc2nsec.u32() & 127) };
  if (shift === undefined && scale === undefined) return undefined;
  return (cpu, stamp) => {
    const shifted = shift === undefined ? stamp : shift(cpu, stamp);
    return scale === undefined ? shifted : (shifted * scale.mult) >> scale.shift;
  };
}

function readShift(data: Bytes): Correction | undefined {
  data.u64();
  const isInterpolated = (data.u32() & 1) !== 0;
  const cpus = data.u32();
  const perCpu: Sample[][] = [];
  for (let cpu = 0; cpu < cpus; cpu++) {
    const count = data.u32();
    if (count > MOST_SAMPLES || count * 24 > data.left)
      throw data.fault('corrupt', `the clock shift of CPU ${cpu} would have ${count} samples.`, 4);
    const times = Array.from({ length: count }, () => data.u64());
    const offsets = Array.from({ length: count }, () => data.i64());
    const scalings = Array.from({ length: count }, () => data.u64());
    perCpu.push(times.map((time, i) => ({ time, offset: offsets[i] ?? 0n, scaling: scalings[i] ?? 1n, fraction: 0n })));
  }
  // Older tools wrote no fraction bits.
  for (const samples of perCpu) for (const sample of samples) if (data.left >= 8) sample.fraction = data.u64() & 63n;
  if (perCpu.every((samples) => samples.length === 0)) return undefined;
  return (cpu, stamp) => shifted(perCpu[cpu] ?? perCpu[0] ?? [], stamp, isInterpolated);
}

function shifted(samples: readonly Sample[], stamp: bigint, isInterpolated: boolean): bigint {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((samples[middle]?.time ?? 0n) <= stamp) low = middle + 1;
    else high = middle;
  }
  const before = samples[Math.max(low - 1, 0)];
  if (before === undefined) return stamp;
  if (samples.length === 1) return stamp + before.offset;
  const after = samples[low];
  let { offset } = before;
  if (isInterpolated && after !== undefined && after !== before && after.time > before.time)
    offset += ((after.offset - before.offset) * (stamp - before.time)) / (after.time - before.time);
  return ((stamp * before.scaling) >> before.fraction) + offset;
}
