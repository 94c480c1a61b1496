/**
 * Saving and restoring the interrupt state tables (kvm-vgic-v5-spi §11.4, §11.5).
 *
 * Profile Q: a descriptor of four words (SPI address and size, LPI address and size) whose addresses name buffers of
 * little-endian 32-bit entries in order of number, without metadata. The emulator has no user address space: whoever
 * drives it gives the buffers as `UserImages`. Pending interrupts are taken out of the image, written without Pending,
 * and replayed by VDPEND, SPIs first.
 */
import { ACTIVE, HWU, type IstType, intidOf, LEVEL, LPI, PENDING, SPI, withBit } from '../../../gic/v5/irs/iste.ts';
import { EBUSY, EFAULT, EINVAL, ENXIO, ETIMEDOUT, type Result } from '../../errno.ts';
import { type UserMemory } from '../../uapi.ts';
import { rebuildList } from './ap-list.ts';
import { type IrsAttribute } from './attributes.ts';
import { allocateLpis, releaseLpis } from './irs-writes.ts';
import { type VmIrs } from './vm-irs.ts';

/** User memory that also holds image buffers, by address. */
export interface UserImages extends UserMemory {
  buffer(address: bigint): Uint32Array | undefined;
}

const hasBuffers = (memory: UserMemory): memory is UserImages => 'buffer' in memory;

interface Descriptor {
  readonly spis: Uint32Array | undefined;
  readonly lpis: Uint32Array | undefined;
}

export function imageAttribute(request: IrsAttribute): Result {
  const { irs, op, attr } = request;
  if (attr !== 0n) return -ENXIO;
  if (op === 'has') return 0;
  const { vm, locks } = irs;
  return locks.with('vm', () => {
    if (vm.vcpus.some((vcpu) => vcpu.slots.locked.flag)) return -EBUSY;
    return locks.with('config', () => {
      if (!vm.initialized.flag) return -EBUSY;
      if (op === 'get') return save(request);
      return vm.vcpus.some((vcpu) => vcpu.slots.hasRun.flag) ? -EBUSY : restore(request);
    });
  });
}

/** Steps 4 … 8 of §11.4. */
function descriptor({ irs, memory }: IrsAttribute): Descriptor | Result {
  if (memory.load(0) === undefined && memory.load(1) === undefined && !hasBuffers(memory)) return -EINVAL;
  const words = [0, 1, 2, 3].map((n) => memory.load(n));
  const [spiAddress, spiSize, lpiAddress, lpiSize] = words;
  if (spiAddress === undefined || spiSize === undefined || lpiAddress === undefined || lpiSize === undefined)
    return -EFAULT;
  if (spiAddress === 0n || spiSize !== BigInt(4 * irs.nrSpis.lo)) return -EINVAL;
  const { registers } = irs;
  if (registers.istValid) {
    if (lpiAddress === 0n || lpiSize !== 4n << BigInt(registers.lpiIdBits)) return -EINVAL;
  } else if (lpiAddress !== 0n || lpiSize !== 0n) return -EINVAL;
  const buffer = (address: bigint): Uint32Array | undefined =>
    address !== 0n && hasBuffers(memory) ? memory.buffer(address) : undefined;
  return { spis: buffer(spiAddress), lpis: buffer(lpiAddress) };
}

/** §11.4, steps 9 … 14. In the earlier postings the buffer is the SPIs' own; LPIs go to guest memory. */
function save(request: IrsAttribute): Result {
  const { irs } = request;
  const images = descriptor(request);
  if (typeof images === 'number') return images;
  if (irs.host.fails('save')) return -ETIMEDOUT;
  if (irs.host.fails('quiesce')) return -EBUSY;
  for (const [type, image, count] of counts(irs, images)) {
    if (count === 0) continue;
    if (image === undefined) return -EFAULT;
    for (let number = 0; number < count; number++) {
      const word = irs.word(intidOf(type, number));
      if (word === undefined) return -ENXIO;
      if (number >= image.length) return -EFAULT;
      image[number] = withBit(word, HWU, false);
    }
    if (irs.host.fails('quiesce')) return -EBUSY;
  }
  irs.emit({ kind: 'ist.save', spis: irs.nrSpis.lo, lpis: lpiCount(irs) });
  return 0;
}

function restore(request: IrsAttribute): Result {
  const { irs } = request;
  const images = descriptor(request);
  if (typeof images === 'number') return images;
  if (irs.hasIst(LPI)) return -EBUSY;
  const { registers, tables, host } = irs;
  const allocates = registers.istValid;
  const allocated = allocates ? allocateLpis(irs) : 0;
  if (allocated !== 0) return allocated;
  const pending: number[] = [];
  tables.setValid(false);
  const result = fill(irs, images, pending);
  tables.setValid(true);
  if (result !== 0) {
    if (allocates) releaseLpis(irs);
    return result;
  }
  irs.emit({ kind: 'ist.restore', spis: irs.nrSpis.lo, lpis: lpiCount(irs) });
  for (const intid of pending) {
    irs.emit({ kind: 'ist.replay', intid });
    host.vdpend(irs.vmId.lo, intid, true, { vm: irs.vm.index });
  }
  registers.restorePending.flag = false;
  rebuildList(irs);
  return 0;
}

/** Entries go in without Pending and HWU; KVM's copy of an SPI follows what the entry says (§11.5 step 3). */
function fill(irs: VmIrs, images: Descriptor, pending: number[]): Result {
  const domain = irs.host.domain(irs.vmId.lo);
  for (const [type, image, count] of counts(irs, images)) {
    if (count === 0) continue;
    if (image === undefined || image.length < count) return -EFAULT;
    for (let number = 0; number < count; number++) {
      const word = image[number] ?? 0;
      const intid = intidOf(type, number);
      const wasPending = (word & PENDING) !== 0;
      if (wasPending) pending.push(intid);
      domain.replace(intid, withBit(word, PENDING | HWU, false));
      if (type === SPI) follow(irs, number, word, wasPending);
    }
  }
  return 0;
}

function follow(irs: VmIrs, number: number, word: number, wasPending: boolean): void {
  const spi = irs.spi(number);
  if (spi === undefined) return;
  spi.isLevel = (word & LEVEL) !== 0;
  if (!spi.isLevel) spi.latch = wasPending;
  else if (wasPending) spi.latch = true;
  else if ((word & ACTIVE) === 0) spi.latch = false;
}

function counts(
  irs: VmIrs,
  { spis, lpis }: Descriptor,
): readonly (readonly [IstType, Uint32Array | undefined, number])[] {
  return [
    [SPI, spis, irs.nrSpis.lo],
    [LPI, lpis, lpiCount(irs)],
  ];
}

const lpiCount = ({ registers }: VmIrs): number => (registers.istValid ? 2 ** registers.lpiIdBits : 0);
