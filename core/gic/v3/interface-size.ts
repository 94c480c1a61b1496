/** What an implementation of the virtual CPU interface has; ICH_VTR_EL2 tells it (gicv3-registers). */
export interface InterfaceSize {
  readonly listRegisters: number;
  /** 5 … 8 */
  readonly priorityBits: number;
  /** 5 … 7 */
  readonly preemptionBits: number;
  /** ICH_VTR_EL2.IDbits, SEIS, A3V; absent: 0. */
  readonly idBits?: number;
  readonly seis?: boolean;
  readonly aff3?: boolean;
}

/** 4 list registers, 5 priority and 5 preemption bits: the profile of gicv3-behaviour §1. */
export const DEFAULT_INTERFACE: InterfaceSize = { listRegisters: 4, priorityBits: 5, preemptionBits: 5 };
