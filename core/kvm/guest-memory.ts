/**
 * Guest physical memory as KVM reaches it: the tables and the command queue of an ITS, the tables of LPIs
 * (kvm-vgic-v3 §10.5, gicv3-behaviour §11). Whoever owns the memory makes its changes part of the journal's state.
 */
export interface GuestMemory {
  /** Little-endian value of 1 or 8 bytes at a multiple of their number; undefined: no memory is there. */
  load(address: bigint, bytes: 1 | 8): bigint | undefined;
  /** False: no memory is there. */
  store(address: bigint, bytes: 1 | 8, value: bigint): boolean;
  /** Is the page of this address memory? */
  contains(address: bigint): boolean;
}

export const NO_MEMORY: GuestMemory = { load: () => undefined, store: () => false, contains: () => false };
