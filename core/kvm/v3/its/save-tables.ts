/**
 * KVM_DEV_ARM_ITS_SAVE_TABLES: what the ITS holds goes to the tables that the guest provided, in the layout of
 * entries.ts. Entries of other identifiers stay as they are in memory; `next` leads past them.
 */
import { EFAULT, EINVAL, type Result } from '../../errno.ts';
import { type GuestMemory } from '../../guest-memory.ts';
import { encodeCollection, encodeDevice, encodeEvent, ENTRY } from './entries.ts';
import { entryAddress, eventAddress, tableOf } from './guest-tables.ts';
import { type Its } from './its.ts';
import { type DeviceMapping } from './mappings.ts';

/** Devices with their events, then collections; the first failure ends it. A table that is not valid is left out. */
export function saveTables(its: Its): Result {
  return saveDevices(its) || saveCollections(its);
}

function store(memory: GuestMemory, address: bigint, entry: bigint): Result {
  return memory.store(address, ENTRY, entry) ? 0 : -EFAULT;
}

/** Distance to the next one in a list by id; 0 at the end. */
function distance(list: readonly { readonly id: number }[], index: number): number {
  const [here, next] = [list[index], list[index + 1]];
  return here === undefined || next === undefined ? 0 : next.id - here.id;
}

function saveDevices(its: Its): Result {
  const { memory } = its.vgic.vm;
  const baser = its.deviceBaser.value;
  if (!tableOf(baser).valid) return 0;
  const devices = its.devicesById;
  for (const [index, device] of devices.entries()) {
    const address = entryAddress(memory, baser, device.id);
    if (address === undefined) return -EINVAL;
    const { itt, idBits } = device;
    const entry = encodeDevice({ itt, idBits, next: distance(devices, index) });
    const result = saveEvents(its, device) || store(memory, address, entry);
    if (result !== 0) return result;
  }
  return 0;
}

function saveEvents(its: Its, device: DeviceMapping): Result {
  const events = device.eventsById;
  for (const [index, event] of events.entries()) {
    if (event.orphaned) {
      its.tell({
        kind: 'host.warning',
        warning: `event ${event.id} of device ${device.id} has no collection: the kernel would follow a null pointer`,
      });
      return -EINVAL;
    }
    const entry = encodeEvent({ lpi: event.lpi, icid: event.icid, next: distance(events, index) });
    const result = store(its.vgic.vm.memory, eventAddress(device, event.id), entry);
    if (result !== 0) return result;
  }
  return 0;
}

/** An invalid entry ends the table unless it is full. */
function saveCollections(its: Its): Result {
  const { memory } = its.vgic.vm;
  const { valid, base, bytes } = tableOf(its.collectionBaser.value);
  if (!valid) return 0;
  let address = base;
  for (const { target, icid } of its.collections) {
    const result = store(memory, address, encodeCollection({ target, icid }));
    if (result !== 0) return result;
    address += BigInt(ENTRY);
  }
  return address === base + BigInt(bytes) ? 0 : store(memory, address, 0n);
}
