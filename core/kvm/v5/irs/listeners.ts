/**
 * Where eventfds lead, and who is told that a device interrupt was consumed (kvm-vgic-v5-spi §7.2, §9.4): routes of GSIs
 * to pins and messages, resampling irqfds, and listeners inside the kernel. From INIT on GSI i goes to pin i for every
 * SPI; once user space has replaced the table, GSIs that it does not name lead nowhere.
 */
import { intidOf, SPI } from '../../../gic/v5/irs/iste.ts';
import { type Cell, type CellClaim } from '../../../state/cell.ts';
import { EBUSY, EINVAL, ENODEV, EPERM, type Result } from '../../errno.ts';
import { type GsiRoute, type GsiRoutes } from '../../gic-model.ts';
import { MSI_VALID_DEVID, type Msi } from '../../uapi.ts';
import { injectSpi } from './inject-spi.ts';
import { type VmIrs } from './vm-irs.ts';

const MAX_PINS = 1024;
/** In the first posting. */
const FIRST_PINS = 988;
/** GSIs of a VM, and entries of a table. */
const MOST_ROUTES = 4096;
/** The field of a GSI's slot that says where it leads: pin + 1, or one of these. */
const TARGET = 0x7ff;
const OWN_PIN = 0;
/** Further fields of that slot: the number of resample eventfds; another GSI is the one that its pin is looked up to. */
const COUNT_SHIFT = 11;
const COUNT = 0xf_ffff;
const UNTOLD = 0x8000_0000;
const TO_MESSAGE = 0x7ff;
const NOWHERE = 0x7fe;

interface MessageSlots {
  readonly address: Cell;
  /** Data, and DeviceID in the high half. */
  readonly data: Cell;
  readonly flags: Cell;
}

export class Listeners implements GsiRoutes {
  readonly #irs: VmIrs;
  readonly #claim: CellClaim;
  /** Per GSI: where it was routed to, how many resample eventfds it has, and whether another GSI is that of its pin. */
  readonly #gsis = new Map<number, Cell>();
  readonly #messages = new Map<number, MessageSlots>();
  /** User space has replaced the table; claimed when it first does. */
  #replaced: Cell | undefined;
  /** Listeners of the kernel itself, by pin; they belong to the host's devices and are no state of the VM. */
  readonly internal = new Map<number, () => void>();
  readonly #warned: Cell;

  constructor(irs: VmIrs, claim: CellClaim) {
    this.#irs = irs;
    this.#claim = claim;
    this.#warned = claim.flag('notifier.unsupported');
  }

