/**
 * The ITS's commands, one row each (kvm-vgic-v3 §10.5): 32 bytes in the queue, and what KVM does. A command that fails
 * is dropped; the guest sees nothing of it, the record has the error under the architecture's name.
 *
 * What a command changes about an LPI's target or configuration is all: one that sits on an AP list moves at the next
 * prune of the vCPU that holds it.
 */
import { EFAULT, type Result } from '../../errno.ts';
import { type VgicVcpu } from '../../vgic/vcpu-state.ts';
import { FIRST_LPI } from '../../vgic/irq.ts';
import { lpiLimit, mapLpi, readConfiguration, readConfigurations } from '../lpi-tables.ts';
import { ENTRY } from './entries.ts';
import { entryAddress, eventAddress, holdsEvent } from './guest-tables.ts';
import { ID_BITS, type Its } from './its.ts';
import { triggerMsi } from './msi.ts';

/** The fields of a command that some command uses. */
export interface ItsCommand {
  readonly opcode: number;
  readonly device: number;
  readonly event: number;
  /** EventID bits of MAPD. */
  readonly idBits: number;
  readonly lpi: number;
  readonly icid: number;
  readonly itt: bigint;
  /** Id of a vCPU. */
  readonly target: number;
  /** Id of the second vCPU of MOVALL. */
  readonly secondTarget: number;
  readonly valid: boolean;
}

export function decodeCommand(words: readonly [bigint, bigint, bigint, bigint]): ItsCommand {
  const [w0, w1, w2, w3] = words;
  const word = (value: bigint, lsb: bigint): number => Number((value >> lsb) & 0xffff_ffffn);
  return {
    opcode: Number(w0 & 0xffn),
    device: word(w0, 32n),
    event: word(w1, 0n),
    idBits: Number(w1 & 0x1fn) + 1,
    lpi: word(w1, 32n),
    icid: Number(w2 & 0xffffn),
    itt: w2 & 0xf_ffff_ffff_ff00n,
    target: word(w2, 16n),
    secondTarget: word(w3, 16n),
    valid: w2 >> 63n !== 0n,
  };
}

/** How a command ended: `ok`, the architecture's name of an error, or an errno of the kernel's own. */
export type CommandOutcome = string;

/** Which fields a command uses; they go into its event. */
export type CommandField = 'device' | 'event' | 'idBits' | 'lpi' | 'icid' | 'itt' | 'target' | 'secondTarget' | 'valid';

export interface CommandRow {
  readonly name: string;
  readonly fields: readonly CommandField[];
  run(its: Its, command: ItsCommand): CommandOutcome;
}

const OK = 'ok';
const FAULT = 'EFAULT';

const byId = ({ vgic }: Its, id: number): VgicVcpu | undefined => {
  const vcpu = vgic.vm.vcpuById(id);
  return vcpu && vgic.vcpu(vcpu.index);
};

function clearEntry({ vgic }: Its, address: bigint): CommandOutcome {
  return vgic.vm.memory.store(address, ENTRY, 0n) ? OK : FAULT;
}

function mapDevice(its: Its, { device: id, valid, idBits, itt }: ItsCommand): CommandOutcome {
  const address = entryAddress(its.vgic.vm.memory, its.deviceBaser.value, id);
  if (address === undefined) return 'MAPD_DEVICE_OOR';
  if (valid && idBits > ID_BITS) return 'MAPD_ITTSIZE_OOR';
  const known = its.device(id);
  if (known !== undefined) its.freeDevice(known);
  if (!valid) return clearEntry(its, address);
  its.pooledDevice(id).map(itt, idBits);
  return OK;
}

function mapCollection(its: Its, { icid, valid, target }: ItsCommand): CommandOutcome {
  if (!valid) {
    its.freeCollection(icid);
    its.dropCache();
    return OK;
  }
  const vcpu = byId(its, target);
  if (vcpu === undefined) return 'MAPC_PROCNUM_OOR';
  const known = its.collection(icid);
  if (known === undefined) {
    if (!hasRoomFor(its, icid)) return 'MAPC_COLLECTION_OOR';
    its.createCollection(icid).target = target;
    return OK;
  }
  known.target = target;
  for (const event of its.events())
    if (event.icid === icid && !event.orphaned) its.vgic.lpis.pooled(event.lpi).target = vcpu.index;
  return OK;
}

function hasRoomFor(its: Its, icid: number): boolean {
  return entryAddress(its.vgic.vm.memory, its.collectionBaser.value, icid) !== undefined;
}

function mapEvent(its: Its, command: ItsCommand, intid: number): CommandOutcome {
  const { vgic } = its;
  const device = its.device(command.device);
  if (device === undefined) return 'MAPTI_UNMAPPED_DEVICE';
  if (!holdsEvent(vgic.vm.memory, device, command.event)) return 'MAPTI_ID_OOR';
  if (intid < FIRST_LPI || intid >= lpiLimit(vgic)) return 'MAPTI_PHYSICALID_OOR';
  if (device.event(command.event) !== undefined) return OK;
  const known = its.collection(command.icid);
  if (known === undefined && !hasRoomFor(its, command.icid)) return 'MAPC_COLLECTION_OOR';
  const collection = known ?? its.createCollection(command.icid);
  const lpi = mapLpi(vgic, intid, its.targetOf(collection));
  if (typeof lpi === 'number') {
    if (known === undefined) its.freeCollection(command.icid);
    return named(lpi);
  }
  device.pooled(command.event).map(intid, command.icid);
  return OK;
}

