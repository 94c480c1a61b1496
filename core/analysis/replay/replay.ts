/**
 * Replay of a recording against the emulator (cli.md `replay`): the recorded stimuli drive a machine of the same GIC
 * model, and every answer of that machine is compared with the recorded one.
 *
 * A recording of an emulated board was made on the interrupt controller itself, without a hypervisor, so the machine is
 * the architecture's own (core/gic), with the identity of the recorded model. After a difference the machine takes
 * over what was recorded, so each one is counted once.
 * Cost: one pass over the events, memory of one machine; it yields every few thousand events so that it can be cancelled.
 */
import { type TraceEvent } from '../../trace/kinds.ts';
import { type TraceReader } from '../../trace/reader.ts';
import { type GicModel } from '../../trace/sink.ts';
import { seq } from '../../state/brand.ts';
import { LeftOut } from './left-out.ts';
import { type ReplayResult, Tally } from './tally.ts';
import { GicV2Replay } from './v2/gicv2.ts';
import { GicV3Replay } from './v3/gicv3.ts';
import { GicV5Replay } from './v5/gicv5.ts';
import { CREATED } from './v5/irs-replay.ts';
import { UnnamedPesReplay } from './v5/unnamed/unnamed.ts';

/** A machine that is driven by recorded events. */
export interface ReplayMachine {
  take(event: TraceEvent): void;
  /** The recording has ended. */
  end(): void;
}

/** What is known of a recording before its first event. */
export interface Recording {
  readonly source: string;
  readonly gic: GicModel;
  readonly vcpus: number;
  /** Names of the source's events, and how many there are of each. */
  readonly names: ReadonlyMap<string, number>;
}

/** Why a trace cannot be replayed. */
export class ReplayError extends Error {
  readonly code = 'bad-input';
}

const EVENTS_AT_A_TIME = 4096;

/** @throws ReplayError when there is no machine for this kind of recording; an AbortError when cancelled. */
export async function replay(
  reader: TraceReader,
  signal: AbortSignal,
  advance: (events: number) => void = () => {},
): Promise<ReplayResult> {
  const recording = recordingOf(reader);
  const tally = tallyFor(recording);
  const machine = machineFor(recording, tally);
  for (let from = 0; from < reader.count; from += EVENTS_AT_A_TIME) {
    for (const event of reader.eventList(seq(from), EVENTS_AT_A_TIME)) machine.take(event);
    advance(Math.min(reader.count, from + EVENTS_AT_A_TIME));
    await new Promise(setImmediate);
    signal.throwIfAborted();
  }
  machine.end();
  return tally.result;
}

function recordingOf(reader: TraceReader): Recording {
  const { source, gic, vcpus, names } = reader.info();
  return {
    source: source?.kind ?? 'recorded',
    gic,
    vcpus: Math.max(1, vcpus),
    names: new Map(Object.entries(names)),
  };
}

/** Counts what the replay of a recording finds. */
export function tallyFor(recording: Recording): Tally {
  return new Tally(new LeftOut(recording.gic, recording.names, isNamed(recording)));
}

/** Do accesses to the CPU interface tell which vCPU acts: what it wrote, and who read an acknowledge? */
function isNamed({ names }: Recording): boolean {
  return names.has('gicplug_sysreg_write') && (names.has('gicplug_sysreg_read') || !names.has('gicv5_gicr_cdia'));
}

/** The machine that a recording drives; what it finds goes to `tally`. @throws ReplayError */
export function machineFor(recording: Recording, tally: Tally): ReplayMachine {
  const { source, gic } = recording;
  if (source !== 'qemu-log')
    throw new ReplayError(
      `A ${source} trace holds no values that its guest read: only QEMU logs can be replayed against the emulator.`,
    );
  if (gic === 'v5') {
    // What registers held before the recording began is not known, nor what no access shows.
    const isKnown = recording.names.has(CREATED) && isNamed(recording);
    return isKnown ? new GicV5Replay(recording, tally) : new UnnamedPesReplay(recording, tally);
  }
  if (gic === 'v3') return new GicV3Replay(recording, tally);
  if (gic === 'v2') return new GicV2Replay(recording, tally);
  throw new ReplayError('The recording does not tell its GIC model: nothing can be replayed.');
}
