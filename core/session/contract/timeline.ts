/** What the timeline and the minimap draw. See ../contract.ts for the units. */
import { z } from 'zod';
import { f64, method, ns, t, u16, u32, u8 } from './shapes.ts';

export const timelineMethods = {
  /**
   * What is visible of lanes in a window. Per lane, segments in time order; `exact` when each state change is its own
   * segment, else one segment per pixel column: worst state, the share of the column it covers (0 … 255), and how many
   * transitions fall into it. vCPU lanes: code = index of RUN_STATES, 255 unknown; a column
   * in which the vCPU ran is the guest's, for the share that it ran. Interrupt lanes: state code. Value lanes: `value`
   * instead, NaN unknown.
   */
  'timeline.lanes': method(
    z.object({
      ...t,
      from: ns,
      to: ns,
      columns: z.int().min(1).max(8192),
      lanes: z.array(z.string().max(64)).max(600),
      /** Moments of lives to mark on this lane (acknowledge, drop, deactivate …). */
      marks: z.boolean(),
    }),
    z.object({
      lanes: z.array(
        z.object({
          lane: z.string(),
          exact: z.boolean(),
          start: f64,
          end: f64,
          code: u16,
          share: u8,
          transitions: u32,
          value: f64,
          /** Moments: time, seq and leg (index of LEGS). Empty when not exact. */
          markTime: f64,
          markSeq: f64,
          markLeg: u8,
          /** Why the guest was left, for each segment of a vCPU lane that began so, else ''. Empty when not exact. */
          why: z.array(z.string().max(64)),
        }),
      ),
    }),
  ),
  /** Events per column and vCPU over the whole trace, for the minimap. Last row: events without a vCPU. */
  'timeline.density': method(
    z.object({ ...t, columns: z.int().min(1).max(8192) }),
    z.object({ rows: z.int(), columns: z.int(), cells: u32 }),
  ),
} as const;
