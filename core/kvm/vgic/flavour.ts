/**
 * What differs between the GICv3 and the GICv2 model inside the shared machinery (kvm-vgic-v3 §1): one record per
 * model, so that no common code asks which model it serves.
 */
import { type MmioSpace } from './mmio.ts';
import { type VgicVm } from './vm-state.ts';
import { type VgicVcpu } from './vcpu-state.ts';

export interface VgicFlavour {
  /** Group of every interrupt at creation. */
  readonly initialGroup: 0 | 1;
  /** ICC_SRE_EL1 of its guests; 0: they use the memory-mapped interface. */
  readonly sre: number;
  readonly initialPendbaser: bigint;
  /** SGIs remember who sent them. */
  readonly sgiSources: boolean;
  /** SPIs on AP lists are counted, so that DIR traps while there are any (§5.2). */
  readonly countsSpis: boolean;
  /** Accesses to active state halt the VM also for private interrupts of another vCPU (§10.3). */
  readonly haltsForPrivate: boolean;
  /** Userspace reads ISPENDR as the latch alone and replaces it (§10.4). */
  readonly exactPendingLatch: boolean;
  /** The first use initialises the controller (§3.3). */
  readonly lazyInit: boolean;
  /** Routing of a private interrupt at creation. */
  privateRouting(vcpu: VgicVcpu): number;
  readonly distributor: MmioSpace;
  readonly distributorFrame: number;
  /** Frame that answers at `address`, beside the distributor. */
  otherFrame(vgic: VgicVm, address: bigint, length: number): FrameHit | undefined;
}

export interface FrameHit {
  readonly space: MmioSpace;
  readonly offset: number;
  /** The vCPU that owns the frame; undefined: the one that accesses it acts. */
  readonly owner: VgicVcpu | undefined;
}
