/**
 * Where a machine that stands still is: of each vCPU's thread the next instruction and the registers, as they are in the
 * core. They may be ahead of the state after the last event, which is what the trace has.
 */
import { type LiveHit } from '../../debug/live-breakpoints.ts';
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
}

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const SP = 31;

export function threadsNow({ threads }: Machine): LiveState['threads'] {
  return threads.map(({ index, status, core, system }) => ({
    vcpu: index,
    status,
    // While an access is under way, the PC is that of the next instruction.
    pc: hex(system.operation === undefined ? core.pcValue : BigInt.asUintN(64, core.pcValue - 4n)),
    registers: [
      ...Array.from({ length: SP }, (_, n) => ({ name: `X${n}`, value: hex(core.x(n)) })),
      { name: 'SP', value: hex(core.stackPointer(core.el === 1 && core.spSel === 1 ? 1 : 0)) },
      { name: 'PSTATE', value: hex(BigInt(core.pstate >>> 0)) },
    ],
  }));
}
