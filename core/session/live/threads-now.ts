/**
 * Where a machine that stands still is: of each vCPU's thread the next instruction and the registers, as they are in the
 * core. They may be ahead of the state after the last event, which is what the trace has.
 */
import { type LiveHit } from '../../debug/live-breakpoints.ts';
import { type Core } from '../../machine/a64/index.ts';
import { type GuestSystem } from '../../machine/guest-system.ts';
import { type Machine } from '../../machine/machine.ts';
import { type Thread } from '../../machine/thread.ts';
import { type LiveState } from './messages.ts';

/** Why the machine stands still, and where. */
export interface StopReason {
  readonly why: Exclude<LiveState['why'], 'end' | null>;
  readonly hit?: LiveHit;
  /** The position to show; absent: the last event. */
  readonly seq?: number;
  /** The thread whose next instruction it stands before. */
  readonly thread?: Thread;
  /** That instruction, where it has begun: the core's PC is behind it. */
  readonly pc?: bigint;
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const SP = 31;

export function threadsNow({ threads }: Machine, reason: StopReason | undefined): LiveState['threads'] {
  return threads.map(({ index, status, core, system }) => ({
    vcpu: index,
    status,
    pc: hex(nextOf(core, system, index === reason?.thread?.index ? reason.pc : undefined)),
    registers: [
      ...Array.from({ length: SP }, (_, n) => ({ name: `X${n}`, value: hex(core.x(n)) })),
      { name: 'SP', value: hex(core.stackPointer(core.el === 1 && core.spSel === 1 ? 1 : 0)) },
      { name: 'PSTATE', value: hex(BigInt(core.pstate >>> 0)) },
    ],
  }));
}

/** While an access is under way, the core's PC is that of the instruction after it. */
function nextOf(core: Core, system: GuestSystem, begun: bigint | undefined): bigint {
  if (begun !== undefined) return begun;
  return system.operation === undefined ? core.pcValue : BigInt.asUintN(64, core.pcValue - 4n);
}
