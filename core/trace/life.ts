/**
 * The life of an interrupt as one object: raised → pending → acknowledged → priority drop → deactivated.
 * Each leg is a position and a time, or absent: not seen (yet).
 */
import { type Intid } from '../gic/intid.ts';
import { type Nanoseconds, type Seq, type VcpuId } from '../state/brand.ts';

export interface Moment {
  readonly seq: Seq;
  readonly time: Nanoseconds;
}

export const LEGS = ['raised', 'pending', 'acknowledged', 'dropped', 'deactivated'] as const;
export type Leg = (typeof LEGS)[number];

export interface Life {
  /** Dense from 0 in the order of the first moment. */
  readonly id: number;
  readonly intid: Intid;
  /** vCPU that acknowledged it, or that it belongs to; absent while nothing proves one. */
  readonly vcpu?: VcpuId;
  readonly moments: Readonly<Partial<Record<Leg, Moment>>>;
}
