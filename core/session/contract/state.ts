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

/** Which interrupt a list register or a list has; `number` is its INTID as the guest knows it. */
const listed = {
  intid: intid.nullable(),
  number: z.int(),
  label: z.string(),
  name: z.string(),
  priority: z.int(),
};

/**
 * What becomes of an interrupt: `masked` by the priority mask, `held back` by the running priority, by something else or
 * by a mask that the trace does not show, `still active` and pending again. Of GICv3 and GICv2 guests also where KVM has
 * it: in no list register, because none is left or until the next entry; on the list of no vCPU or of another.
 */
export const VERDICTS = [
  'signalled',
  'masked',
  'held back',
  'interface off',
  'group off',
  'no list register',
  'at the next entry',
  'not queued',
  'on another vCPU',
  'routed nowhere',
  'distributor off',
  'IRS off',
  'disabled',
  'still active',
  'active',
  'not pending',
  'unknown',
] as const;

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
  /** Shared, and its route or collection leads to no vCPU. */
  goesNowhere: z.boolean(),
  fields: z.partialRecord(z.enum(INTERRUPT_FIELDS), hex.nullable()),
});

/** Shared interrupts in one answer. */
export const MAX_SHARED = 512;
/** Registers that may be open at once. */
const MAX_DECODED = 256;

export const stateMethods = {
  /** Everything the inspector shows for one vCPU after event `seq`; marks differences from `baseline`. */
  'state.inspect': method(
    z.object({
      ...t,
      seq,
      vcpu,
      baseline: seq.nullable(),
      /** What lanes show of a vCPU: no shared interrupts, and of its registers its priority masks. */
      lanesOnly: z.boolean().optional(),
      /** Shared interrupts that are wanted, instead of the first ones. */
      shared: z.array(intid).max(MAX_SHARED).optional(),
      /** Registers whose fields are wanted, by path; of others `fields` is empty. Absent: of all. */
      decoded: z.array(z.string().max(256)).max(MAX_DECODED).optional(),
    }),
    z.object({
      seq,
      time: ns,
      vcpu,
      runState: z.string(),
      /** Physical CPU that it is on, or that it entered the guest on last; null: it is on none, or the trace does not say. */
      pcpu: z.int().nullable(),
      /** Private interrupts of this vCPU, ascending. */
      ppis: z.array(interruptStateSchema),
      /** Shared interrupts that the trace knows, at most `MAX_SHARED`. */
      shared: z.array(interruptStateSchema),
      /** Its own, those of the physical CPU that it is on, and those of shared frames. */
      registers: z.array(slotValueSchema.extend({ name: z.string(), baseline: hex.nullable(), changed: z.boolean() })),
      /** Pending or active interrupts in the order the CPU interface would take them, with what holds each back. */
      candidates: z.array(
        z.object({
          intid,
          label: z.string(),
          name: z.string(),
          priority: z.int().nullable(),
          code: z.int(),
          verdict: z.enum(VERDICTS),
          /** The priority that stops it: the mask, or the running priority of one held back; null where none does. */
          by: z.int().nullable(),
        }),
      ),
      /** Active priorities, bit n = priority n; null when unknown. */
      activePriorities: hex.nullable(),
    }),
  ),
  /**
   * Slots whose path matches the glob (`*` within a name part, `**` across parts), with an optional second position. A
   * glob that no slot matches may name facts of interrupts, wherever their bits live: `vcpu1.ppi27.*`.
   */
  'state.slots': method(
    z.object({ ...t, seq, glob: z.string().max(1024), diff: seq.nullable(), limit: z.int().min(1).max(1_000_000) }),
    z.object({
      seq,
      time: ns,
      slots: z.array(slotValueSchema.extend({ other: hex.nullable().optional(), otherText: z.string().optional() })),
      truncated: z.boolean(),
    }),
  ),
  /** SPIs or LPIs with what their table entries hold, and the lists and mappings that the kernel keeps of them. */
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
      /** Events that ITSs map, the first `limit` of them; null: the VM has no ITS. */
      mappings: z
        .object({
          total: z.int(),
          rows: z.array(
            z.object({
              its: z.int(),
              device: z.int(),
              event: z.int(),
              /** The LPI. */
              intid,
              label: z.string(),
              /** Null: its collection was unmapped. */
              collection: z.int().nullable(),
              /** Id of the collection's vCPU; null: it is not mapped. */
              target: z.int().nullable(),
              /** Its translation is cached. */
              cached: z.boolean(),
            }),
          ),
        })
        .nullable(),
    }),
  ),
  /** List registers of a vCPU of a GICv3 or GICv2 guest, and its AP list in the kernel's order. */
  'state.lists': method(
    z.object({ ...t, seq, vcpu, baseline: seq.nullable() }),
    z.object({
      seq,
      time: ns,
      /** Whose the values are: the CPU's that the vCPU is on, KVM's in memory, what a recording shows; `none`: no one's. */
      place: z.enum(['cpu', 'memory', 'recorded', 'none']),
      pcpu: z.int().nullable(),
      /** How many the last entry filled; 0 after they were folded back; null: unknown. */
      used: z.int().nullable(),
      registers: z.array(
        z.object({
          index: z.int(),
          path: z.string(),
          value: hex.nullable(),
          /** Its value at the baseline; null: unknown, or there is no baseline. */
          baseline: hex.nullable(),
          changed: z.boolean(),
          ...listed,
          fields: z.array(fieldSchema),
          state: z.enum(['unknown', 'empty', 'pending', 'active', 'active and pending']),
          group: z.int(),
          /** Physical interrupt that the deactivation reaches too; null: none. */
          pintid: z.int().nullable(),
          /** Maintenance interrupt when it is deactivated. */
          eoi: z.boolean(),
          /** GICv2: CPU that sent an SGI. */
          source: z.int().nullable(),
        }),
      ),
      apList: z
        .array(
          z.object({
            ...listed,
            state: z.enum(['inactive', 'unknown', 'empty', 'pending', 'active', 'active and pending']),
            level: z.boolean(),
            hw: z.boolean(),
            /** vCPU where it should go now; null: nowhere. */
            target: vcpu.nullable(),
            /** List register that holds it. */
            lr: z.int().nullable(),
            /** Why it is in a list register, or is not. */
            why: z.string(),
          }),
        )
        .nullable(),
    }),
  ),
  'state.digest': method(z.object({ ...t, seq }), z.object({ digest: hex })),
} as const;
