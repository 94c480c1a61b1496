/**
 * A VM as gicscope's KVM layer keeps it, for a VM whose hypervisor was recorded: core/kvm with the recorded machine's
 * interface, and a seat for each vCPU. Which vCPU a load names the recording does not say: it is the one of this VM
 * whose interface was put with the values that are loaded, the last one of that CPU first.
 */
import { Host } from '../../../../kvm/host.ts';
import { REFERENCE_HOST } from '../../../../kvm/host-facts.ts';
import { DEVICE_VGIC_V3, GROUP, UserWords } from '../../../../kvm/uapi.ts';
import { type Vcpu } from '../../../../kvm/vcpu.ts';
import { type VgicVcpu } from '../../../../kvm/vgic/vcpu-state.ts';
import { type VgicVm, vgicOf } from '../../../../kvm/vgic/vm-state.ts';
import { type CpuInterfaceV3 } from '../../../../gic/v3/cpu-interface.ts';
import { Journal } from '../../../../state/journal.ts';
import { Layout } from '../../../../state/layout.ts';
import { RECORDED_INTERFACE } from '../virtual-registers.ts';
import { type Image } from './world-switches.ts';

const SEATS = 16;
/** As many as KVM allows (kvm-vgic-v3 §14.3). */
const INTIDS = 992n;
const DISTRIBUTOR = 0x800_0000n;
const REDISTRIBUTORS = 0x1000_0000n;

/** A vCPU, with what the recording showed of it last. */
export class Seat {
  readonly vcpu: Vcpu;
  readonly self: VgicVcpu;
  saved: Image | undefined;
  lastCpu = -1;
  /** It ran when the recording began: its active priorities are not known before it is put. */
  isAdopted = false;
  /** Every interrupt of its list was in a list register once. */
  wasWhole = false;
  /** SPIs that the last exit found deactivated. */
  ended: ReadonlySet<number> = new Set();

  constructor(vcpu: Vcpu, self: VgicVcpu) {
    this.vcpu = vcpu;
    this.self = self;
  }

  /** The interface of the CPU where it is loaded. */
  get hardware(): CpuInterfaceV3 {
    const { interfaceV3 } = this.vcpu.requireCpu();
    if (interfaceV3 === undefined) throw new Error('the recorded host has no GICv3');
    return interfaceV3;
  }
}

export class GuestVm {
  readonly host: Host;
  readonly vgic: VgicVm;
  readonly #seats: readonly Seat[];
  /** Has an entry of this VM been compared? */
  isKnown = false;
  /** SPIs that were counted for another vCPU before a list register showed them. */
  owedSpis = 0;

  constructor(cpus: number) {
    const facts = { ...REFERENCE_HOST, gic: 'v3', cpus, v3Interface: RECORDED_INTERFACE } as const;
    this.host = new Host(new Journal(new Layout()), facts);
    const vm = this.host.createVm();
    this.vgic = vgicOf(vm);
    for (let id = 0; id < SEATS; id++) {
      must(vm.createVcpu(id));
      vm.vcpu(id)?.init();
    }
    must(vm.createDevice(DEVICE_VGIC_V3));
    const set = (group: number, attr: bigint, value: bigint): void =>
      must(vm.deviceAttr('set', group, attr, new UserWords(value)));
    set(GROUP.NR_IRQS, 0n, INTIDS);
    set(GROUP.ADDR, 2n, DISTRIBUTOR);
    set(GROUP.ADDR, 3n, REDISTRIBUTORS);
    set(GROUP.CTRL, 0n, 0n);
    this.vgic.enabled.flag = true;
    this.#seats = vm.vcpus.map((vcpu) => new Seat(vcpu, this.vgic.attach(vcpu)));
  }

  /** More than one vCPU was met. */
  get isMultiple(): boolean {
    return this.#seats.filter(({ lastCpu }) => lastCpu >= 0).length > 1;
  }

  /** The vCPU that is loaded on `cpu` with this interface. */
  seatOf(cpu: number, image: Image): Seat | undefined {
    const free = this.#seats.filter(({ vcpu }) => vcpu.cpu === undefined);
    const met = free.filter(({ lastCpu }) => lastCpu >= 0);
    const same = met.filter(({ saved }) => saved !== undefined && isSame(saved, image));
    const fresh = free.find(({ lastCpu }) => lastCpu < 0);
    return lastOf(same, cpu) ?? fresh ?? lastOf(met, cpu);
  }
}

function lastOf(seats: readonly Seat[], cpu: number): Seat | undefined {
  return seats.find(({ lastCpu }) => lastCpu === cpu) ?? seats[0];
}

function isSame(a: Image, b: Image): boolean {
  return a.vmcr === b.vmcr && a.ap0 === b.ap0 && a.ap1 === b.ap1;
}

function must(result: number): void {
  if (result !== 0) throw new Error(`the emulated VM could not be set up: ${result}`);
}