  get #pins(): number {
    const { behaviour, nrSpis } = this.#irs;
    return behaviour.pins === 'all' ? MAX_PINS : Math.min(nrSpis.lo, FIRST_PINS);
  }

  /** INIT makes the default table, whatever user space has routed before (§7.2). */
  reset(): void {
    if (this.#replaced?.flag !== true) return;
    this.#replaced.flag = false;
    for (const gsi of this.#gsis.keys()) this.#target(gsi, OWN_PIN);
  }

  /** KVM_SET_GSI_ROUTING: the whole table. */
  replace(routes: readonly GsiRoute[]): Result {
    const wrong = ({ gsi, to }: GsiRoute): boolean =>
      gsi >= MOST_ROUTES ||
      ('msi' in to ? (to.msi.flags & ~MSI_VALID_DEVID) !== 0 : to.irqchip !== 0 || to.pin >= this.#pins);
    if (routes.length > MOST_ROUTES || routes.some(wrong)) return -EINVAL;
    // There is one controller, so a GSI has one route.
    if (new Set(routes.map(({ gsi }) => gsi)).size !== routes.length) return -EINVAL;
    this.#replaced ??= this.#claim.flag('gsi.replaced');
    this.#replaced.flag = true;
    for (const gsi of this.#gsis.keys()) this.#target(gsi, NOWHERE);
    // A pin is looked up to one GSI: of several that lead to it, the last in the table (§9.4).
    const told = new Map(routes.flatMap(({ gsi, to }) => ('pin' in to ? [[to.pin, gsi] as const] : [])));
    for (const { gsi, to } of routes)
      if ('pin' in to) this.#target(gsi, to.pin + 1, told.get(to.pin) === gsi);
      else {
        const { address, data, flags } = this.#message(gsi);
        address.value = to.msi.address;
        data.set(to.msi.data, to.msi.device);
        flags.set(to.msi.flags);
        this.#target(gsi, TO_MESSAGE);
      }
    return 0;
  }

  /** A message: there is an ITS in a prototype only (§7.2, §12). */
  message(msi: Msi): Result {
    return this.#irs.its === undefined ? -ENODEV : this.#irs.its.message(msi);
  }

  /** The pin that a GSI goes to; undefined: to a message, or nowhere. */
  pinOf(gsi: number): number | undefined {
    const target = this.#targetOf(gsi);
    return target === OWN_PIN ? gsi : target === TO_MESSAGE || target === NOWHERE ? undefined : target - 1;
  }

  /** KVM_IRQFD: a device signals a GSI; -EPERM where none is routed. */
  signal(gsi: number, level: boolean): Result {
    const target = this.#targetOf(gsi);
    if (target === NOWHERE) return -EPERM;
    if (target === TO_MESSAGE) return this.#signalMessage(gsi, level);
    const pin = target === OWN_PIN ? gsi : target - 1;
    const { vm, nrSpis } = this.#irs;
    if (pin >= nrSpis.lo) return -EINVAL;
    return vm.initialized.flag ? injectSpi(this.#irs, { intid: intidOf(SPI, pin), level, owner: 'none' }) : -EBUSY;
  }

  #signalMessage(gsi: number, level: boolean): Result {
    if (this.#irs.its === undefined) return -ENODEV;
    // A message has no level that could fall.
    if (!level) return -EPERM;
    const { address, data, flags } = this.#message(gsi);
    return Math.min(0, this.message({ address: address.value, data: data.lo, device: data.hi, flags: flags.lo }));
  }

  /** KVM_IRQFD with a resample eventfd; without a notifier it will never be signalled. */
  addResampler(gsi: number): void {
    const cell = this.#gsi(gsi);
    cell.set(cell.lo + (1 << COUNT_SHIFT));
    if (this.#irs.behaviour.spiList !== 'none' || this.#warned.flag) return;
    this.#warned.flag = true;
    this.#irs.emit({ kind: 'notifier.unsupported', gsi });
  }

  /** A deactivation was found: every listener of the GSI of the pin, once. */
  notifyAcked(pin: number): void {
    this.#irs.emit({ kind: 'notifier.fire', pin });
    this.internal.get(pin)?.();
    for (const [gsi, cell] of this.#gsis) {
      const count = (cell.lo >>> COUNT_SHIFT) & COUNT;
      if (count === 0 || (cell.lo & UNTOLD) !== 0 || this.pinOf(gsi) !== pin) continue;
      // The resampler's own source goes low first, then each eventfd is signalled, in order of registration.
      this.signal(gsi, false);
      for (let index = 0; index < count; index++) this.#irs.emit({ kind: 'resample.signal', gsi, index });
    }
  }

  #targetOf(gsi: number): number {
    const target = (this.#gsis.get(gsi)?.lo ?? OWN_PIN) & TARGET;
    if (target !== OWN_PIN) return target;
    const { vm, nrSpis } = this.#irs;
    const isDefault = this.#replaced?.flag !== true && vm.initialized.flag;
    return isDefault && gsi < nrSpis.lo ? OWN_PIN : NOWHERE;
  }

  #target(gsi: number, target: number, isTold = true): void {
    const cell = this.#gsi(gsi);
    cell.set((cell.lo & ~(TARGET | UNTOLD)) | target | (isTold ? 0 : UNTOLD));
  }

  #message(gsi: number): MessageSlots {
    let slots = this.#messages.get(gsi);
    if (slots === undefined) {
      const claim = (what: string): Cell => this.#claim.cell(`gsi${gsi}.${what}`);
      slots = { address: claim('address'), data: claim('data'), flags: claim('flags') };
      this.#messages.set(gsi, slots);
    }
    return slots;
  }

  #gsi(gsi: number): Cell {
    let cell = this.#gsis.get(gsi);
    if (cell === undefined) this.#gsis.set(gsi, (cell = this.#claim.cell(`gsi${gsi}`, 32)));
    return cell;
  }
}
