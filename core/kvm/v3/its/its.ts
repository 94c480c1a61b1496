/**
 * One ITS of a VM: its registers, and what commands mapped (kvm-vgic-v3 §10.5, §14.10).
 *
 * Kept: the registers of the frame as slots; devices, events and collections (mappings.ts); which translations are
 * cached, as a bit of each event and their number. Invariant: a cached translation is that of a mapped event, because
 * whatever unmaps or moves one drops the whole cache; so a cached MSI needs no look at tables, enables or targets.
 */
import { UNSET } from '../../frame.ts';
import { type Cell, CellClaim } from '../../../state/cell.ts';
import { type KvmEvent } from '../../events.ts';
import { type VgicVcpu } from '../../vgic/vcpu-state.ts';
import { type VgicVm } from '../../vgic/vm-state.ts';
import { Collection, DeviceMapping, type EventMapping } from './mappings.ts';

/** DeviceIDs and EventIDs have this many bits, collections too (GITS_TYPER). */
export const ID_BITS = 16;
/** Control page and translation page. */
export const ITS_FRAME = 0x2_0000;

const BASER_VALID = 1n << 63n;
/** Inner write-back, inner shareable, 64 KiB pages, entries of 8 bytes (gicv3-registers, GITS_BASER<n>). */
const INITIAL_BASER = 0x1807_0000_0000_0600n;
export const BASER_TYPE = { DEVICES: 1n << 56n, COLLECTIONS: 4n << 56n } as const;

export class Its {
  readonly vgic: VgicVm;
  readonly index: number;
  readonly base: Cell;
  readonly enabled: Cell;
  readonly cbaser: Cell;
  readonly creadr: Cell;
  readonly cwriter: Cell;
  /** GITS_BASER0: devices. */
  readonly deviceBaser: Cell;
  /** GITS_BASER1: collections. */
  readonly collectionBaser: Cell;
  /** Translations in the cache. */
  readonly cached: Cell;
  readonly #claim: CellClaim;
  readonly #devices = new Map<number, DeviceMapping>();
  readonly #collections = new Map<number, Collection>();

  constructor(vgic: VgicVm, index: number) {
    const claim = new CellClaim(vgic.vm.host.journal, `${vgic.vm.prefix}its${index}.`);
    this.vgic = vgic;
    this.index = index;
    this.#claim = claim;
    this.base = claim.cell('base', 64, { initial: UNSET });
    this.enabled = claim.flag('enabled');
    this.cbaser = claim.register('GITS_CBASER');
    this.creadr = claim.register('GITS_CREADR');
    this.cwriter = claim.register('GITS_CWRITER');
    this.deviceBaser = claim.register('GITS_BASER0');
    this.collectionBaser = claim.register('GITS_BASER1');
    this.cached = claim.cell('cached', 32);
  }

  /** The device was created. */
  create(): void {
    this.deviceBaser.value = INITIAL_BASER | BASER_TYPE.DEVICES;
    this.collectionBaser.value = INITIAL_BASER | BASER_TYPE.COLLECTIONS;
  }

  /** KVM_DEV_ARM_ITS_CTRL_RESET: the address stays. */
  reset(): void {
    this.deviceBaser.value &= ~BASER_VALID;
    this.collectionBaser.value &= ~BASER_VALID;
    this.cbaser.value = 0n;
    this.creadr.value = 0n;
    this.cwriter.value = 0n;
    this.enabled.flag = false;
    this.freeDevices();
    this.freeCollections();
  }

  /** May it be enabled? Otherwise it would be UNPREDICTABLE. */
  get hasTables(): boolean {
    const registers = [this.deviceBaser, this.collectionBaser, this.cbaser];
    return registers.every(({ value }) => (value & BASER_VALID) !== 0n);
  }

  /** Reports on behalf of whoever makes the ITS act: the vCPU that accesses it, or userspace. */
  tell(event: KvmEvent): void {
    const { executing, vm } = this.vgic;
    if (executing === undefined) vm.emit(event);
    else executing.vcpu.emit(event);
  }

  // --- devices and events ---------------------------------------------------------------------------------------

  device(id: number): DeviceMapping | undefined {
    const device = this.#devices.get(id);
    return device?.exists === true ? device : undefined;
  }

  /** The object of this DeviceID, whether or not it is mapped. */
  pooledDevice(id: number): DeviceMapping {
    let device = this.#devices.get(id);
    if (device === undefined) this.#devices.set(id, (device = new DeviceMapping(this.#claim, id)));
    return device;
  }

  get devicesById(): readonly DeviceMapping[] {
    return [...this.#mappedDevices()].toSorted((a, b) => a.id - b.id);
  }

  event(device: number, event: number): EventMapping | undefined {
    return this.device(device)?.event(event);
  }

  *events(): Generator<EventMapping> {
    for (const device of this.#mappedDevices()) yield* device.events();
  }

  /** The LPI loses one mapping. */
  freeEvent(event: EventMapping): void {
    const { lpis } = this.vgic;
    const lpi = lpis.pooled(event.lpi);
    event.clear();
    lpi.mappings.set(lpi.mappings.lo - 1);
    lpis.settle(lpi);
  }

  freeDevice(device: DeviceMapping): void {
    for (const event of device.events()) this.freeEvent(event);
    this.dropCache();
    device.clear();
  }

  freeDevices(): void {
    for (const device of this.#mappedDevices()) this.freeDevice(device);
  }

  *#mappedDevices(): Generator<DeviceMapping> {
    for (const device of this.#devices.values()) if (device.exists) yield device;
  }

  // --- collections ----------------------------------------------------------------------------------------------

  collection(icid: number): Collection | undefined {
    const collection = this.#collections.get(icid);
    return collection?.exists === true ? collection : undefined;
  }

  /** In the order of their creation. */
  get collections(): readonly Collection[] {
    const present = [...this.#collections.values()].filter(({ exists }) => exists);
    return present.toSorted((a, b) => a.order - b.order);
  }

  /** A collection that is known from now on and not mapped yet. */
  createCollection(icid: number): Collection {
    let collection = this.#collections.get(icid);
    if (collection === undefined) this.#collections.set(icid, (collection = new Collection(this.#claim, icid)));
    collection.create((this.collections.at(-1)?.order ?? 0) + 1);
    return collection;
  }

  /** Its events stay, without a collection. */
  freeCollection(icid: number): void {
    const collection = this.collection(icid);
    if (collection === undefined) return;
    for (const event of this.events()) if (event.icid === icid) event.orphan();
    collection.clear();
  }

  freeCollections(): void {
    for (const { icid } of this.collections) this.freeCollection(icid);
  }

  /** The collection of an event, if it is there. */
  collectionOf(event: EventMapping): Collection | undefined {
    return event.orphaned ? undefined : this.collection(event.icid);
  }

  /** The vCPU of a collection; undefined: it is not mapped. */
  targetOf(collection: Collection | undefined): VgicVcpu | undefined {
    if (collection?.isMapped !== true) return undefined;
    const vcpu = this.vgic.vm.vcpuById(collection.target);
    return vcpu === undefined ? undefined : this.vgic.vcpu(vcpu.index);
  }

  // --- cache ----------------------------------------------------------------------------------------------------

  cache(event: EventMapping): void {
    if (event.cached) return;
    event.cached = true;
    this.cached.set(this.cached.lo + 1);
  }

  dropCache(): void {
    const dropped = this.cached.lo;
    if (dropped === 0) return;
    for (const event of this.events()) event.cached = false;
    this.cached.set(0);
    this.tell({ kind: 'its.cacheDropped', its: this.index, translations: dropped });
  }
}
