/**
 * Saving and restoring the interrupt state tables (kvm-vgic-v5-spi §11.4, §11.5).
 *
 * Profile Q: a descriptor of four words (SPI address and size, LPI address and size) whose addresses name buffers of
 * little-endian 32-bit entries in order of number, without metadata. The emulator has no user address space: whoever
 * drives it gives the buffers as `UserImages`. Before Q the attribute's address was the buffer of the SPIs itself
 * (buffer 0 here), and LPIs went to and came from guest memory at IRS_IST_BASER. Pending interrupts are taken out of the
 * image, written without Pending, and replayed by VDPEND, SPIs first.
 */
import { ACTIVE, HWU, type IstType, intidOf, LEVEL, LPI, PENDING, SPI, withBit } from '../../../gic/v5/irs/iste.ts';
import { anyRunning } from '../../attribute.ts';
import { EBUSY, EFAULT, EINVAL, ENXIO, type Result } from '../../errno.ts';
import { type UserMemory } from '../../uapi.ts';
import { rebuildList } from './ap-list.ts';
import { type IrsAttribute } from './attributes.ts';
import { COMMANDS } from './host-registers.ts';
import { allocateLpis, releaseLpis } from './irs-writes.ts';
import { type VmIrs } from './vm-irs.ts';

/** User memory that also holds image buffers, by address. */
export interface UserImages extends UserMemory {
  buffer(address: bigint): Uint32Array | undefined;
}

const hasBuffers = (memory: UserMemory): memory is UserImages => 'buffer' in memory;

interface Images {
  readonly spis: Image;
  readonly lpis: Image;
}

export function imageAttribute(request: IrsAttribute): Result {
  const { irs, op, attr } = request;
  if (attr !== 0n) return -ENXIO;
  if (op === 'has') return 0;
  const { vm, locks } = irs;
  return locks.with('vm', () => {
    if (anyRunning(vm)) return -EBUSY;
    return locks.with('config', () => {
      if (!vm.initialized.flag) return -EBUSY;
      if (op === 'get') return save(request);
      return vm.vcpus.some((vcpu) => vcpu.slots.hasRun.flag) ? -EBUSY : restore(request);
    });
  });
}

/** Entries of one table, wherever user space or the guest keeps them. Undefined or false: a fault. */
interface Image {
  load(number: number): number | undefined;
  store(number: number, word: number): boolean;
}

const bufferImage = (buffer: Uint32Array | undefined): Image => ({
  load: (number) => buffer?.[number],
  store: (number, word) => {
    if (buffer === undefined || number >= buffer.length) return false;
    buffer[number] = word;
    return true;
  },
});

function guestImage({ guestMemory, registers }: VmIrs): Image {
  const at = (number: number): number => Number(registers.istAddress) + 4 * number;
  return {
    load: (number) => guestMemory?.load32(at(number)),
    store: (number, word) => guestMemory?.store32(at(number), word) ?? false,
  };
}

/** Steps 4 … 8 of §11.4. */
function imagesOf({ irs, memory }: IrsAttribute): Images | Result {
  const buffers = hasBuffers(memory) ? memory : undefined;
  if (!irs.behaviour.restoresImages) {
    const spis = buffers?.buffer(0n);
    return spis === undefined ? -EINVAL : { spis: bufferImage(spis), lpis: guestImage(irs) };
  }
  if (buffers === undefined && memory.load(0) === undefined) return -EINVAL;
  const [spiAddress, spiSize, lpiAddress, lpiSize] = [0, 1, 2, 3].map((n) => memory.load(n));
  if (spiAddress === undefined || spiSize === undefined || lpiAddress === undefined || lpiSize === undefined)
    return -EFAULT;
  if (spiAddress === 0n || spiSize !== BigInt(4 * irs.nrSpis.lo)) return -EINVAL;
  const { registers } = irs;
  if (registers.istValid) {
    if (lpiAddress === 0n || lpiSize !== 4n << BigInt(registers.lpiIdBits)) return -EINVAL;
  } else if (lpiAddress !== 0n || lpiSize !== 0n) return -EINVAL;
  return { spis: bufferImage(buffers?.buffer(spiAddress)), lpis: bufferImage(buffers?.buffer(lpiAddress)) };
}

/** §11.4, steps 9 … 14. */
function save(request: IrsAttribute): Result {
  const { irs } = request;
  const images = imagesOf(request);
  if (typeof images === 'number') return images;
  const saved = irs.host.asksQuiet(COMMANDS.save(irs.vmId.lo), irs.place, 'save');
  if (saved !== 0) return saved;
  for (const [type, image, count] of counts(irs, images)) {
    if (count === 0) continue;
    for (let number = 0; number < count; number++) {
      const word = irs.word(intidOf(type, number));
      if (word === undefined) return -ENXIO;
      if (!image.store(number, withBit(word, HWU, false))) return -EFAULT;
    }
    const quiet = irs.host.asksQuiet(COMMANDS.isQuiet(irs.vmId.lo), irs.place);
    if (quiet !== 0) return quiet;
  }
  irs.emit({ kind: 'ist.save', spis: irs.nrSpis.lo, lpis: lpiCount(irs) });
  return 0;
}

function restore(request: IrsAttribute): Result {
  const { irs } = request;
  const images = imagesOf(request);
  if (typeof images === 'number') return images;
  if (irs.hasIst(LPI)) return -EBUSY;
  const { registers, host } = irs;
  const allocates = registers.istValid;
  const allocated = allocates ? allocateLpis(irs) : 0;
  if (allocated !== 0) return allocated;
  const pending: number[] = [];
  host.command(COMMANDS.unmapVm(irs.vmId.lo), irs.place);
  const result = fill(irs, images, pending);
  if (result !== 0 && allocates) {
    host.command(COMMANDS.unmapIst(irs.vmId.lo, LPI), irs.place);
    releaseLpis(irs);
  }
  host.command(COMMANDS.mapVm(irs.vmId.lo), irs.place);
  if (result !== 0) return result;
  irs.emit({ kind: 'ist.restore', spis: irs.nrSpis.lo, lpis: lpiCount(irs) });
  for (const intid of pending) {
    irs.emit({ kind: 'ist.replay', intid });
    irs.vdpend(intid, true);
  }
  registers.restorePending.flag = false;
  rebuildList(irs);
  return 0;
}

/** Entries go in without Pending and HWU; KVM's copy of an SPI follows what the entry says (§11.5 step 3). */
function fill(irs: VmIrs, images: Images, pending: number[]): Result {
  const domain = irs.host.domain(irs.vmId.lo);
  for (const [type, image, count] of counts(irs, images)) {
    if (count === 0) continue;
    for (let number = 0; number < count; number++) {
      const word = image.load(number);
      if (word === undefined) return -EFAULT;
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
  // The first posting left the latch alone (§11.5): nothing puts what it restored on the list.
  if (irs.behaviour.spiList === 'h1') return;
  if (!spi.isLevel) spi.latch = wasPending;
  else if (wasPending) spi.latch = true;
  else if ((word & ACTIVE) === 0) spi.latch = false;
}

function counts(irs: VmIrs, { spis, lpis }: Images): readonly (readonly [IstType, Image, number])[] {
  return [
    [SPI, spis, irs.nrSpis.lo],
    [LPI, lpis, lpiCount(irs)],
  ];
}

const lpiCount = ({ registers }: VmIrs): number => (registers.istValid ? 2 ** registers.lpiIdBits : 0);
