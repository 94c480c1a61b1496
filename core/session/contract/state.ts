/** The state at a position. See ../contract.ts for the units. */
import { z } from 'zod';
import { INTERRUPT_FIELDS } from '../../trace/interrupts.ts';
import { fieldSchema, hex, intid, method, ns, seq, t, vcpu } from './shapes.ts';

export const slotValueSchema = z.object({
  path: z.string(),
  /** `null`: unknown. */
  value: hex.nullable(),
  width: z.int(),
  /** Register table entry that decodes it, or null. */
  register: z.string().nullable(),
  /** Word for an enumerated value. */
  text: z.string(),
  /** A register on one line: what is set, `0` when nothing is; empty when unknown or not a register. */
  summary: z.string(),
  fields: z.array(fieldSchema),
});

export const interruptStateSchema = z.object({
  intid,
  label: z.string(),
  name: z.string(),
  vcpu: vcpu.nullable(),
  /** Bits of core/trace/interrupts.ts: STATE_PENDING … */
  code: z.int(),
  state: z.string(),
  /** Same as `code`, at the baseline. */
  baselineCode: z.int().nullable(),
  fields: z.partialRecord(z.enum(INTERRUPT_FIELDS), hex.nullable()),
});

export const stateMethods = {
  /** Everything the inspector shows for one vCPU after event `seq`; marks differences from `baseline`. */
  'state.inspect': method(
    z.object({ ...t, seq, vcpu, baseline: seq.nullable() }),
    z.object({
      seq,
      time: ns,
      vcpu,
      runState: z.string(),
      /** Private interrupts of this vCPU, ascending. */
      ppis: z.array(interruptStateSchema),
      /** Shared interrupts that the trace knows, at most 512. */
      shared: z.array(interruptStateSchema),
      registers: z.array(slotValueSchema.extend({ name: z.string(), baseline: hex.nullable(), changed: z.boolean() })),
      /** Pending or active interrupts in the order the CPU interface would take them, with what holds each back. */
      candidates: z.array(
        z.object({
          intid,
          label: z.string(),
          name: z.string(),
          priority: z.int().nullable(),
          code: z.int(),
          /** `signalled`, `masked by 0x0f`, `not pending`, `active`, `unknown`. */
          verdict: z.string(),
        }),
      ),
      /** Active priorities, bit n = priority n; null when unknown. */
      activePriorities: hex.nullable(),
    }),
  ),
  /** Slots whose path matches the glob (`*` within a name part, `**` across parts), with an optional second position. */
  'state.slots': method(
    z.object({ ...t, seq, glob: z.string().max(1024), diff: seq.nullable(), limit: z.int().min(1).max(1_000_000) }),
    z.object({
      seq,
      time: ns,
      slots: z.array(slotValueSchema.extend({ other: hex.nullable().optional() })),
      truncated: z.boolean(),
    }),
  ),
  /** SPIs or LPIs with what their table entries hold, and the VM's list of SPIs in flight where the kernel keeps one. */
  'state.tables': method(
    z.object({
      ...t,
      seq,
      type: z.enum(['spi', 'lpi']),
      /** Pending or active ones alone. */
      busy: z.boolean(),
      from: z.int().min(0).max(0x100_0000),
      limit: z.int().min(1).max(1000),
      baseline: seq.nullable(),
    }),
    z.object({
      seq,
      time: ns,
      /** Ascending. */
      rows: z.array(interruptStateSchema),
      /** How many there are, of which `rows` are those from `from` on. */
      total: z.int(),
      list: z
        .object({
          length: z.int(),
          /** In order of the list, with KVM's own copy of each. */
          members: z.array(
            z.object({
              intid,
              label: z.string(),
              trigger: z.enum(['edge', 'level']),
              line: z.boolean(),
              latch: z.boolean(),
              active: z.boolean(),
            }),
          ),
        })
        .nullable(),
    }),
  ),
  'state.digest': method(z.object({ ...t, seq }), z.object({ digest: hex })),
} as const;
