/**
 * What KVM tells an observer, one event per action (kvm-vgic-v5 §26). An event is reported after the state changes
 * that it owns and before those of the next one. `Place` says where; values are bigint where 64 bits are possible.
 */
import { type EndEffect, type SpuriousReason } from '../gic/v3/cpu-interface.ts';
import { type CpuifEvent } from '../gic/v5/events.ts';
import { type Result } from './errno.ts';
import { type Operations, type Owner } from './gic-model.ts';
import { type Place } from './place.ts';
import { type AttributeOp, type Msi } from './uapi.ts';
import { type VgicIrsEvent } from './v5/irs/events.ts';

export type Observer = (event: KvmEvent, place: Place) => void;

/** Why an injection had or had no effect (§14). */
export type InjectReason = 'ok' | 'notInitialised' | 'owner' | 'noChange' | 'edgeLow' | 'badTarget' | 'notModelled';

/** One line of a pending check (§18.5). */
export interface PendingVerdict {
  readonly ppi: number;
  readonly enabled: boolean;
  readonly priority: number;
  readonly hw: boolean;
  /** Absent: not asked, because the PPI is disabled or not urgent enough. */
  readonly pending?: boolean;
}

/** User space. */
export type UapiEvent =
  | { readonly kind: 'uapi.createVm'; readonly result: Result }
  | { readonly kind: 'uapi.createDevice'; readonly type: number; readonly flags: number; readonly result: Result }
  | { readonly kind: 'uapi.createVcpu'; readonly id: number; readonly result: Result }
  | { readonly kind: 'uapi.vcpuCreation'; readonly phase: 'begun' | 'abandoned' }
  | { readonly kind: 'uapi.vcpuInit'; readonly features: number; readonly result: Result }
  | { readonly kind: 'uapi.vcpuFinalize'; readonly result: Result }
  | {
      readonly kind: 'uapi.deviceAttr' | 'uapi.vcpuAttr';
      readonly op: AttributeOp;
      readonly group: number;
      readonly attr: bigint;
      readonly result: Result;
      /** The word that was set or given, of a call that succeeded. */
      readonly value?: bigint;
      /** Number of a device beside the irqchip (an ITS); absent: the irqchip, or the vCPU. */
      readonly companion?: number;
    }
  | { readonly kind: 'uapi.signalMsi'; readonly msi: Msi; readonly result: Result }
  | { readonly kind: 'uapi.gsiRouting'; readonly routes: number; readonly result: Result }
  | {
      readonly kind: 'uapi.irqLine';
      readonly irq: number;
      readonly type: number;
      readonly vcpuId: number;
      readonly number: number;
      readonly level: boolean;
      readonly result: Result;
    }
  | {
      readonly kind: 'uapi.oneReg';
      readonly op: 'get' | 'set';
      readonly register: string;
      readonly value: bigint;
      readonly result: Result;
    }
  | {
      readonly kind: 'uapi.sysreg';
      readonly op: 'get' | 'set';
      readonly register: string;
      readonly value: bigint;
      readonly result: Result;
    }
  | { readonly kind: 'uapi.run'; readonly phase: 'begin' | 'end'; readonly result: Result };

/** The life of the VM and its vCPUs. */
export type LifeEvent =
  | { readonly kind: 'vm.idregs'; readonly gic: number; readonly gcie: number; readonly cause: string }
  | { readonly kind: 'vm.timerPpis'; readonly p: number; readonly v: number; readonly hv: number; readonly hp: number }
  | { readonly kind: 'vm.init'; readonly vcpus: number; readonly userspacePpis: bigint }
  | { readonly kind: 'vm.ready' | 'vm.dead' | 'vm.ran' | 'vm.timersImmutable' }
  | { readonly kind: 'vm.fgu'; readonly gcie: boolean }
  | {
      readonly kind: 'vm.ppiFinalised';
      readonly mask: bigint;
      readonly hmr: bigint;
      /** The vCPU whose PPIs were looked at. */
      readonly sourceVcpu: number;
    }
  | { readonly kind: 'vcpu.power'; readonly on: boolean }
  | { readonly kind: 'vcpu.allocated' | 'vcpu.reset' | 'vcpu.wake' | 'vcpu.timersEnabled' }
  | { readonly kind: 'vcpu.firstRun'; readonly step: number; readonly result: Result }
  | {
      readonly kind: 'vcpu.ppiMasked';
      readonly enablerBefore: bigint;
      readonly enablerAfter: bigint;
      readonly activerBefore: bigint;
      readonly activerAfter: bigint;
      readonly clearedEnabled: readonly number[];
      readonly clearedActive: readonly number[];
      readonly clearedLatch: readonly number[];
      readonly clearedLine: readonly number[];
    };

