/**
 * One interrupt as KVM keeps it (kvm-vgic-v3 §2.1), packed in two slots so that 512 vCPUs with 32 private interrupts
 * each stay cheap:
 *
 *     state.lo   enabled 0, latch 1, line 2, active 3, level-triggered 4, group 5, hw 6, on a list register 7,
 *                priority 15:8, pending sources 23:16, active source 31:24
 *     state.hi   hardware INTID 15:0, target vCPU + 1 in 25:16, level callback 26
 *     place.lo   routing as programmed 23:0 (affinity, or GICv2 target mask), owner 31:24
 *     place.hi   INTID + 1 of the next on the AP list 16:0, vCPU + 1 whose list holds it 26:17
 *
 * `irq.ts` changes them; here they are read, also out of a recorded trace.
 */

export const ENABLED = 1 << 0;
export const LATCH = 1 << 1;
export const LINE = 1 << 2;
export const ACTIVE = 1 << 3;
export const LEVEL = 1 << 4;
export const GROUP1 = 1 << 5;
export const HW = 1 << 6;
export const ON_LR = 1 << 7;
export const CALLBACK = 1 << 26;
export const NEXT = 0x1_ffff;
export const HOLDER_SHIFT = 17;
export const VCPU_MASK = 0x3ff;

/** No vCPU, no interrupt. */
export const NONE = -1;

/** What the two words say. */
export interface IrqFacts {
  readonly enabled: boolean;
  readonly latch: boolean;
  readonly line: boolean;
  readonly active: boolean;
  readonly pending: boolean;
  readonly isLevel: boolean;
  readonly group: 0 | 1;
  readonly hw: boolean;
  readonly onLr: boolean;
  readonly priority: number;
  /** GICv2 SGIs: senders that wait, a bit each. */
  readonly source: number;
  /** Of the host interrupt that it is bound to. */
  readonly hwIntid: number;
  /** As programmed: affinity, or GICv2 target mask. */
  readonly routing: number;
  /** Index of the vCPU where it should go; NONE when its route leads nowhere. */
  readonly target: number;
  /** INTID of the next on the same AP list, or NONE. */
  readonly next: number;
  /** Index of the vCPU whose AP list holds it, or NONE. */
  readonly holder: number;
}

export function readIrq(state: bigint, place: bigint): IrqFacts {
  const lo = Number(state & 0xffff_ffffn);
  const hi = Number(state >> 32n);
  const chain = Number(place >> 32n);
  const has = (bit: number): boolean => (lo & bit) !== 0;
  return {
    enabled: has(ENABLED),
    latch: has(LATCH),
    line: has(LINE),
    active: has(ACTIVE),
    pending: has(LATCH) || (has(LEVEL) && has(LINE)),
    isLevel: has(LEVEL),
    group: has(GROUP1) ? 1 : 0,
    hw: has(HW),
    onLr: has(ON_LR),
    priority: (lo >>> 8) & 0xff,
    source: (lo >>> 16) & 0xff,
    hwIntid: hi & 0xffff,
    routing: Number(place & 0xff_ffffn),
    target: ((hi >>> 16) & VCPU_MASK) - 1,
    next: (chain & NEXT) - 1,
    holder: ((chain >>> HOLDER_SHIFT) & VCPU_MASK) - 1,
  };
}