function named(result: Result): CommandOutcome {
  return result === 0 ? OK : result === -EFAULT ? FAULT : `errno ${-result}`;
}

function moveEvent(its: Its, { device, event: id, icid }: ItsCommand): CommandOutcome {
  const event = its.event(device, id);
  if (event === undefined) return 'MOVI_UNMAPPED_INTERRUPT';
  if (its.collectionOf(event)?.isMapped !== true) return 'MOVI_UNMAPPED_COLLECTION';
  const vcpu = its.targetOf(its.collection(icid));
  if (vcpu === undefined) return 'MOVI_UNMAPPED_COLLECTION';
  event.move(icid);
  its.dropCache();
  its.vgic.lpis.pooled(event.lpi).target = vcpu.index;
  return OK;
}

function discard(its: Its, { device: deviceId, event: id }: ItsCommand): CommandOutcome {
  const device = its.device(deviceId);
  const event = device?.event(id);
  if (device === undefined || event === undefined || its.collectionOf(event)?.isMapped !== true)
    return 'DISCARD_UNMAPPED_INTERRUPT';
  its.dropCache();
  its.freeEvent(event);
  return clearEntry(its, eventAddress(device, id));
}

function invalidate(its: Its, { device, event: id }: ItsCommand): CommandOutcome {
  const event = its.event(device, id);
  if (event === undefined) return 'INV_UNMAPPED_INTERRUPT';
  return named(readConfiguration(its.vgic, its.vgic.lpis.pooled(event.lpi)));
}

function invalidateAll(its: Its, { icid }: ItsCommand): CommandOutcome {
  const vcpu = its.targetOf(its.collection(icid));
  if (vcpu === undefined) return 'INVALL_UNMAPPED_COLLECTION';
  readConfigurations(vcpu);
  return OK;
}

/** Every LPI of the VM goes to the second vCPU, whatever it targeted: KVM's choice since Linux 6.10. */
function moveAll(its: Its, { target, secondTarget }: ItsCommand): CommandOutcome {
  const from = byId(its, target);
  const to = byId(its, secondTarget);
  if (from === undefined || to === undefined) return 'MOVALL_PROCNUM_OOR';
  if (from === to) return OK;
  for (const lpi of its.vgic.lpis.all) lpi.target = to.index;
  its.dropCache();
  return OK;
}

function clear(its: Its, { device, event: id }: ItsCommand): CommandOutcome {
  const event = its.event(device, id);
  if (event === undefined) return 'CLEAR_UNMAPPED_INTERRUPT';
  its.vgic.lpis.pooled(event.lpi).latch = false;
  return OK;
}

const INT_OUTCOMES: Readonly<Record<string, CommandOutcome>> = {
  unmapped: 'INT_UNMAPPED_INTERRUPT',
  itsDisabled: 'EBUSY',
  lpisDisabled: 'EBUSY',
};

function raise(its: Its, { device, event }: ItsCommand): CommandOutcome {
  return INT_OUTCOMES[triggerMsi(its, device, event, 'INT')] ?? OK;
}

/** By opcode; every other number is ignored. */
export const COMMANDS: ReadonlyMap<number, CommandRow> = new Map<number, CommandRow>([
  [0x01, { name: 'MOVI', fields: ['device', 'event', 'icid'], run: moveEvent }],
  [0x03, { name: 'INT', fields: ['device', 'event'], run: raise }],
  [0x04, { name: 'CLEAR', fields: ['device', 'event'], run: clear }],
  [0x05, { name: 'SYNC', fields: ['target'], run: () => OK }],
  [0x08, { name: 'MAPD', fields: ['device', 'valid', 'idBits', 'itt'], run: mapDevice }],
  [0x09, { name: 'MAPC', fields: ['icid', 'valid', 'target'], run: mapCollection }],
  [
    0x0a,
    {
      name: 'MAPTI',
      fields: ['device', 'event', 'lpi', 'icid'],
      run: (its, command) => mapEvent(its, command, command.lpi),
    },
  ],
  [
    0x0b,
    { name: 'MAPI', fields: ['device', 'event', 'icid'], run: (its, command) => mapEvent(its, command, command.event) },
  ],
  [0x0c, { name: 'INV', fields: ['device', 'event'], run: invalidate }],
  [0x0d, { name: 'INVALL', fields: ['icid'], run: invalidateAll }],
  [0x0e, { name: 'MOVALL', fields: ['target', 'secondTarget'], run: moveAll }],
  [0x0f, { name: 'DISCARD', fields: ['device', 'event'], run: discard }],
]);
