/**
 * Routes from GSIs to interrupts (kvm-vgic-v3 §15.2, §15.3). There are none before the controller is initialised, but
 * those of userspace; initialisation makes GSI n pin n of the controller for every SPI of the VM, until userspace replaces
 * the table. A pin is SPI pin + 32; a message goes the way of KVM_SIGNAL_MSI.
 *
 * The slots of a GSI are claimed when a route names it: kind in 1:0 (0 none, 1 pin, 2 message), 2: another GSI is told of the pin, pin in 31:8, DeviceID
 * in 63:32; address; data in 31:0, flags in 63:32. Those that resample have one more, with how many eventfds do.
 */
import { type Cell, CellClaim } from '../../state/cell.ts';
import { EINVAL, ENODEV, EPERM, type Result } from '../errno.ts';
import { type GsiRoute, type GsiRoutes } from '../gic-model.ts';
import { MSI_VALID_DEVID, type Msi } from '../uapi.ts';
import { FIRST_SPI } from './irq.ts';
import { type VgicVm } from './vm-state.ts';

/** GSIs of a VM, and entries of a table. */
const MOST_ROUTES = 4096;
/** Pins of the controller: SPIs up to INTID 1019. */
const PINS = 1020 - FIRST_SPI;
const KIND = { NONE: 0, PIN: 1, MSI: 2 } as const;
const UNTOLD = 4;
const PIN_SHIFT = 8;

interface Slots {
  readonly route: Cell;
  readonly address: Cell;
  readonly data: Cell;
}

export interface GsiTargets {
  /** Does anything take messages? */
  readonly takesMessages: boolean;
  injectPin(pin: number, level: boolean): Result;
  injectMsi(msi: Msi): Result;
}

export class VgicGsiRoutes implements GsiRoutes {
  readonly #vgic: VgicVm;
  readonly #targets: GsiTargets;
  readonly #claim: CellClaim;
  readonly #slots = new Map<number, Slots>();
  /** Resample eventfds, by GSI. */
  readonly #resamplers = new Map<number, Cell>();
  /** Did userspace replace the table? Claimed when it first does. */
  #own: Cell | undefined;

  constructor(vgic: VgicVm, deviceType: number, targets: GsiTargets) {
    this.#vgic = vgic;
    this.#targets = targets;
    this.#claim = new CellClaim(vgic.vm.host.journal, `${vgic.vm.prefix}gsi${deviceType}.`);
  }

  replace(routes: readonly GsiRoute[]): Result {
    if (routes.length > MOST_ROUTES || !routes.every((route) => isValid(route))) return -EINVAL;
    // There is one controller, so a GSI has one route.
    if (new Set(routes.map(({ gsi }) => gsi)).size !== routes.length) return -EINVAL;
    this.#own ??= this.#claim.flag('own');
    this.#own.flag = true;
    for (const { route } of this.#slots.values()) route.set(KIND.NONE);
    const told = new Map(routes.flatMap((route) => ('pin' in route.to ? [[route.to.pin, route] as const] : [])));
    for (const route of routes) this.#store(route, 'pin' in route.to && told.get(route.to.pin) === route);
    return 0;
  }

  /** The controller is initialised. */
  reset(): void {
    if (this.#own !== undefined) this.#own.flag = false;
  }

  addResampler(gsi: number): void {
    const count = this.#resamplers.get(gsi) ?? this.#claim.cell(`${gsi}.resamplers`, 32);
    this.#resamplers.set(gsi, count);
    count.set(count.lo + 1);
  }

  /**
   * The guest has consumed the interrupt of a pin: whatever resamples a GSI that leads there has it low, then each of its
   * eventfds is signalled (kvm-vgic-v3 §8.2, §15.2).
   */
  acknowledged(pin: number): void {
    for (const [gsi, { lo: count }] of this.#resamplers) {
      if (count === 0 || this.#toldOf(gsi) !== pin) continue;
      this.signal(gsi, false);
      for (let index = 0; index < count; index++) this.#vgic.vm.emit({ kind: 'resample.signal', gsi, index });
    }
  }

  /** The pin whose acknowledge is told to this GSI: of several that lead to it, the last in the table. */
  #toldOf(gsi: number): number | undefined {
    if (this.#own?.flag !== true) return gsi;
    const route = this.#slots.get(gsi)?.route.lo ?? KIND.NONE;
    return (route & (UNTOLD | 3)) === KIND.PIN ? route >>> PIN_SHIFT : undefined;
  }

  signal(gsi: number, level: boolean): Result {
    if (this.#own?.flag !== true) return this.#signalDefault(gsi, level);
    const slots = this.#slots.get(gsi);
    const kind = (slots?.route.lo ?? 0) & 3;
    if (slots === undefined || kind === KIND.NONE) return -EPERM;
    if (kind === KIND.PIN) return this.#targets.injectPin(slots.route.lo >>> PIN_SHIFT, level);
    if (!this.#targets.takesMessages) return -ENODEV;
    // A message has no level that could fall.
    if (!level) return -EPERM;
    const { route, address, data } = slots;
    return this.#targets.injectMsi({ address: address.value, data: data.lo, flags: data.hi, device: route.hi });
  }

  #signalDefault(gsi: number, level: boolean): Result {
    const { vm, nrSpis } = this.#vgic;
    return vm.initialized.flag && gsi < nrSpis.lo ? this.#targets.injectPin(gsi, level) : -EPERM;
  }

  #store({ gsi, to }: GsiRoute, isTold: boolean): void {
    const { route, address, data } = this.#slotsOf(gsi);
    if ('msi' in to) {
      route.set(KIND.MSI, to.msi.device);
      address.value = to.msi.address;
      data.set(to.msi.data, to.msi.flags);
    } else {
      route.set(KIND.PIN | (isTold ? 0 : UNTOLD) | (to.pin << PIN_SHIFT));
    }
  }

  #slotsOf(gsi: number): Slots {
    let slots = this.#slots.get(gsi);
    if (slots === undefined) {
      slots = {
        route: this.#claim.cell(`${gsi}.route`),
        address: this.#claim.cell(`${gsi}.address`),
        data: this.#claim.cell(`${gsi}.data`),
      };
      this.#slots.set(gsi, slots);
    }
    return slots;
  }
}

function isValid({ gsi, to }: GsiRoute): boolean {
  if (gsi >= MOST_ROUTES) return false;
  return 'msi' in to ? (to.msi.flags & ~MSI_VALID_DEVID) === 0 : to.irqchip === 0 && to.pin < PINS;
}
