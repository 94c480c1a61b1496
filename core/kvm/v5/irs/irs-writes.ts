/**
 * Writes of the virtual IRS that reach further than their register: enabling the IRS, and giving it or taking from it
 * the table of LPIs (gicv5-irs-registers §4, kvm-vgic-v5-spi §4, "Points settled" 3). The guest's own memory is never
 * used: the host makes a table of its own.
 */
import { LPI } from '../../../gic/v5/irs/iste.ts';
import { EBUSY, EINVAL, ENOMEM, ENXIO, type Result } from '../../errno.ts';
import { COMMANDS } from './host-registers.ts';
import { IST_CFGR_MASK, whyRejected } from './irs-state.ts';
import { type Spi } from './spi.ts';
import { type VmIrs } from './vm-irs.ts';

/** The SPI that IRS_SPI_SELR names, if the VM has it. */
export function selectsSpi(irs: VmIrs): Spi | undefined {
  return irs.spi(irs.registers.spiSelr.lo & 0xff_ffff);
}

/** IRS_CR0.IRSEN; what a change does to the vCPUs is the profile's. */
export function writeCr0(irs: VmIrs, on: boolean): void {
  const { locks, registers, behaviour } = irs;
  locks.with('config', () => {
    const changes = registers.enabled !== on;
    // The earlier postings stop every vCPU even if nothing changes.
    if (behaviour.enable === 'halt') irs.emit({ kind: 'vm.halt' });
    if (changes) {
      registers.enabled = on;
      irs.emit({ kind: 'irs.enable', on, how: behaviour.enable });
      irs.onEnable?.(behaviour.enable);
    }
    if (behaviour.enable === 'halt') irs.emit({ kind: 'vm.resume' });
  });
}

export function writeCfgr(irs: VmIrs, value: number): void {
  const { locks, registers, behaviour } = irs;
  const store = (): void => registers.istCfgr.set(value & IST_CFGR_MASK);
  // The earlier postings stored it at any time, without a lock.
  if (!behaviour.halfAccesses) store();
  else locks.with('config', () => (registers.istValid ? undefined : store()));
}

/** The guest's write of IRS_IST_BASER, whole or a half that is merged into the present value. */
export function writeBaser(irs: VmIrs, value: bigint, byte: number, bytes: number): void {
  irs.locks.with('config', () => {
    const { registers } = irs;
    const mask = bytes === 8 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn << BigInt(8 * byte);
    const merged = (registers.istBaser.value & ~mask) | ((value << BigInt(8 * byte)) & mask);
    const valid = (merged & 1n) !== 0n;
    if (registers.istValid) {
      if (!valid) disable(irs, merged);
      // The earlier postings took another address for a table in use.
      else if (!irs.behaviour.halfAccesses) registers.setIst(merged);
    } else if (!valid || enable(irs)) {
      registers.setIst(merged);
      if (valid) irs.emit({ kind: 'irs.ist.valid', idBits: registers.lpiIdBits, result: 0 });
    }
  });
}

/** False: the write is ignored. */
function enable(irs: VmIrs): boolean {
  const reason = whyRejected(irs.registers);
  if (reason !== undefined) {
    irs.emit({ kind: 'irs.ist.reject', reason });
    return false;
  }
  const result = allocateLpis(irs);
  // A failure is silent for the guest: VALID stays 0.
  if (result !== 0) irs.emit({ kind: 'irs.ist.valid', idBits: irs.registers.lpiIdBits, result });
  return result === 0;
}

/** The host makes its own table for the guest's LPIs and enters it for the VM. */
export function allocateLpis(irs: VmIrs): Result {
  if (irs.host.fails('alloc')) return -ENOMEM;
  if (irs.hasIst(LPI)) return -EBUSY;
  irs.tables.attachIst(LPI, irs.registers.lpiIdBits);
  irs.host.command(COMMANDS.mapIst(irs.vmId.lo, LPI), irs.place);
  irs.host.recalculate(irs.vmId.lo);
  return 0;
}

/** The host's IRS lets go of the table, then its memory is released. */
function disable(irs: VmIrs, value: bigint): void {
  const { registers, host, behaviour } = irs;
  const command = host.command(COMMANDS.unmapIst(irs.vmId.lo, LPI), irs.place, 'command');
  irs.emit({ kind: 'irs.command', vcpu: irs.actor?.index ?? 0, command: 'lpi_ist_invalid', result: command });
  if (command !== 0) return;
  if (behaviour.disablesBeforeRelease) registers.setIst(value);
  const released = releaseLpis(irs);
  if (!behaviour.disablesBeforeRelease && released === 0) registers.setIst(value);
  if (!registers.istValid) irs.emit({ kind: 'irs.ist.invalid' });
  host.recalculate(irs.vmId.lo);
}

export function releaseLpis(irs: VmIrs): Result {
  const result = irs.host.fails('free') || !irs.hasIst(LPI) ? -ENXIO : 0;
  if (result === 0) irs.tables.detachIst(LPI);
  irs.emit({ kind: 'irs.ist.release', result });
  return result;
}

/** User space's write stores and allocates nothing; once the host has a table it must be the present value. */
export function userWriteCfgr(irs: VmIrs, value: number): Result {
  const { registers, behaviour } = irs;
  if (behaviour.restoresImages && irs.hasIst(LPI))
    return (value & IST_CFGR_MASK) === registers.istCfgr.lo ? 0 : -EINVAL;
  registers.istCfgr.set(value & IST_CFGR_MASK);
  return 0;
}

export function userWriteBaser(irs: VmIrs, value: bigint): Result {
  const { registers, behaviour } = irs;
  const before = registers.istBaser.value;
  const wasValid = registers.istValid;
  if (behaviour.restoresImages && irs.hasIst(LPI)) {
    return (value & 0x00ff_ffff_ffff_ffc1n) === before ? 0 : -EINVAL;
  }
  registers.setIst(value);
  // The first run waits for an image of the table (§11.3).
  if (behaviour.restoresImages && !wasValid && registers.istValid) registers.restorePending.flag = true;
  return 0;
}
