/**
 * Who is told that a device interrupt was consumed (kvm-vgic-v5-spi §7.2, §9.4): routing of GSIs to pins, resampling
 * irqfds, and listeners inside the kernel. GSI i goes to pin i unless it was routed elsewhere.
 */
import { type Cell, type CellClaim } from '../../../state/cell.ts';
import { EBUSY, EINVAL, ENODEV, type Result } from '../../errno.ts';
import { injectSpi } from './inject-spi.ts';
import { type VmIrs } from './vm-irs.ts';

const MAX_PINS = 1024;

export class Listeners {
  readonly #irs: VmIrs;
  readonly #claim: CellClaim;
  /** Per GSI: pin + 1 in bits 10:0 where routed by user space, number of resample eventfds above. */
  readonly #gsis = new Map<number, Cell>();
  /** Listeners of the kernel itself, by pin; they belong to the host's devices and are no state of the VM. */
  readonly internal = new Map<number, () => void>();
  readonly #warned: Cell;

  constructor(irs: VmIrs, claim: CellClaim) {
    this.#irs = irs;
    this.#claim = claim;
    this.#warned = claim.flag('notifier.unsupported');
  }

  /** KVM_SET_GSI_ROUTING of one GSI to a pin of the irqchip. */
  route(gsi: number, chip: number, pin: number): Result {
    if (chip !== 0 || pin < 0 || pin >= MAX_PINS) return -EINVAL;
    const cell = this.#gsi(gsi);
    cell.set((cell.lo & ~0x7ff) | (pin + 1));
    return 0;
  }

  /** An MSI route that is signalled: there is no ITS (§7.2). */
  signalMsi(): Result {
    return -ENODEV;
  }

  /** The pin that a GSI goes to. */
  pinOf(gsi: number): number {
    const routed = (this.#gsis.get(gsi)?.lo ?? 0) & 0x7ff;
    return routed === 0 ? gsi : routed - 1;
  }

  /** KVM_IRQFD: a device signals a GSI. */
  signal(gsi: number, level: boolean): Result {
    const pin = this.pinOf(gsi);
    if (!this.#irs.vm.initialized.flag) return -EBUSY;
    const spi = this.#irs.spi(pin);
    return spi === undefined ? -EINVAL : injectSpi(this.#irs, { intid: spi.intid, level, owner: 'none' });
  }

  /** KVM_IRQFD with a resample eventfd; without a notifier it will never be signalled. */
  addResampler(gsi: number): void {
    const cell = this.#gsi(gsi);
    cell.set(cell.lo + (1 << 11));
    if (this.#irs.behaviour.spiList !== 'none' || this.#warned.flag) return;
    this.#warned.flag = true;
    this.#irs.emit({ kind: 'notifier.unsupported', gsi });
  }

  /** A deactivation was found: every listener of every GSI that goes to the pin, once. */
  notifyAcked(pin: number): void {
    this.#irs.emit({ kind: 'notifier.fire', pin });
    this.internal.get(pin)?.();
    for (const [gsi, cell] of this.#gsis) {
      const count = cell.lo >>> 11;
      if (count === 0 || this.pinOf(gsi) !== pin) continue;
      // The resampler's own source goes low first, then each eventfd is signalled, in order of registration.
      this.signal(gsi, false);
      for (let index = 0; index < count; index++) this.#irs.emit({ kind: 'resample.signal', gsi, index });
    }
  }

  #gsi(gsi: number): Cell {
    let cell = this.#gsis.get(gsi);
    if (cell === undefined) this.#gsis.set(gsi, (cell = this.#claim.cell(`gsi${gsi}`, 32)));
    return cell;
  }
}
