/**
 * KVM_DEV_ARM_ITS_RESTORE_TABLES: the ITS takes what saving left in guest memory (entries.ts). Collections come first,
 * because events name them; each event maps its LPI as MAPTI would, with configuration and pending bit from memory. So
 * the redistributors' tables, and GITS_BASER<n>, must be in place before (kvm-vgic-v3 §16).
 *
 * What memory holds is not trusted: identifiers are checked against the tables, `next` cannot leave them. A failure
 * takes everything back that was restored.
 */
import { EEXIST, EFAULT, EINVAL, type Result } from '../../errno.ts';
import { FIRST_LPI } from '../../vgic/irq.ts';
import { mapLpi } from '../lpi-tables.ts';
import { decodeCollection, decodeDevice, decodeEvent, decodeLevel1, ENTRY, NOT_MAPPED, TABLE_PAGE } from './entries.ts';
import { entryAddress, holdsEvent, tableOf } from './guest-tables.ts';
import { type Its } from './its.ts';
import { type DeviceMapping } from './mappings.ts';

const MOST_LPI = 0xffff;

export function restoreTables(its: Its): Result {
  const result = restoreCollections(its) || restoreDevices(its);
  if (result !== 0) its.freeCollections();
  return result;
}

function restoreCollections(its: Its): Result {
  const { memory } = its.vgic.vm;
  const { valid, base, bytes } = tableOf(its.collectionBaser.value);
  if (!valid) return 0;
  for (let offset = 0; offset < bytes; offset += ENTRY) {
    const entry = memory.load(base + BigInt(offset), ENTRY);
    if (entry === undefined) return -EFAULT;
    const collection = decodeCollection(entry);
    if (collection === undefined) return 0;
    const { target, icid } = collection;
    if (target !== NOT_MAPPED && its.vgic.vm.vcpuById(target) === undefined) return -EINVAL;
    if (its.collection(icid) !== undefined) return -EEXIST;
    if (entryAddress(memory, its.collectionBaser.value, icid) === undefined) return -EINVAL;
    its.createCollection(icid).target = target;
  }
  return 0;
}

/** Distance to the next entry, 0 at the end, or minus an errno. */
type Visit = (id: number, entry: bigint) => number;

/** Visits entries of a table from `first` on, as far as each says; 0 the end was found, 1 not, or minus an errno. */
function scan(its: Its, base: bigint, bytes: number, first: number, visit: Visit): number {
  const { memory } = its.vgic.vm;
  for (let offset = 0; offset < bytes;) {
    const entry = memory.load(base + BigInt(offset), ENTRY);
    if (entry === undefined) return -EFAULT;
    const next = visit(first + offset / ENTRY, entry);
    if (next <= 0) return next;
    offset += next * ENTRY;
  }
  return 1;
}

function restoreDevices(its: Its): Result {
  const { valid, indirect, base, bytes } = tableOf(its.deviceBaser.value);
  if (!valid) return 0;
  const restore: Visit = (id, entry) => restoreDevice(its, id, entry);
  const level1: Visit = (index, entry) => {
    const page = decodeLevel1(entry);
    if (page === undefined) return 1;
    return scan(its, page, TABLE_PAGE, (index * TABLE_PAGE) / ENTRY, restore);
  };
  const result = scan(its, base, bytes, 0, indirect ? level1 : restore);
  if (result >= 0) return 0;
  its.freeDevices();
  return result;
}

function restoreDevice(its: Its, id: number, word: bigint): number {
  const entry = decodeDevice(word);
  if (entry === undefined) return 1;
  if (entryAddress(its.vgic.vm.memory, its.deviceBaser.value, id) === undefined) return -EINVAL;
  // The kernel would keep both under one identifier; nothing that a guest or user space does in order leads here.
  if (its.device(id) !== undefined) return -EINVAL;
  const device = its.pooledDevice(id);
  device.map(entry.itt, entry.idBits);
  const result = scan(its, entry.itt, 2 ** entry.idBits * ENTRY, 0, (event, each) =>
    restoreEvent(its, device, event, each),
  );
  if (result >= 0) return entry.next;
  its.freeDevice(device);
  return result;
}

function restoreEvent(its: Its, device: DeviceMapping, id: number, word: bigint): number {
  const entry = decodeEvent(word);
  if (entry === undefined) return 1;
  const { lpi: intid, icid, next } = entry;
  // KVM has no upper bound here, but only an LPI that a command could map can have been saved.
  if (intid < FIRST_LPI || intid > MOST_LPI || id + next >= 2 ** device.idBits) return -EINVAL;
  const collection = its.collection(icid);
  if (collection === undefined || !holdsEvent(its.vgic.vm.memory, device, id)) return -EINVAL;
  const lpi = mapLpi(its.vgic, intid, its.targetOf(collection));
  if (typeof lpi === 'number') return lpi;
  device.pooled(id).map(intid, icid);
  return next;
}
