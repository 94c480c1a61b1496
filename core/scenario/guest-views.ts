/**
 * The derived slots that people look at: each vCPU's PPIs and CPU interface as its guest has them. Brought up to date
 * before an event is reported, so that they belong to it as well.
 */
import { type Place } from '../kvm/place.ts';
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

/** What an event can have moved of what is derived here. */
const REACH = {
  /** The PPIs and registers of its own vCPU. */
  own: 0,
  /** Time moves what every vCPU has pending. */
  all: 1,
  /** An access to a register of the interface. */
  access: 2,
  /** Tables of SPIs and LPIs, the list and the locks: neither a PPI nor a register of an interface. */
  nothing: 3,
  /**
   * From `leaves` to `arrives`, pending edges are neither in the shadow nor in the registers that a guest would read
   * but in the CPU's scratch: for the guest nothing changes there (kvm-vgic-v5 §16, §17).
   */
  leaves: 4,
  arrives: 5,
} as const;

/** Where it is not `own`. */
const REACH_OF: ReadonlyMap<AnyEvent['kind'], number> = new Map<AnyEvent['kind'], number>([
  ['host.counter', REACH.all],
  ['cpuif.reg', REACH.access],
  ['hyp.flush', REACH.leaves],
  ['vcpu.exit', REACH.leaves],
  ['vcpu.entry', REACH.arrives],
  ['hyp.fold', REACH.arrives],
  ['gic.cd', REACH.nothing],
  ['gic.cd.ignored', REACH.nothing],
  ['irs.hppi', REACH.nothing],
  ['irs.hppi.noPe', REACH.nothing],
  ['spi.inject', REACH.nothing],
  ['spi.inject.ignored', REACH.nothing],
  ['gic.vd', REACH.nothing],
  ['gic.vdpend', REACH.nothing],
  ['gic.vdrcfg', REACH.nothing],
  ['aplist.add', REACH.nothing],
  ['aplist.remove', REACH.nothing],
  ['lock.acquire', REACH.nothing],
  ['lock.release', REACH.nothing],
]);

const ofPpis = new Map<string, boolean>();

/** Is it one of the ICC_PPI registers? Looked up, because the question comes with every access that changes something. */
function isOfPpis(register: string): boolean {
  let is = ofPpis.get(register);
  if (is === undefined) ofPpis.set(register, (is = register.startsWith('ICC_PPI_')));
  return is;
}

/** Groups of sources: of PPIs but for the signal, the signals, and of the interface's registers. */
const PPIS = 0;
const SIGNALS = 1;
const REGISTERS = 2;

/** The versions of the sources from which a vCPU's slots were derived last, and whether it is between the two. */
interface Derived {
  isBetween: boolean;
  ppis: number;
  signals: number;
  registers: number;
}

export class GuestViews {
  readonly all: readonly View[];
  readonly #derived: readonly Derived[];
  readonly #journal: Journal;
  readonly #sources: WatchedSlots;

  /** Claims the slots; the VM must exist. Empty where the guest has another interrupt controller than a vGICv5. */
  constructor(machine: Machine) {
    this.#journal = machine.journal;
    reserveSpis(machine);
    const flat = machine.vm.gics.get(machine.config.device);
    // A GICv5 host with the interface of a GICv3 offers both: the device decides whose interrupts the guest has.
    const part = flat?.updateGuest === undefined ? vgicV5Of(machine.vm) : undefined;
    this.all =
      part === undefined
        ? []
        : machine.threads.map(({ vcpu }) => {
            const gic = part.vcpu(vcpu);
            return { gic, ppis: new GuestView(gic), registers: new GuestRegisters(gic) };
          });
    this.#sources = new WatchedSlots(machine.journal, sourcesOf(machine, this.all));
    this.#derived = this.all.map(() => ({ isBetween: false, ppis: 0, signals: 0, registers: 0 }));
    if (this.all.length > 0) machine.beforeEvent = (event, place) => this.#update(event, place);
    else if (flat?.updateGuest !== undefined) machine.beforeEvent = () => flat.updateGuest?.();
  }

  update(): void {
    this.#sources.look();
    for (const vcpu of this.all.keys()) this.#updateView(vcpu);
  }

  #update(event: AnyEvent, { vcpu }: Place): void {
    if (this.#journal.count !== 0) this.#sources.look();
    // An access that changed nothing, such as a read: the most frequent event.
    else if (event.kind === 'cpuif.reg') return;
    const reach = REACH_OF.get(event.kind) ?? REACH.own;
    if (reach === REACH.nothing) return;
    if (vcpu === undefined || reach === REACH.all) {
      this.update();
      return;
    }
    const derived = this.#derived[vcpu];
    if (derived === undefined) return;
    if (event.kind === 'cpuif.reg') {
      // What a mask or an enable of the interface means for PPIs is told by events of its own that follow.
      if (!isOfPpis(event.register)) {
        this.#updateRegisters(vcpu, derived);
        return;
      }
    } else if (reach === REACH.leaves) derived.isBetween = true;
    else if (reach === REACH.arrives) derived.isBetween = false;
    this.#updateView(vcpu);
  }

  #updateView(vcpu: number): void {
    const view = this.all[vcpu];
    const derived = this.#derived[vcpu];
    if (view === undefined || derived === undefined) return;
    if (!derived.isBetween) {
      const { ppis } = view;
      const { versions } = this.#sources;
      const sources = versions[PPIS] ?? 0;
      const signals = versions[SIGNALS] ?? 0;
      if (derived.ppis !== sources || ppis.followsTime) ppis.update();
      else if (derived.signals !== signals) ppis.updateMasked();
      derived.ppis = sources;
      derived.signals = signals;
    }
    this.#updateRegisters(vcpu, derived);
  }

  #updateRegisters(vcpu: number, derived: Derived): void {
    const version = this.#sources.versions[REGISTERS] ?? 0;
    if (derived.registers === version) return;
    derived.registers = version;
    this.all[vcpu]?.registers.update();
  }
}

/** Everything that the views read, but for the time, by group; without views, nothing. */
function sourcesOf({ host: { cpus } }: Machine, views: readonly View[]): readonly (readonly object[])[] {
  if (views.length === 0) return [];
  const parts = views.map(({ gic }) => gic);
  return [
    [
      ...cpus.flatMap(({ interface: { banks }, virtualTimer, physicalTimer }) => [
        ...banks,
        virtualTimer,
        physicalTimer,
      ]),
      ...parts.flatMap(({ ppis, vcpu, vm }) => [ppis, vcpu.slots, vm, ...vcpu.timers.contexts]),
    ],
    cpus.map(({ interface: { signal } }) => ({ signal })),
    [
      ...cpus.map(({ interface: { vmcr, apr, hppir } }) => ({ vmcr, apr, hppir })),
      ...parts.flatMap(({ ppis: { resident, vmcr, apr }, vcpu }) => [{ resident, vmcr, apr }, vcpu.slots]),
    ],
  ];
}

/** SPIs get their slots now, so that the layout depends on the configuration alone and can be declared. */
function reserveSpis({ config, vm }: Machine): void {
  const count = config.attributes?.find(({ group }) => group === GROUP.NR_IRQS)?.value;
  if (count !== undefined) vm.gics.get(config.device)?.reserve(Number(count));
}
