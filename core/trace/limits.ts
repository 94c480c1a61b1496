/** What a trace can name, held to by writer and reader alike. */

/** Highest vCPU. KVM has no more on arm64. */
export const LAST_VCPU = 511;
/** Highest INTID in GICv5 form. */
export const LAST_INTID = 0xffff_ffff;
