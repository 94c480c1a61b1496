/**
 * The virtual ITS of an out-of-tree prototype (kvm-vgic-v5-spi §12): a preview, at the depth that is publicly known. No
 * posting of the series has one.
 *
 * Known, and so: two frames of 64 KiB at an address of type 7; 20 DeviceID and 10 EventID bits, tables of two levels with
 * level-2 tables of 4 KiB; the guest's tables walked in its memory, translations kept until the guest invalidates
 * them; a message needs a DeviceID and an address inside the frames, and becomes VDPEND(LPI, 1). Writes of the guest
 * to ITS_SYNCR and ITS_TRANSLATER do nothing.
 * Not known, and ours: which device has the address attribute (the vGICv5 itself here); EFAULT where a table is no
 * memory; EINVAL for an entry that names another VM; 1 as the result of a message that was delivered.
 */
import { LPI_BASE } from '../../../gic/v5/irs/iste.ts';
import { Its, type ItsFailure } from '../../../gic/v5/irs/its.ts';
import { readIts, writeIts } from '../../../gic/v5/irs/its-frame.ts';
import { type Cell, CellClaim } from '../../../state/cell.ts';
import { E2BIG, EEXIST, EFAULT, EINVAL, ENXIO, type Result } from '../../errno.ts';
import { offsetIn, UNSET } from '../../frame.ts';
import { type Msi, MSI_VALID_DEVID } from '../../uapi.ts';
import { type Vcpu } from '../../vcpu.ts';
import { type VmIrs } from './vm-irs.ts';

/** CONFIG and TRANSLATE frame. */
const ITS_REGION = 0x2_0000;
const ALIGN = 0x1_0000n;
const DELIVERED = 1;

const ERRORS: Readonly<Record<ItsFailure, Result>> = {
  ITS_OFF: -ENXIO,
  DEV_RANGE: -E2BIG,
  DT_L1: -EINVAL,
  DEV_SPAN: -ENXIO,
  DTE: -EINVAL,
  EVENT_RANGE: -E2BIG,
  ITT_L1: -EINVAL,
  EVENT_SPAN: -ENXIO,
  ITTE: -EINVAL,
  MEMORY: -EFAULT,
};

export class VirtualIts {
  readonly its: Its;
  /** Address of the frames; all ones before it is set. */
  readonly base: Cell;
  readonly #irs: VmIrs;
  /** What became of the message that is being translated. */
  #delivered: Result = 0;

  constructor(irs: VmIrs) {
    const { vm } = irs;
    this.#irs = irs;
    this.base = new CellClaim(vm.host.journal, vm.prefix).cell('itsBase', 64, { initial: UNSET });
    this.its = new Its(
      vm.host.journal,
      { load64: (address) => vm.memory.load(BigInt(address), 8) },
      ({ lpi, vm: of }) => {
        this.#delivered = of === undefined ? this.#pend(lpi) : -EINVAL;
      },
      { deviceIdBits: 20, eventIdBits: 10, level2Sizes: 1, translates: false },
      vm.index === 0 ? '' : vm.prefix,
    );
    this.its.observer = (event) => irs.emit(event);
  }

  /** The address attribute. */
  place(base: bigint): Result {
    if (this.base.value !== UNSET) return -EEXIST;
    if (base % ALIGN !== 0n) return -EINVAL;
    if (base + BigInt(ITS_REGION) > 1n << BigInt(this.#irs.vm.host.facts.paBits ?? 40)) return -E2BIG;
    this.base.value = base;
    this.#irs.emit({ kind: 'its.region', base, bytes: ITS_REGION });
    return 0;
  }

  /** The offset of an access in the frames, or undefined when it is elsewhere. */
  offsetOf(address: bigint, length: number): number | undefined {
    return offsetIn(this.base.value, ITS_REGION, address, length);
  }

  /** A guest's access; gives what it reads, 0 for a write. `data` undefined: a read. */
  access(vcpu: Vcpu, offset: number, bytes: number, data: bigint | undefined): bigint {
    return this.#irs.as(vcpu, () => {
      if (data === undefined) return readIts(this.its, offset, bytes);
      writeIts(this.its, offset, bytes, data);
      return 0n;
    });
  }

  /** A message of user space or of an eventfd. */
  message({ address, data, flags, device }: Msi): Result {
    if ((flags & MSI_VALID_DEVID) === 0 || this.offsetOf(address, 4) === undefined) return -EINVAL;
    this.#delivered = 0;
    const failure = this.its.translate(device, data);
    return failure === undefined ? this.#delivered : ERRORS[failure];
  }

  #pend(lpi: number): Result {
    // VDPEND does not tell whether it found an entry.
    this.#irs.vdpend(LPI_BASE + lpi, true);
    return DELIVERED;
  }
}