/** The run loop. */
export type RunEvent =
  | { readonly kind: 'vcpu.load'; readonly skipped: boolean; readonly vmcr: bigint; readonly apr: bigint }
  | {
      readonly kind: 'vcpu.put';
      readonly skipped: boolean;
      readonly apr: bigint;
      readonly prioritiesSynced: boolean;
    }
  | { readonly kind: 'vcpu.scheduled'; readonly in: boolean }
  | { readonly kind: 'vcpu.request'; readonly request: 'irqPending' }
  | { readonly kind: 'vcpu.requestsCleared' }
  | { readonly kind: 'vcpu.kick'; readonly blocked: boolean; readonly inGuest: boolean }
  | { readonly kind: 'vcpu.entry' }
  | { readonly kind: 'vcpu.entryAborted'; readonly reason: 'request' | 'hostWork' }
  | { readonly kind: 'vcpu.exit'; readonly reason: string }
  | { readonly kind: 'vcpu.twi'; readonly trap: boolean; readonly reason: string }
  | {
      readonly kind: 'vcpu.wfi';
      readonly phase: 'enter' | 'block' | 'exit';
      readonly cause: 'wfi' | 'suspend';
      /** Of `exit`: what ended the wait, where it is known. */
      readonly wakeReason?: string;
    }
  | {
      readonly kind: 'vcpu.pendingCheck';
      readonly mask: number;
      readonly ppis: readonly PendingVerdict[];
      /** A doorbell rang: an SPI or LPI waits (kvm-vgic-v5-spi §5.3). */
      readonly doorbell: boolean;
      readonly pending: boolean;
    }
  | { readonly kind: 'hyp.fgt'; readonly read: number; readonly write: number; readonly instruction: number }
  | { readonly kind: 'hyp.vctlr'; readonly value: number }
  | { readonly kind: 'hyp.vmcr'; readonly vmcr: bigint }
  | { readonly kind: 'hyp.flush'; readonly pendr: bigint; readonly latchesCleared: bigint }
  | {
      readonly kind: 'hyp.restore';
      readonly dvir: bigint;
      readonly activer: bigint;
      readonly enabler: bigint;
      readonly pendr: bigint;
    }
  | {
      readonly kind: 'hyp.save';
      readonly vmcr: bigint;
      readonly activer: bigint;
      readonly pendr: bigint;
    }
  | {
      readonly kind: 'hyp.fold';
      readonly activer: bigint;
      readonly edgePendr: bigint;
      readonly latchesSet: bigint;
    };

/** Interrupts as KVM keeps them. */
export type IrqEvent =
  | {
      readonly kind: 'irq.inject';
      readonly intid: number;
      readonly level: boolean;
      readonly owner: Owner;
      readonly accepted: boolean;
      readonly reason: InjectReason;
    }
  | { readonly kind: 'irq.cpuLine'; readonly line: number; readonly level: boolean }
  | { readonly kind: 'irq.listed'; readonly ppi: number }
  | { readonly kind: 'irq.enabled'; readonly ppi: number; readonly before: boolean; readonly after: boolean }
  | { readonly kind: 'irq.owner'; readonly ppi: number; readonly owner: Owner }
  | { readonly kind: 'irq.map'; readonly ppi: number; readonly hostPpi: number }
  | { readonly kind: 'irq.unmap' | 'irq.resetMapped'; readonly ppi: number }
  | { readonly kind: 'irq.ops'; readonly ppi: number; readonly before: Operations; readonly after: Operations }
  | { readonly kind: 'dvi.change'; readonly ppi: number; readonly on: boolean; readonly dvir: bigint };

export type TrapEvent =
  | {
      readonly kind: 'trap.sysreg';
      readonly register: string;
      readonly direction: 'read' | 'write';
      /** The value as the guest wrote it, or as it was handed back. */
      readonly value: bigint;
      /** What was stored after masking; absent when the access stores nothing. */
      readonly stored?: bigint;
    }
  | { readonly kind: 'trap.undef'; readonly what: string; readonly via: 'hardware' | 'fgu' | 'handler' };

