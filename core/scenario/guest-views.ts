/**
 * The derived slots that people look at: each vCPU's PPIs and CPU interface as its guest has them. Brought up to date
 * before an event is reported, so that they belong to it as well.
 */
import { type Place } from '../kvm/events.ts';
import { GROUP } from '../kvm/uapi.ts';
import { GuestView } from '../kvm/v5/guest-view.ts';
import { type VcpuVgicV5 } from '../kvm/v5/vcpu-vgic.ts';
import { vgicV5Of } from '../kvm/v5/vm-vgic.ts';
import { type AnyEvent } from '../machine/events.ts';
import { type Machine } from '../machine/machine.ts';
import { type Journal } from '../state/journal.ts';
import { GuestRegisters } from './guest-registers.ts';
import { WatchedSlots } from './watched-slots.ts';

export interface View {
  readonly gic: VcpuVgicV5;
  readonly ppis: GuestView;
  readonly registers: GuestRegisters;
}

/**
 * From the first to the second, pending edges are neither in the shadow nor in the registers that a guest would read
 * but in the CPU's scratch: for the guest nothing changes there (kvm-vgic-v5 §16, §17).
 */
const LEAVES = new Set<AnyEvent['kind']>(['hyp.flush', 'vcpu.exit']);
const ARRIVES = new Set<AnyEvent['kind']>(['vcpu.entry', 'hyp.fold']);

/** Tables of SPIs and LPIs, the list and the locks: neither a PPI nor a register of an interface moves there. */
const ELSEWHERE = new Set<AnyEvent['kind']>([
  'gic.cd',
  'gic.cd.ignored',
  'irs.hppi',
  'irs.hppi.noPe',
  'spi.inject',
  'spi.inject.ignored',
  'gic.vd',
  'gic.vdpend',
  'gic.vdrcfg',
  'aplist.add',
  'aplist.remove',
  'lock.acquire',
  'lock.release',
]);

const ofPpis = new Map<string, boolean>();

/** Is it one of the ICC_PPI registers? Looked up, because the question comes with every access that changes something. */
function isOfPpis(register: string): boolean {
  let is = ofPpis.get(register);
  if (is === undefined) ofPpis.set(register, (is = register.startsWith('ICC_PPI_')));
  return is;
}

export class GuestViews {
  readonly all: readonly View[];
  /** vCPUs between the two. */
  readonly #between = new Set<number>();
  readonly #journal: Journal;
  /** What PPIs are derived from. */
  readonly #sources: WatchedSlots;
  /** Per vCPU: the version of the sources from which its PPIs were derived last. */
  readonly #versions: number[];

  /** Claims the slots; the VM must exist. Empty on a host that offers no vGICv5. */
  constructor(machine: Machine) {
    this.#journal = machine.journal;
    reserveSpis(machine);
    const part = vgicV5Of(machine.vm);
    this.all =
      part === undefined
        ? []
        : machine.threads.map(({ vcpu }) => {
            const gic = part.vcpu(vcpu);
            return { gic, ppis: new GuestView(gic), registers: new GuestRegisters(gic) };
          });
    this.#sources = new WatchedSlots(machine.journal, sourcesOf(machine, this.all));
    this.#versions = this.all.map(() => 0);
    if (this.all.length > 0) machine.beforeEvent = (event, place) => this.#update(event, place);
  }

  update(): void {
    this.#sources.look();
    for (const [vcpu, view] of this.all.entries()) this.#updateView(vcpu, view);
  }

  /** Time moves what every vCPU has pending; any other event only what its own vCPU has. */
  #update(event: AnyEvent, { vcpu }: Place): void {
    const { kind } = event;
    if (this.#journal.count !== 0) this.#sources.look();
    if (kind === 'cpuif.reg' && vcpu !== undefined) {
      // An access that changed nothing, such as a read: the most frequent event.
      if (this.#journal.count === 0) return;
      // What a mask or an enable of the interface means for PPIs is told by events of its own that follow.
      if (!isOfPpis(event.register)) {
        this.all[vcpu]?.registers.update();
        return;
      }
    } else if (ELSEWHERE.has(kind)) return;
    else if (vcpu === undefined || kind === 'host.counter') {
      this.update();
      return;
    } else if (LEAVES.has(kind)) this.#between.add(vcpu);
    else if (ARRIVES.has(kind)) this.#between.delete(vcpu);
    const view = this.all[vcpu];
    if (view !== undefined) this.#updateView(vcpu, view);
  }

  #updateView(vcpu: number, { ppis, registers }: View): void {
    const { version } = this.#sources;
    if (!this.#between.has(vcpu) && (this.#versions[vcpu] !== version || ppis.followsTime)) {
      this.#versions[vcpu] = version;
      ppis.update();
    }
    registers.update();
  }
}

/** Everything that `GuestView.update` reads, but for the time. */
function sourcesOf({ host }: Machine, views: readonly View[]): readonly object[] {
  return [
    ...host.cpus.flatMap(({ interface: { banks, signal }, virtualTimer, physicalTimer }) => [
      ...banks,
      { signal },
      virtualTimer,
      physicalTimer,
    ]),
    ...views.flatMap(({ gic: { ppis, vcpu, vm } }) => [ppis, vcpu.slots, vm, ...vcpu.timers.contexts]),
  ];
}

/** SPIs get their slots now, so that the layout depends on the configuration alone and can be declared. */
function reserveSpis({ config, vm }: Machine): void {
  const count = config.attributes?.find(({ group }) => group === GROUP.NR_IRQS)?.value;
  if (count !== undefined) vm.gics.get(config.device)?.reserve(Number(count));
}
