/** Which priorities could be signalled to a vCPU, from its saved registers (kvm-vgic-v5 §18.4). */

/** Number of priorities; a running priority that means "none active". */
const PRIORITIES = 32;

/**
 * A priority qualifies when it is below this. The +1 turns the inclusive priority mask into the strict comparison
 * that the running priority needs. Arguments are the saved ICH_VMCR and ICH_APR.
 */
export function effectivePriorityMask(vmcr: number, apr: number): number {
  if ((vmcr & 1) === 0) return 0;
  const running = apr === 0 ? PRIORITIES : 31 - Math.clz32(apr & -apr);
  return Math.min(running, (vmcr >>> 27) + 1);
}
