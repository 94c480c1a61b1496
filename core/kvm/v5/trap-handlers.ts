/** KVM's handlers for the accesses that trap in a vGICv5 VM (kvm-vgic-v5 §9.3), one row per register. */
import { forEachBit, Words } from '../../gic/v5/words.ts';
import { type TrapOutcome } from '../gic-model.ts';
import { type VcpuVgicV5 } from './vcpu-vgic.ts';

interface TrapHandler {
  readonly read?: (gic: VcpuVgicV5) => number;
  /** Leaves in `stored` what the write left after masking. */
  readonly write?: (gic: VcpuVgicV5, words: Words, stored: Words) => void;
  /** A read cannot arrive: the kernel warns. */
  readonly readIsABug?: true;
}

const HANDLERS = new Map<string, TrapHandler>([
  ['ICC_IDR0_EL1', { read: ({ ppis }) => ((ppis.priorityBits.lo - 1) << 4) + ppis.idBits.lo }],
  ['ICC_IAFFIDR_EL1', { read: ({ vcpu }) => vcpu.id & 0xffff }],
  ['ICC_PPI_ENABLER0_EL1', { write: writeEnabler, readIsABug: true }],
  ['ICC_PPI_ENABLER1_EL1', { write: (_gic, _words, stored) => stored.set(0, 0), readIsABug: true }],
]);

/** Enables of exposed PPIs, in the image and in the shadow; no pending re-check. */
function writeEnabler({ ppis, vm, vcpu }: VcpuVgicV5, words: Words, stored: Words): void {
  const { ppiMask } = vm;
  const { enabled, enabler } = ppis;
  stored.set(words.lo & ppiMask.lo, words.hi & ppiMask.hi);
  enabler.set(stored.lo, stored.hi);
  const changedLo = (enabled.lo ^ stored.lo) & ppiMask.lo;
  const changedHi = (enabled.hi ^ stored.hi) & ppiMask.hi;
  forEachBit(changedLo, changedHi, (ppi) => {
    const after = !enabled.has(ppi);
    enabled.put(ppi, after);
    vcpu.emit({ kind: 'irq.enabled', ppi, before: !after, after });
  });
}

/** What a write stored; valid during one call only. */
const scratch = new Words();

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
  handler.write(gic, words, scratch);
  vcpu.vm.host.emit?.(
    { kind: 'trap.sysreg', register, direction, value: words.value, stored: scratch.value },
    vcpu.place,
  );
  return 'emulated';
}