/** Timers, PMU and the host. */
export type HostEvent =
  | { readonly kind: 'timer.level'; readonly ppi: number; readonly level: boolean; readonly direct: boolean }
  | { readonly kind: 'timer.write'; readonly register: string; readonly value: bigint; readonly direct: boolean }
  | { readonly kind: 'timer.soft'; readonly timer: 'ptimer' | 'background'; readonly deadline: bigint | undefined }
  | { readonly kind: 'timer.restored' | 'timer.saved'; readonly timer: string }
  | { readonly kind: 'pmu.write'; readonly overflow: number; readonly interrupts: number; readonly enabled: boolean }
  | { readonly kind: 'pmu.level'; /** 0: none was chosen. */ readonly intid: number; readonly level: boolean }
  | { readonly kind: 'host.ppiMask'; readonly ppi: number; readonly masked: boolean; readonly cause: string }
  | { readonly kind: 'host.softTimer'; readonly timer: 'ptimer' | 'background' }
  | { readonly kind: 'host.counter'; readonly counter: bigint }
  | { readonly kind: 'host.tasks'; readonly runnable: number }
  | { readonly kind: 'host.warning'; readonly warning: string };

/** Who moves an input (kvm-vgic-v3 §18, `irq.line`): user space's call, an eventfd, or the device in the kernel. */
export type InputVia = 'KVM_IRQ_LINE' | 'irqfd' | Owner;
/** What came of it (§4.1); `absorbed`: an edge, and the one before it still waits. */
export type InputOutcome = 'accepted' | 'absorbed' | 'foreignOwner' | 'unchanged' | 'fallingEdge' | 'badIntid';

/** Why an interrupt has no vCPU to go to (kvm-vgic-v3 §5.1), or left a list although it has one. */
export type RemovalReason = 'not pending' | 'disabled' | 'distributor off' | 'routed nowhere' | 'LPIs disabled';

/** IAR (kvm-vgic-v3 §18, `icv.ack`). */
export interface IcvAcknowledge {
  readonly kind: 'icv.acknowledge';
  readonly register: string;
  readonly intid: number;
  /** List register; −1: none was acknowledged. */
  readonly lr: number;
  readonly priority: number;
  /** GICv2 SGIs. */
  readonly source?: number;
  /** Why there was nothing; absent: there was. */
  readonly why?: SpuriousReason;
}

/** EOIR or DIR (`icv.eoi`, `icv.dir`), of the INTID that the guest wrote. */
export interface IcvEnd {
  readonly kind: 'icv.end';
  readonly register: string;
  readonly intid: number;
  /** List register; −1: none held it. */
  readonly lr: number;
  /** Group priority that was dropped; −1: none. */
  readonly priority: number;
  /** `emulated`: by the hypervisor, in memory. */
  readonly effect: EndEffect | 'emulated';
}

export type DirRefusal = 'EOImode 0' | 'beyond the VM' | 'on no AP list' | 'another source is active';

/** kvm-vgic-v3 §10.1, §18: `unmapped` no frame, or no register there. */
export type MmioRefusal = 'unmapped' | 'badLen' | 'unaligned' | 'beyondIrqs';

/** A write of a register with a field per interrupt changed one (kvm-vgic-v3 §18, `irq.state`). */
export interface IrqWritten {
  readonly kind: 'irq.written';
  readonly intid: number;
  /**
   * `target`: the routing as programmed, affinity or mask. `handling`: 1 level. `sources`: senders of a GICv2 SGI.
   * `pending`: its latch in bit 0; in bit 1 whether it is pending, which a high line can make it too.
   */
  readonly what: 'enabled' | 'group' | 'priority' | 'handling' | 'target' | 'pending' | 'active' | 'line' | 'sources';
  readonly before: number;
  readonly after: number;
  readonly by: 'guest' | 'userspace';
  /** Of `target`: index of the vCPU where it goes now, −1 for nobody. */
  readonly leadsTo?: number;
}

/** A guest sent an SGI by a register (kvm-vgic-v3 §4.2, §18); vCPUs by creation index. */
export interface SgiSent {
  readonly kind: 'sgi.send';
  readonly register: string;
  readonly value: bigint;
  readonly sgi: number;
  /** Where it becomes pending. */
  readonly to: readonly number[];
  /** Where it does not, being of group 1. */
  readonly filtered: readonly number[];
  /** Of `to`: it waited there already, so that two become one. */
  readonly absorbed: readonly number[];
  /** Of `to`: switched off, so that nothing wakes them. */
  readonly off: readonly number[];
  /** Named targets that are no vCPU: Aff0 of the list, bits of GICD_SGIR's mask. */
  readonly nobody: readonly number[];
}

