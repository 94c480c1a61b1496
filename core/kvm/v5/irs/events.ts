/** What the IRS layer tells an observer (kvm-vgic-v5-spi §13), after the state changes that an event owns. */
import { type IrsEvent } from '../../../gic/v5/irs/events.ts';
import { type ItsEvent } from '../../../gic/v5/irs/its.ts';
import { type Result } from '../../errno.ts';

/** Locks that are recorded: the VM's mutexes, the spin lock of its SPI list, and that of one SPI. */
export type LockName = 'vm' | 'config' | 'spiApList' | 'irq';

/** Why an injection had or had no effect (§7.3), in the words of a PPI's. */
export type SpiInjectReason = 'ok' | 'owner' | 'noChange' | 'edgeLow';

export type VgicIrsEvent =
  | IrsEvent
  | ItsEvent
  | { readonly kind: 'lock.acquire' | 'lock.release' | 'lock.deadlock'; readonly lock: LockName; readonly spi?: number }
  // --- tables and life ---
  /** KVM at a register of the host's IRS. */
  | { readonly kind: 'host.irs'; readonly op: 'read' | 'write'; readonly register: string; readonly value: bigint }
  | { readonly kind: 'vm.id' | 'vm.id.free' | 'vm.id.leak'; readonly vmId: number }
  | { readonly kind: 'vm.vmte.valid' | 'vm.vmte.invalid'; readonly vmId: number }
  | { readonly kind: 'vm.spiIst'; readonly idBits: number; readonly address: number }
  | { readonly kind: 'vm.vpe.valid'; readonly vmId: number; readonly vpe: number; readonly doorbellLpi: number }
  | { readonly kind: 'irs.region' | 'its.region'; readonly base: bigint; readonly bytes: number }
  | { readonly kind: 'irs.enable'; readonly on: boolean; readonly how: 'halt' | 'reload' }
  /** All vCPUs are stopped, or go on. */
  | { readonly kind: 'vm.halt' | 'vm.resume' }
  | { readonly kind: 'irs.ist.valid'; readonly idBits: number; readonly result: Result }
  | { readonly kind: 'irs.ist.release'; readonly result: Result }
  | { readonly kind: 'irs.ist.invalid' }
  | { readonly kind: 'irs.ist.reject'; readonly reason: string }
  | { readonly kind: 'irs.command'; readonly vcpu: number; readonly command: string; readonly result: Result }
  | { readonly kind: 'mmio.unmapped'; readonly offset: number; readonly bytes: number }
  | { readonly kind: 'spi.config'; readonly spi: number; readonly level: boolean }
  // --- residency ---
  | { readonly kind: 'vcpu.resident'; readonly vmId: number; readonly vpe: number; readonly irichppidis: boolean }
  | { readonly kind: 'vcpu.resident.fault'; readonly vmId: number; readonly vpe: number }
  | { readonly kind: 'vcpu.nonresident'; readonly dbRequested: boolean; readonly dbpm: number }
  | { readonly kind: 'vcpu.reload' | 'vcpu.doorbell' }
  // --- injection and the list ---
  | { readonly kind: 'spi.inject'; readonly intid: number; readonly level: boolean }
  | {
      readonly kind: 'spi.inject.ignored';
      readonly intid: number;
      readonly level: boolean;
      readonly reason: Exclude<SpiInjectReason, 'ok'>;
    }
  | { readonly kind: 'spi.latch.stuck'; readonly intid: number }
  | { readonly kind: 'gic.vdpend'; readonly vmId: number; readonly intid: number; readonly pending: boolean }
  | { readonly kind: 'gic.vdpend.ignored'; readonly vmId: number; readonly intid: number }
  | { readonly kind: 'gic.vdrcfg'; readonly intid: number; readonly icsr: bigint }
  | { readonly kind: 'gic.vdrcfg.fault'; readonly intid: number }
  /** Another instruction of EL2; not performed: no VPE is resident there, or there is no such entry. */
  | { readonly kind: 'gic.vd'; readonly instruction: string; readonly operand: bigint; readonly performed: boolean }
  | { readonly kind: 'aplist.add'; readonly intid: number; readonly length: number }
  | { readonly kind: 'aplist.remove'; readonly intid: number; readonly length: number }
  | { readonly kind: 'notifier.fire'; readonly pin: number }
  | { readonly kind: 'notifier.unsupported'; readonly gsi: number }
  | { readonly kind: 'resample.signal'; readonly gsi: number; readonly index: number }
  // --- user space ---
  | { readonly kind: 'uapi.irsRegister'; readonly op: 'get' | 'set'; readonly register: string; readonly value: bigint }
  | { readonly kind: 'ist.save' | 'ist.restore'; readonly spis: number; readonly lpis: number }
  | { readonly kind: 'ist.replay'; readonly intid: number };
