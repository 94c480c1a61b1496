/** Recordings that run under control: started, paused, stepped. See ../contract.ts for the units. */
import { z } from 'zod';
import { hex, method, ns, path, seq, vcpu } from './shapes.ts';
import { haltSchema, recording } from './tasks.ts';

/** A recording that runs, or ended. */
export const liveStateSchema = z.object({
  /** Its number. */
  live: z.int(),
  /** The trace. */
  path,
  scenario: path,
  state: z.enum(['running', 'stopped', 'ended', 'failed']),
  /** Why it does not run; null while it does. */
  why: z.enum(['start', 'pause', 'step', 'breakpoint', 'end']).nullable(),
  /** The position to show: that of the last event, or the one before what a breakpoint stops before. */
  seq,
  /** The breakpoint that stopped it. */
  breakpoint: z.int().nullable(),
  /** It stands before what the breakpoint names. */
  before: z.boolean(),
  /** The vCPU whose next instruction it stands before. */
  vcpu: vcpu.nullable(),
  /** Events that can be read. */
  events: z.int(),
  timeNs: ns,
  halted: haltSchema.nullable(),
  /** The vCPUs as they are now, ahead of the last event by the plain instructions since; empty while it runs. */
  threads: z.array(
    z.object({
      vcpu,
      status: z.string(),
      /** Next instruction; the one under way where an access stopped it. */
      pc: hex,
      registers: z.array(z.object({ name: z.string(), value: hex })),
    }),
  ),
  /** Expectations checked so far, and those not met. */
  checked: z.int(),
  failed: z.int(),
  /** Why it failed. */
  message: z.string(),
});

export const liveMethods = {
  /**
   * Runs a scenario live: the trace can be opened when this answers, and grows. Changes of its state come as `live`
   * events, new events of open traces as `grown`. Breakpoints of the trace stop it where they hit.
   */
  'live.start': method(
    z.object({
      ...recording,
      /** Stop at the first event. */
      paused: z.boolean(),
    }),
    liveStateSchema,
  ),
  'live.status': method(z.object({ live: z.int() }), liveStateSchema),
  /** Recordings that run or stand still. */
  'live.list': method(z.object({}), z.object({ recordings: z.array(liveStateSchema) })),
  /**
   * `run`: on to the next stop; answers at once. `pause`, `stepInstruction` (of any vCPU, or one) and `stepEvent` answer
   * when it stands still or has ended. `finish` ends it here and keeps the trace; `discard` removes it.
   */
  'live.control': method(
    z.object({
      live: z.int(),
      action: z.enum(['run', 'pause', 'stepInstruction', 'stepEvent', 'finish', 'discard']),
      vcpu: vcpu.nullable().optional(),
    }),
    liveStateSchema,
  ),
} as const;
