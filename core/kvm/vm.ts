/**
 * A virtual machine as user space drives it: KVM_CREATE_VCPU, KVM_CREATE_DEVICE, device attributes, KVM_IRQ_LINE
 * (kvm-vgic-v5 §4 … §8). Each call returns 0 or minus an errno, in the order of checks that the kernel has.
 * vCPU indices count creations and never change; ids are user space's.
 */
import { type Cell, CellClaim } from '../state/cell.ts';
import { CNTHP, CNTHV, CNTP, CNTV } from '../gic/v5/ppi.ts';
import { anyRunning, attributeValue } from './attribute.ts';
import { companionAttribute, type CompanionId, createCompanion } from './companions.ts';
import { E2BIG, EBUSY, EEXIST, EFAULT, EINVAL, EIO, ENODEV, ENOTTY, ENXIO, type Result } from './errno.ts';
import { type KvmEvent } from './events.ts';
import { FGU, FGU_VISIBLE } from './fgu.ts';
import { type GsiRoute, type VmGic } from './gic-model.ts';
import { type GuestMemory, NO_MEMORY } from './guest-memory.ts';
import { type Host } from './host.ts';
import { finaliseIdRegisters } from './id-registers.ts';
import { setIrqLine } from './irq-line.ts';
import { setGsiRouting, signalMsi } from './messages.ts';
import { type Place, placeAt } from './place.ts';
import {
  type AttributeOp,
  CTRL,
  GROUP,
  KVM_CREATE_DEVICE_TEST,
  MAX_VCPU_IDS,
  type Msi,
  type UserMemory,
} from './uapi.ts';
import { Vcpu } from './vcpu.ts';

/** The timers' PPIs as the UAPI names them, one slot per timer. */
export interface TimerPpis {
  readonly p: Cell;
  readonly v: Cell;
  readonly hv: Cell;
  readonly hp: Cell;
}

export class Vm {
  readonly host: Host;
  readonly index: number;
  readonly exists: Cell;
  /** Device type of the in-kernel irqchip; 0 none. */
  readonly irqchip: Cell;
  readonly initialized: Cell;
  readonly ready: Cell;
  readonly dead: Cell;
  /** vCPUs whose creation has begun, and those that are complete. */
  readonly created: Cell;
  readonly online: Cell;
  readonly maxVcpus: Cell;
  readonly ranOnce: Cell;
  readonly timersImmutable: Cell;
  readonly timerPpis: TimerPpis;
  /** Index into `FGU`. */
  readonly fgu: Cell;
  readonly idGic: Cell;
  readonly idGcie: Cell;
  readonly idRegistersReset: Cell;
  /** What KVM reads of the guest's memory, and writes there. */
  memory: GuestMemory = NO_MEMORY;
  readonly #gics: ReadonlyMap<number, VmGic>;
  /** What `gic` found last: the type of the irqchip changes once, or not at all. 0: there is none. */
  #gic: { readonly type: number; readonly part: VmGic | undefined } = { type: 0, part: undefined };
  readonly #pool: Vcpu[] = [];
  readonly #prefix: string;
  /** Where events happen that are tied to none of its vCPUs. */
  readonly place: Place;

