/**
 * What the GICv3 and GICv2 vectors show of a machine: one value per key (`irq 0 27`, `ap 1`, `if 0`, `hw 0`, `req 0`,
 * `vm`), and which keys a changed slot can move. Numbers of 64 bits are bigint, as the comparison reads them.
 */
import { type Journal } from '../../core/state/journal.ts';
import { slotId } from '../../core/state/brand.ts';
import { type Cell } from '../../core/state/cell.ts';
import { type Vm } from '../../core/kvm/vm.ts';
import { type CpuInterfaceV3 } from '../../core/gic/v3/cpu-interface.ts';
import { type Irq, NONE } from '../../core/kvm/vgic/irq.ts';
import { type VgicVcpu } from '../../core/kvm/vgic/vcpu-state.ts';
import { vgicOf } from '../../core/kvm/vgic/vm-state.ts';
import { type Value } from './compare.ts';

function int(flag: boolean): number {
  return flag ? 1 : 0;
}

/** The 17 numbers of an interrupt's record. */
function irqRecord(owner: number, irq: Irq): Value {
  return [
    owner,
    irq.intid,
    int(irq.enabled),
    int(irq.latch),
    int(irq.line),
    int(irq.active),
    irq.priority,
    irq.group,
    int(irq.isLevel),
    int(irq.hw),
    irq.hwIntid,
    irq.source,
    irq.activeSource,
    irq.target,
    irq.holder,
    int(irq.onLr),
    irq.routing,
  ];
}

function words(cells: readonly Cell[]): bigint[] {
  return cells.map((cell) => cell.value);
}

/** Without trailing zeros. */
function cut(cells: readonly Cell[]): bigint[] {
  const values = words(cells);
  while (values.at(-1) === 0n) values.pop();
  return values;
}

function imageOf(self: VgicVcpu, activeWords: number): Value {
  return {
    hcr: self.hcr.value,
    vmcr: self.vmcr.value,
    used: self.usedLrs.lo,
    lr: cut(self.lr),
    ap0r: words(self.ap0r.slice(0, activeWords)),
    ap1r: words(self.ap1r.slice(0, activeWords)),
  };
}

const SIGNALS = { none: 0, irq: 1, fiq: 2 } as const;

function hardwareOf(self: VgicVcpu, hardware: CpuInterfaceV3): Value {
  const inGuest = self.vcpu.inGuest;
  const always = {
    in: int(inGuest),
    hcr: hardware.hcr.value,
    vmcr: hardware.vmcr.value,
    lr: cut(hardware.lr),
    ap0r: words(hardware.ap0r),
    ap1r: words(hardware.ap1r),
  };
  if (!inGuest) return always;
  const { misr, eisr, elrsr, signal } = hardware;
  return { ...always, misr, eisr, elrsr, sig: SIGNALS[signal] };
}

/** The value of one key; undefined: there is nothing of that name now. */
export function show(vm: Vm, key: string): Value | undefined {
  const vgic = vgicOf(vm);
  const [section = '', first = '', second = ''] = key.split(' ');
  if (section === 'vm')
    return {
      enabled: vgic.enabled.lo,
      activeSpis: vgic.activeSpis.lo,
      rev: vgic.implRev.lo,
      init: vm.initialized.lo,
      ready: vm.ready.lo,
      nrSpis: vgic.nrSpis.lo,
      dead: vm.dead.lo,
    };
  const self = vgic.vcpu(Number(first));
  if (section === 'irq') {
    const irq = vgic.lookup(self, Number(second));
    return irq === undefined ? undefined : irqRecord(Number(first), irq);
  }
  if (self === undefined) return undefined;
  switch (section) {
    case 'ap':
      return self.apList.map(({ intid }) => intid);
    case 'if':
      return imageOf(self, activeWordsOf(vm));
    case 'req':
      return self.requests.lo | int(self.vcpu.slots.irqPendingRequest.flag);
    case 'hw': {
      const hardware = self.vcpu.cpu?.interfaceV3;
      return hardware === undefined ? null : hardwareOf(self, hardware);
    }
    default:
      return undefined;
  }
}

function activeWordsOf(vm: Vm): number {
  return vm.host.cpus[0]?.interfaceV3?.ap1r.length ?? 1;
}

const VCPU_SLOT = /^vcpu(\d+)\.(?:vgic\.)?(.+)$/;
const PRIVATE = /^irq\.(?:sgi|ppi)(\d+)\./;
const SHARED = /^vm\.vgic\.irq\.spi(\d+)\./;
const PHYSICAL = /^pcpu(\d+)\.v3\./;

/** The keys that a slot of this path can move. */
function keysOf(path: string): readonly string[] {
  const shared = SHARED.exec(path);
  if (shared !== null) return [`irq -1 ${shared[1]}`];
  const physical = PHYSICAL.exec(path);
  if (physical !== null) return [`hw ${physical[1]}`];
  const vcpu = VCPU_SLOT.exec(path);
  if (vcpu === null) return ['vm'];
  const [, index = '', name = ''] = vcpu;
  const irq = PRIVATE.exec(name);
  if (irq !== null) return [`irq ${index} ${irq[1]}`, `ap ${index}`];
  if (name.startsWith('apList')) return [`ap ${index}`];
  if (name.startsWith('request')) return [`req ${index}`];
  if (name === 'physicalCpu' || name === 'inGuest') return [`hw ${index}`];
  return [`if ${index}`];
}

/** Collects the keys that the journal's entries since the last call can have moved. */
export class Watch {
  readonly #journal: Journal;
  readonly #keys = new Map<number, readonly string[]>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  drain(): Set<string> {
    const log = this.#journal;
    const keys = new Set<string>();
    for (let i = 0; i < log.count; i++) {
      const slot = log.slot[i] ?? 0;
      let names = this.#keys.get(slot);
      if (names === undefined) {
        names = keysOf(this.#journal.layout.descriptor(slotId(slot)).path);
        this.#keys.set(slot, names);
      }
      for (const name of names) keys.add(name);
      // A chain link of an SPI belongs to the list of its holder, before or after.
      if (names[0]?.startsWith('irq -1') === true)
        for (const hi of [log.beforeHi[i] ?? 0, log.afterHi[i] ?? 0]) {
          const holder = ((hi >>> 17) & 0x3ff) - 1;
          if (holder !== NONE) keys.add(`ap ${holder}`);
        }
    }
    this.#journal.clear();
    return keys;
  }
}
