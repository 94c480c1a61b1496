/** The emulator's state in the keys of the PPI vectors: sections `vm`, `p0`, `p1`, `c0`, `c1`, `c2`. */
import { type Host } from '../../core/kvm/host.ts';
import { type HostCpu } from '../../core/kvm/host-cpu.ts';
import { type TimerContext } from '../../core/kvm/timer-context.ts';
import { type Vcpu } from '../../core/kvm/vcpu.ts';
import { type Vm } from '../../core/kvm/vm.ts';
import { VGIC_V5 } from '../../core/kvm/v5/model.ts';
import { VcpuVgicV5 } from '../../core/kvm/v5/vcpu-vgic.ts';
import { VmVgicV5 } from '../../core/kvm/v5/vm-vgic.ts';
import { bitsOf } from '../../core/gic/v5/words.ts';
import { type Cell } from '../../core/state/cell.ts';
import { type Value } from './compare.ts';

export type Section = Readonly<Record<string, Value>>;

const values = (cells: readonly Cell[]): bigint[] => cells.map((cell) => cell.value);
const bit = (flag: boolean): number => (flag ? 1 : 0);

/** The vGICv5 part of a vCPU. */
export function vgicOf(vcpu: Vcpu): VcpuVgicV5 {
  const gic = vcpu.gicOf(VGIC_V5);
  if (!(gic instanceof VcpuVgicV5)) throw new Error('the host offers no vGICv5');
  return gic;
}

export function vmSection(host: Host, vm: Vm | undefined, zero: Section): Section {
  if (vm === undefined) return zero;
  const gic = vm.gics.get(VGIC_V5.deviceType);
  if (!(gic instanceof VmVgicV5)) throw new Error('the host offers no vGICv5');
  return {
    exists: bit(vm.exists.flag),
    in_kernel: bit(vm.irqchip.flag),
    model: vm.irqchip.lo,
    initialized: vm.initialized.lo,
    ready: vm.ready.lo,
    dead: vm.dead.lo,
    created: vm.created.lo,
    online: vm.online.lo,
    max_vcpus: vm.maxVcpus.lo,
    ran_once: vm.ranOnce.lo,
    timers_immutable: vm.timersImmutable.lo,
    userspace_ppis: gic.userspacePpis.value,
    ppi_mask: gic.ppiMask.value,
    ppi_hmr: gic.ppiHmr.value,
    timer_ppi: {
      p: vm.timerPpis.p.value,
      v: vm.timerPpis.v.value,
      hv: vm.timerPpis.hv.value,
      hp: vm.timerPpis.hp.value,
    },
    fgu: vm.fgu.lo,
    id_gic: vm.idGic.lo,
    id_gcie: vm.idGcie.lo,
    now: Number(host.counter.value),
  };
}

export function cpuSection(cpu: HostCpu): Section {
  const { interface: hardware, scratchPendr, scratchActiver } = cpu.hardwareV5;
  const [bank] = hardware.banks;
  if (bank === undefined) throw new Error('a CPU interface has at least one bank');
  const { vcpu } = cpu;
  return {
    loaded: vcpu?.index ?? -1,
    vmcr: hardware.vmcr.value,
    apr: hardware.apr.value,
    icsr: hardware.icsr.value,
    dvir: bank.dvi.value,
    activer: bank.active.value,
    enabler: bank.enable.value,
    pendr: bank.pend.value,
    priorityr: values(bank.priority),
    phys: bank.physical.value,
    host_masked: cpu.disabledPpis.value,
    scratch_pendr: scratchPendr.value,
    scratch_activer: scratchActiver.value,
    hppir: vcpu?.inGuest === true ? hardware.hppir.value : null,
    cnt: [
      cpu.virtualTimer.control.lo,
      cpu.virtualTimer.compare.value,
      cpu.physicalTimer.control.lo,
      cpu.physicalTimer.compare.value,
    ],
  };
}

export function vcpuSection(vcpu: Vcpu | undefined, zero: Section): Section {
  if (vcpu === undefined) return zero;
  const { slots, timers } = vcpu;
  const gic = vgicOf(vcpu);
  const { ppis } = gic;
  const saved = ({ control, compare }: TimerContext): Value[] => [control.lo, compare.value];
  return {
    exists: 1,
    id: vcpu.id,
    allocated: ppis.allocated.lo,
    has_run: slots.hasRun.lo,
    pcpu: slots.physicalCpu.lo - 1,
    in_guest: slots.inGuest.lo,
    in_wfi: slots.inWfi.lo,
    blocking: slots.blocking.lo,
    cpu_lines: slots.cpuLines.lo,
    req_irq_pending: slots.irqPendingRequest.lo,
    pri_bits: ppis.priorityBits.lo,
    id_bits: ppis.idBits.lo,
    timer_enabled: timers.enabled.lo,
    enabled: ppis.enabled.value,
    latch: ppis.pendingLatch.value,
    line: ppis.lineLevel.value,
    active: ppis.active.value,
    level: ppis.level.value,
    hw: ppis.hw.value,
    owned: ppis.owned,
    owners: Object.fromEntries(bitsOf(ppis.owned).map((ppi) => [String(ppi), ppis.ownerOf(ppi)])),
    hwintid: Object.fromEntries(bitsOf(ppis.hw.value).map((ppi) => [String(ppi), ppis.hostPpiOf(ppi)])),
    ops_default: ppis.withOperations('default'),
    ops_timer: ppis.withOperations('timer'),
    on_list: ppis.listed.value,
    priority: values(ppis.priority),
    vmcr: ppis.vmcr.value,
    apr: ppis.apr.value,
    icsr: ppis.icsr.value,
    dvir: ppis.dvir.value,
    activer: ppis.activer.value,
    enabler: ppis.enabler.value,
    priorityr: values(ppis.priorityr),
    resident: ppis.resident.lo,
    timers: [...saved(timers.context('vtimer')), ...saved(timers.context('ptimer'))],
  };
}