  constructor(host: Host, index: number) {
    // One VM is the rule, and its paths are short.
    this.#prefix = index === 0 ? '' : `vm${index}.`;
    const claim = new CellClaim(host.journal, index === 0 ? 'vm.' : this.#prefix);
    this.host = host;
    this.index = index;
    this.place = placeAt(index);
    this.exists = claim.flag('exists');
    this.irqchip = claim.cell('irqchip', 8);
    this.initialized = claim.flag('initialized');
    this.ready = claim.flag('ready');
    this.dead = claim.flag('dead');
    this.created = claim.cell('created', 16);
    this.online = claim.cell('online', 16);
    this.maxVcpus = claim.cell('maxVcpus', 16);
    this.ranOnce = claim.flag('ranOnce');
    this.timersImmutable = claim.flag('timersImmutable');
    this.timerPpis = {
      p: claim.cell('timerPpi.p', 32),
      v: claim.cell('timerPpi.v', 32),
      hv: claim.cell('timerPpi.hv', 32),
      hp: claim.cell('timerPpi.hp', 32),
    };
    this.fgu = claim.choice('fgu', FGU);
    this.idGic = claim.cell('ID_AA64PFR0_EL1.GIC', 4);
    this.idGcie = claim.cell('ID_AA64PFR2_EL1.GCIE', 4);
    this.idRegistersReset = claim.flag('idRegistersReset');
    this.#gics = new Map(host.offeredModels().map((model) => [model.deviceType, model.attach(this)]));
  }

  /** Prefix of the slots of vCPU `index`. */
  vcpuPrefix(index: number): string {
    return `${this.#prefix}vcpu${index}.`;
  }

  /** Prefix of the VM's own slots. */
  get prefix(): string {
    return this.#prefix === '' ? 'vm.' : this.#prefix;
  }

  /** The VM's part of the irqchip that exists, if one does. */
  get gic(): VmGic | undefined {
    const type = this.irqchip.lo;
    if (type !== this.#gic.type) this.#gic = { type, part: this.#gics.get(type) };
    return this.#gic.part;
  }

  /** Every model's part of this VM, whether or not its device was created. */
  get gics(): ReadonlyMap<number, VmGic> {
    return this.#gics;
  }

  /** Did the trap-to-UNDEF set leave GICv5 to the guest? */
  get isGicV5Visible(): boolean {
    return this.fgu.lo === FGU_VISIBLE;
  }

  emit(event: KvmEvent): void {
    this.host.emit?.(event, this.place);
  }

  /** Claims the slots of the first `count` vCPUs. */
  reserve(count: number): void {
    for (let index = this.#pool.length; index < count; index++) this.#pooled(index);
    for (const gic of this.#gics.values()) gic.reserve();
  }

  /** The second half of KVM_CREATE_VM; `Host.createVm` calls it. */
  create(): void {
    this.exists.flag = true;
    this.maxVcpus.set(
      Math.max(0, ...this.host.offeredModels().map((model) => model.maxVcpus(this.host.profile, this.host.facts))),
    );
    this.#setTimerPpis((ppi) => ppi);
    this.emit({ kind: 'uapi.createVm', result: 0 });
  }

  /** vCPU number `index` in order of creation, if it is complete. */
  vcpu(index: number): Vcpu | undefined {
    return index < this.online.lo ? this.#pool[index] : undefined;
  }

  get vcpus(): readonly Vcpu[] {
    return this.#pool.slice(0, this.online.lo);
  }

  vcpuById(id: number): Vcpu | undefined {
    return this.vcpus.find((vcpu) => vcpu.id === id);
  }

  // --- ioctls ---------------------------------------------------------------------------------------------------

  /** KVM_CREATE_VCPU (§5). */
  createVcpu(id: number): Result {
    const result = this.#checkVcpuCreation(id);
    if (result !== 0) {
      this.emit({ kind: 'uapi.createVcpu', id, result });
      return result;
    }
    const index = this.online.lo;
    const vcpu = this.#pooled(index);
    this.created.set(this.created.lo + 1);
    vcpu.slots.id.set(id);
    // With an irqchip the vCPU gets its interrupt state now, else when the device is created. The creation is
    // complete only afterwards: the checks of a redistributor region do not count the new vCPU (kvm-vgic-v3 §3.2).
    const refused = this.irqchip.flag ? vcpu.allocateGic() : 0;
    if (refused === 0) this.online.set(index + 1);
    else this.created.set(this.created.lo - 1);
    this.emit({ kind: 'uapi.createVcpu', id, result: refused });
    return refused;
  }

  #checkVcpuCreation(id: number): Result {
    if (this.dead.flag) return -EIO;
    if (id >= MAX_VCPU_IDS) return -EINVAL;
    if (this.created.lo >= this.maxVcpus.lo) return -EINVAL;
    if (this.initialized.flag) return -EBUSY;
    if (id >= this.maxVcpus.lo) return -EINVAL;
    return this.vcpuById(id) === undefined ? 0 : -EEXIST;
  }

  /** A KVM_CREATE_VCPU on another thread stops between its two halves. */
  beginVcpuCreation(): void {
    this.created.set(this.created.lo + 1);
    this.emit({ kind: 'uapi.vcpuCreation', phase: 'begun' });
  }

  /** That creation fails and goes away. */
  abandonVcpuCreation(): void {
    this.created.set(this.created.lo - 1);
    this.emit({ kind: 'uapi.vcpuCreation', phase: 'abandoned' });
  }

  /** Is a vCPU creation between its two halves? */
  get vcpuCreationHalfDone(): boolean {
    return this.created.lo !== this.online.lo;
  }

  /** KVM_CREATE_DEVICE (§4). A file descriptor is not modelled: 0 stands for success. */
  createDevice(type: number, flags = 0): Result {
    const companion = createCompanion(this, type, flags);
    if (companion !== undefined) return companion;
    const gic = this.#gics.get(type);
    const testOnly = (flags & KVM_CREATE_DEVICE_TEST) !== 0;
    const result = this.#checkDeviceCreation(gic, testOnly);
    const creates = result === 0 && !testOnly;
    if (creates) this.irqchip.set(type);
    this.emit({ kind: 'uapi.createDevice', type, flags, result });
    if (!creates || gic === undefined) return result;
    finaliseIdRegisters(this, 'createDevice');
    gic.created();
    for (const vcpu of this.vcpus) vcpu.allocateGic();
    this.#setTimerPpis((ppi) => gic.ppiIntid(ppi));
    return 0;
  }

  #checkDeviceCreation(gic: VmGic | undefined, testOnly: boolean): Result {
    if (this.dead.flag) return -EIO;
    if (gic === undefined) return -ENODEV;
    if (testOnly) return 0;
    const { vcpus } = this;
    if (anyRunning(this)) return -EBUSY;
    if (this.vcpuCreationHalfDone) return -EBUSY;
    if (this.irqchip.flag) return -EEXIST;
    if (vcpus.some((vcpu) => vcpu.slots.hasRun.flag)) return -EBUSY;
    const most = gic.model.maxVcpus(this.host.profile, this.host.facts);
    this.maxVcpus.set(most);
    return vcpus.length > most ? -E2BIG : 0;
  }

  /** KVM_CREATE_IRQCHIP: asks for a GICv2, which neither kind of host here emulates (§4). */
  createLegacyIrqchip(): Result {
    return this.dead.flag ? -EIO : -ENODEV;
  }

  /** KVM_{HAS,GET,SET}_DEVICE_ATTR on the irqchip; `memory` undefined: the structure itself faults (§6). */
  deviceAttr(op: AttributeOp, group: number, attr: bigint, memory: UserMemory | undefined): Result {
    const result = this.#deviceAttr(op, group, attr, memory);
    this.emit({ kind: 'uapi.deviceAttr', op, group, attr, result, ...attributeValue(op, group, result, memory) });
    return result;
  }

  #deviceAttr(op: AttributeOp, group: number, attr: bigint, memory: UserMemory | undefined): Result {
    if (this.dead.flag) return -EIO;
    if (memory === undefined) return -EFAULT;
    const { gic } = this;
    if (gic === undefined) return -ENODEV;
    if (group === GROUP.CTRL && attr === BigInt(CTRL.INIT)) {
      if (op === 'get') return -ENXIO;
      return op === 'has' ? 0 : this.#initialise(gic);
    }
    return gic.attribute(op, group, attr, memory);
  }

  /** The same on a device beside the irqchip. */
  companionAttr(id: CompanionId, op: AttributeOp, group: number, attr: bigint, memory: UserMemory | undefined): Result {
    return companionAttribute(this, id, op, group, attr, memory);
  }

  /** KVM_SIGNAL_MSI: 1 delivered, 0 blocked by the guest, or minus an errno. */
  signalMsi(msi: Msi): Result {
    return signalMsi(this, msi);
  }

  /** KVM_SET_GSI_ROUTING. */
  setGsiRouting(routes: readonly GsiRoute[]): Result {
    return setGsiRouting(this, routes);
  }

  /** CTRL_INIT (§7). */
  #initialise(gic: VmGic): Result {
    if (this.initialized.flag) return 0;
    if (this.vcpuCreationHalfDone) return -EBUSY;
    return gic.initialise();
  }

