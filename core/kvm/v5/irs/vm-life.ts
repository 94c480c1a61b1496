/**
 * The beginning and the end of a VM at the host's IRS: its id, its tables, its VPEs (kvm-vgic-v5-spi §3.3 … §3.6). A
 * beginning that fails is undone, and user space may try again.
 */
import { SPI } from '../../../gic/v5/irs/iste.ts';
import { EBUSY, EINVAL, ENODEV, ENOMEM, ETIMEDOUT, type Result } from '../../errno.ts';
import { type Vcpu } from '../../vcpu.ts';
import { COMMANDS } from './host-registers.ts';
import { DEFAULT_SPIS, NO_ID, type VmIrs } from './vm-irs.ts';

/** The physical LPI that is the doorbell of the vCPU with index 0. */
const FIRST_DOORBELL = 1000;

/** CTRL_INIT, steps 1 … 12 of §3.3; a failure after step 5 undoes all. */
export function initialise(irs: VmIrs): Result {
  const { vm, host } = irs;
  if (vm.vcpus.length === 0) return -ENODEV;
  if (vm.vcpus.some((vcpu) => vcpu.isNested)) return -EINVAL;
  if (irs.nrSpis.lo === 0) irs.nrSpis.set(DEFAULT_SPIS);
  if (irs.hasId) return -EBUSY;
  const id = host.ids.take(vm.index);
  if (id < 0) return id;
  irs.vmId.set(id);
  irs.emit({ kind: 'vm.id', vmId: id });
  const result = buildTables(irs);
  if (result !== 0) teardown(irs);
  return result;
}

function buildTables(irs: VmIrs): Result {
  const { vm, host, tables, nrSpis, place } = irs;
  const vmId = irs.vmId.lo;
  if (host.fails('alloc')) return -ENOMEM;
  if (host.vmTable.twoLevel && !host.vmTable.covers(vmId)) {
    host.vmTable.describe(vmId);
    host.command(COMMANDS.mapLevel2(vmId), place);
  }
  tables.describe(irs.vpeIdBits);
  host.command(COMMANDS.mapVm(vmId), place);
  irs.emit({ kind: 'vm.vmte.valid', vmId });
  irs.registers.reset(vm.host.facts.paBits ?? 40, host);
  irs.resetSpis();
  const idBits = 32 - Math.clz32(nrSpis.lo - 1);
  tables.attachIst(SPI, idBits);
  host.command(COMMANDS.mapIst(vmId, SPI), place);
  // Every entry has a slot from now on: what a guest never touches is shown as well.
  tables.claimEntries(SPI, 2 ** idBits);
  irs.emit({ kind: 'vm.spiIst', idBits, address: tables.ist(SPI)?.config.base ?? 0 });
  for (const vcpu of vm.vcpus) makeVpeValid(irs, vcpu);
  irs.listeners.reset();
  return 0;
}

/** §3.4: the VPE, then its routing mode and its doorbell. */
function makeVpeValid(irs: VmIrs, { id, index }: Vcpu): void {
  const { host, place } = irs;
  const vmId = irs.vmId.lo;
  const doorbellLpi = FIRST_DOORBELL + index;
  irs.tables.vpes.describe(id);
  const commands = [
    COMMANDS.mapVpe(vmId, id),
    COMMANDS.selectVpe(vmId, id),
    COMMANDS.targetVpe(),
    COMMANDS.doorbell(doorbellLpi, irs.behaviour.firstDoorbellMask),
  ];
  for (const command of commands) host.command(command, place);
  irs.emit({ kind: 'vm.vpe.valid', vmId, vpe: id, doorbellLpi });
}

/** §3.6. The id is free again only if the host let go of the tables; else it is leaked on purpose. */
export function teardown(irs: VmIrs): Result {
  if (!irs.hasId) return 0;
  const { host, place } = irs;
  const vmId = irs.vmId.lo;
  const failed = host.command(COMMANDS.unmapVm(vmId), place, 'unmap') !== 0;
  if (!failed) {
    irs.tables.clear();
    irs.emit({ kind: 'vm.vmte.invalid', vmId });
    host.ids.free(vmId);
  }
  irs.vmId.set(NO_ID);
  irs.emit({ kind: failed ? 'vm.id.leak' : 'vm.id.free', vmId });
  return failed ? -ETIMEDOUT : 0;
}
