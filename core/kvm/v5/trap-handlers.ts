/** KVM's handlers for the accesses that trap in a vGICv5 VM (kvm-vgic-v5 §9.3), one row per register. */
import { bitsOf, type Words } from '../../gic/v5/words.ts';
import { type TrapOutcome } from '../gic-model.ts';
import { type VcpuVgicV5 } from './vcpu-vgic.ts';

interface TrapHandler {
  readonly read?: (gic: VcpuVgicV5) => number;
  readonly write?: (gic: VcpuVgicV5, value: bigint) => bigint;
  /** A read cannot arrive: the kernel warns. */
  readonly readIsABug?: true;
}

const HANDLERS = new Map<string, TrapHandler>([
  ['ICC_IDR0_EL1', { read: ({ ppis }) => ((ppis.priorityBits.lo - 1) << 4) + ppis.idBits.lo }],
  ['ICC_IAFFIDR_EL1', { read: ({ vcpu }) => vcpu.id & 0xffff }],
  ['ICC_PPI_ENABLER0_EL1', { write: writeEnabler, readIsABug: true }],
  ['ICC_PPI_ENABLER1_EL1', { write: () => 0n, readIsABug: true }],
]);

/** Enables of exposed PPIs, in the image and in the shadow; no pending re-check. */
function writeEnabler({ ppis, vm, vcpu }: VcpuVgicV5, value: bigint): bigint {
  const mask = vm.ppiMask.value;
  const stored = value & mask;
  ppis.enabler.value = stored;
  for (const ppi of bitsOf(mask)) {
    const after = ((stored >> BigInt(ppi)) & 1n) !== 0n;
    if (ppis.enabled.has(ppi) === after) continue;
    ppis.enabled.put(ppi, after);
    vcpu.emit({ kind: 'irq.enabled', ppi, before: !after, after });
  }
  return stored;
}

export function handleTrap(gic: VcpuVgicV5, register: string, direction: 'read' | 'write', words: Words): TrapOutcome {
  const handler = HANDLERS.get(register);
  const { vcpu } = gic;
  if (direction === 'read') {
    if (handler?.readIsABug === true)
      vcpu.emit({ kind: 'host.warning', warning: `a read of ${register} arrived by a trap` });
    if (handler?.read === undefined) return 'undefined:handler';
    words.set(handler.read(gic), 0);
    vcpu.emit({ kind: 'trap.sysreg', register, direction, value: words.value });
    return 'emulated';
  }
  if (handler?.write === undefined) return 'undefined:handler';
  const value = words.value;
  const stored = handler.write(gic, value);
  vcpu.emit({ kind: 'trap.sysreg', register, direction, value, stored });
  return 'emulated';
}