  /** Any other ioctl on the device's file descriptor. */
  unknownDeviceIoctl(): Result {
    return this.dead.flag ? -EIO : -ENOTTY;
  }

  /** KVM_IRQ_LINE (§8); undefined: the structure faults. */
  irqLine(line: { readonly irq: number; readonly level: number } | undefined): Result {
    return setIrqLine(this, line);
  }

  /** KVM_CHECK_EXTENSION of KVM_CAP_MAX_VCPUS. */
  get maxVcpusCapability(): number {
    return this.maxVcpus.lo;
  }

  /** The VM can never be used again (§10 step 4). */
  kill(): void {
    this.dead.flag = true;
    this.emit({ kind: 'vm.dead' });
  }

  #setTimerPpis(name: (ppi: number) => number): void {
    const [p, v, hv, hp] = [CNTP, CNTV, CNTHV, CNTHP].map(name) as [number, number, number, number];
    this.timerPpis.p.set(p);
    this.timerPpis.v.set(v);
    this.timerPpis.hv.set(hv);
    this.timerPpis.hp.set(hp);
    this.emit({ kind: 'vm.timerPpis', p, v, hv, hp });
  }

  #pooled(index: number): Vcpu {
    return (this.#pool[index] ??= new Vcpu(this, index));
  }
}
