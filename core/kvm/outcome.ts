/** How a guest's access to a register or instruction ended. */
export type Outcome =
  /** Done in hardware; the guest runs on. */
  | 'performed'
  /** Trapped and done by KVM; the vCPU is out of the guest and its PC has advanced. */
  | 'emulated'
  /** The guest takes an UNDEF exception: from hardware (no exit), or after an exit from the set or a handler. */
  | 'undefined:hardware'
  | 'undefined:fgu'
  | 'undefined:handler';