/** The GICv3 and GICv2 models (kvm-vgic-v3 §18). Interrupts are named by INTID, vCPUs by creation index. */
export type VgicEvent =
  | {
      readonly kind: 'irq.updatePending';
      /** Whose private interrupt it is; 0 for a shared one. */
      readonly vcpu: number;
      readonly intid: number;
      readonly level: boolean;
      readonly via: InputVia;
      readonly outcome: InputOutcome;
    }
  | { readonly kind: 'irq.bound'; readonly intid: number; readonly pintid: number }
  | { readonly kind: 'irq.acknowledged'; readonly pin: number }
  | { readonly kind: 'ap.queue' | 'irq.unqueued'; readonly intid: number; readonly target: number }
  /** `holder`: the vCPU whose AP list holds it, or NONE. */
  | { readonly kind: 'irq.endedElsewhere'; readonly intid: number; readonly holder: number }
  | { readonly kind: 'ap.remove'; readonly intid: number; readonly from: number; readonly why: RemovalReason }
  | { readonly kind: 'ap.migrate'; readonly intid: number; readonly from: number; readonly to: number }
  /** INTIDs in the order before and after. */
  | { readonly kind: 'ap.sort'; readonly before: readonly number[]; readonly after: readonly number[] }
  | { readonly kind: 'vm.requestAll'; readonly request: 'irqPending' | 'sleep' }
  | { readonly kind: 'vcpu.forcedExit' | 'vcpu.requestUpdate' | 'vcpu.pruned' }
  | IcvAcknowledge
  | IcvEnd
  /** A trapped DIR changed nothing (§8.4). */
  | { readonly kind: 'icv.dirIgnored'; readonly intid: number; readonly why: DirRefusal }
  /** The interface's maintenance interrupt takes the vCPU out of the guest. */
  | { readonly kind: 'icv.maintenance'; readonly misr: number; readonly eisr: number; readonly elrsr: number }
  | {
      readonly kind: 'mmio';
      readonly address: bigint;
      readonly length: number;
      readonly direction: 'read' | 'write';
      readonly value: bigint;
      /** Why it was not executed: a write was ignored, a read gave 0. Absent: it was. */
      readonly refused?: MmioRefusal;
    }
  /** User space read or wrote a word of a frame by an attribute (§14.4). */
  | {
      readonly kind: 'uapi.frameRegister';
      readonly op: 'get' | 'set';
      /** As traces call it. */
      readonly register: string;
      readonly value: bigint;
    }
  | IrqWritten
  /** One of the two halves of a 64-bit access, by its offset in the frame. */
  | {
      readonly kind: 'mmio.half';
      readonly offset: number;
      readonly direction: 'read' | 'write';
      readonly value: bigint;
    }
  | SgiSent
  /** An SGI became pending where it was not queued: it is on a list already, or disabled. */
  | { readonly kind: 'irq.latched'; readonly intid: number; readonly cause: string }
  /** `timer.physicalActive` is what the timers ask for when a vCPU is scheduled in (§13.2). */
  | {
      readonly kind: 'physical.active' | 'physical.pending' | 'timer.physicalActive';
      readonly intid: number;
      readonly pintid: number;
      readonly on: boolean;
    }
  | {
      readonly kind: 'physical.deactivate';
      readonly intid: number;
      readonly pintid: number;
      readonly by: 'hardware' | 'software';
    };

/** The ITSs of a VM by number, and its LPIs (kvm-vgic-v3 §18, `its.cmd`). */
export type ItsEvent =
  /** A command of the queue was executed; `fields` are those that it uses. */
  | {
      readonly kind: 'its.command';
      readonly its: number;
      readonly command: string;
      /** `ok`, `ignored`, the architecture's name of an error, or an errno. */
      readonly outcome: string;
      readonly fields: Readonly<Record<string, number | bigint | boolean>>;
    }
  /** A message was translated; `intid` absent: it went nowhere. */
  | {
      readonly kind: 'its.message';
      readonly its: number;
      readonly device: number;
      readonly event: number;
      readonly intid: number | undefined;
      readonly how: 'cached' | 'translated' | 'unmapped' | 'itsDisabled' | 'lpisDisabled';
      readonly by: 'INT' | 'MSI';
    }
  | { readonly kind: 'its.cacheDropped'; readonly its: number; readonly translations: number }
  /** Tables went to guest memory, came from there, or everything was forgotten. */
  | {
      readonly kind: 'its.tables';
      readonly its: number;
      readonly op: 'save' | 'restore' | 'reset';
      readonly result: Result;
    }
  /** An LPI's configuration was read from memory. */
  | { readonly kind: 'lpi.configured'; readonly intid: number; readonly priority: number; readonly enabled: boolean };

export type KvmEvent =
  | ItsEvent
  | VgicIrsEvent
  | VgicEvent
  | CpuifEvent
  | UapiEvent
  | LifeEvent
  | RunEvent
  | IrqEvent
  | TrapEvent
  | HostEvent;
