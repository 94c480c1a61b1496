/** A VM's part of the plug-in interface, the same for GICv3 and GICv2 but for the rules given. */
import { type Cell } from '../../state/cell.ts';
import { EINVAL, ENODEV, type Result } from '../errno.ts';
import { type InputVia } from '../events.ts';
import { type FramePlace, type GicModel, type Owner, OWNERS, type VcpuGic, type VmGic } from '../gic-model.ts';
import { type AttributeOp, IRQ_TYPE, type Msi, type UserMemory } from '../uapi.ts';
import { type Vcpu } from '../vcpu.ts';
import { type Vm } from '../vm.ts';
import { type AttributeRequest } from './attribute.ts';
import { frameAt } from './bus.ts';
import { type VgicFlavour } from './flavour.ts';
import { GuestInterrupts } from './guest-view.ts';
import { VgicGsiRoutes } from './gsi-routes.ts';
import { initialise, lazyInit } from './init.ts';
import { FIRST_PPI, FIRST_SPI, type Irq } from './irq.ts';
import { registerName } from './mmio.ts';
import { inject } from './queue.ts';
import { VcpuVgic, type VcpuRules } from './vcpu-part.ts';
import { DEFAULT_SPIS, type VgicVm, vgicOf } from './vm-state.ts';

export interface VmRules {
  /** ID_AA64PFR0_EL1.GIC */
  readonly idGic: number;
  readonly flavour: VgicFlavour;
  readonly vcpu: VcpuRules;
  mapResources(vgic: VgicVm): Result;
  attribute(request: AttributeRequest, group: number): Result;
  /** ITSs; absent: the model has none. */
  readonly its?: ItsRules;
}

export interface ItsRules {
  exists(vgic: VgicVm): boolean;
  create(vgic: VgicVm): void;
  /** The ITS with this number; minus ENODEV: there is none. */
  attribute(request: AttributeRequest, index: number, group: number): Result;
  injectMsi(vgic: VgicVm, msi: Msi): Result;
}

export class VmVgic implements VmGic {
  readonly model: GicModel;
  readonly idFields: { readonly gic: number; readonly gcie: number };
  readonly traps = undefined;
  /** The timers' active state is shared through the list registers. */
  readonly disablesHostTimers = false;
  readonly hardwareTimers = false;
  readonly waitsInHardware = false;
  readonly hasDefaultPmuIntid = false;
  readonly vgic: VgicVm;
  readonly gsis: VgicGsiRoutes;
  readonly #rules: VmRules;
  #guest: GuestInterrupts | undefined;

  constructor(model: GicModel, rules: VmRules, vm: Vm) {
    this.model = model;
    this.#rules = rules;
    this.idFields = { gic: rules.idGic, gcie: 0 };
    this.vgic = vgicOf(vm);
    this.gsis = new VgicGsiRoutes(this.vgic, model.deviceType, this);
    this.vgic.register(model.deviceType, rules.flavour, {
      acknowledged: (pin) => this.gsis.acknowledged(pin),
      initialised: () => this.gsis.reset(),
    });
  }

  attach(vcpu: Vcpu): VcpuGic {
    return new VcpuVgic(this.#rules.vcpu, vcpu);
  }

  /** Slots of as many SPIs as a VM has that names no number; more are claimed when it asks for more. */
  reserve(nrIrqs = DEFAULT_SPIS + FIRST_SPI): void {
    this.vgic.reserveSpis(nrIrqs - FIRST_SPI);
  }

  frameAt(address: bigint): FramePlace | undefined {
    const hit = frameAt(this.vgic, address, 1);
    if (hit === undefined) return undefined;
    const { space, offset, owner } = hit;
    return { register: registerName(space, offset), offset, ...(owner === undefined ? {} : { vcpu: owner.index }) };
  }

  visitInterrupts(visit: (intid: number, vcpu: number | undefined, state: Cell, guest: Cell) => void): void {
    const { vcpus, spis, lpis } = this.vgic;
    const guest = (this.#guest ??= new GuestInterrupts(this.vgic));
    const visitShared = (irq: Irq): void => visit(irq.intid, undefined, irq.state, guest.follow(irq));
    for (const self of vcpus)
      for (const irq of self.privates) visit(irq.intid, self.index, irq.state, guest.follow(irq, self));
    for (const spi of spis) visitShared(spi);
    for (const lpi of lpis.claimed) visitShared(lpi);
    lpis.onClaim = visitShared;
  }

  updateGuest(): void {
    this.#guest?.update();
  }

  /** After the device was created: the distributor's own fields. */
  created(): void {
    this.vgic.implRev.set(this.vgic.behaviour.revision);
  }

  ppiIntid(ppi: number): number {
    return ppi;
  }

  isPpiIntid(intid: number): boolean {
    return intid >= FIRST_PPI && intid < FIRST_SPI;
  }

  acceptsPmuIntid(intid: number): boolean {
    return intid >= FIRST_PPI && intid < 1020;
  }

  mapResources(): Result {
    const result = this.#rules.mapResources(this.vgic);
    if (result === 0) this.vgic.distMapped.flag = true;
    return result;
  }

  initialise(): Result {
    return initialise(this.vgic);
  }

  attribute(op: AttributeOp, group: number, attr: bigint, memory: UserMemory): Result {
    return this.#rules.attribute({ vgic: this.vgic, op, attr, memory }, group);
  }

  /** §15.1 */
  routeIrqLine(type: number, vcpu: Vcpu | undefined, number: number): number {
    const ready = lazyInit(this.vgic);
    if (ready !== 0) return ready;
    if (type === IRQ_TYPE.PPI) return vcpu === undefined || !this.isPpiIntid(number) ? -EINVAL : number;
    return number < FIRST_SPI ? -EINVAL : number;
  }

  inject(vcpu: Vcpu | undefined, intid: number, level: boolean, owner: Owner, via: InputVia = owner): Result {
    return inject(this.vgic, vcpu && this.vgic.attach(vcpu), { intid, level, owner: OWNERS.indexOf(owner), via });
  }

  refusesInput(vcpu: Vcpu | undefined, intid: number): Result {
    return this.vgic.lookup(vcpu && this.vgic.attach(vcpu), intid) === undefined ? -EINVAL : 0;
  }

  /** A routed line (irqfd): pin n is SPI n + 32 (§15.2). */
  injectPin(pin: number, level: boolean): Result {
    const intid = pin + FIRST_SPI;
    if (!this.vgic.isSpi(intid)) return -EINVAL;
    const ready = lazyInit(this.vgic);
    return ready !== 0 ? ready : inject(this.vgic, undefined, { intid, level, owner: 0, via: 'irqfd' });
  }

  createCompanion(): Result {
    const { its } = this.#rules;
    if (its === undefined) return -ENODEV;
    its.create(this.vgic);
    return 0;
  }

  companionAttribute(index: number, op: AttributeOp, group: number, attr: bigint, memory: UserMemory): Result {
    const { vgic } = this;
    return this.#rules.its?.attribute({ vgic, op, attr, memory }, index, group) ?? -ENODEV;
  }

  get takesMessages(): boolean {
    return this.#rules.its?.exists(this.vgic) ?? false;
  }

  injectMsi(msi: Msi): Result {
    return this.#rules.its?.injectMsi(this.vgic, msi) ?? -ENODEV;
  }
}
