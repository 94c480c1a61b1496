/**
 * What KVM keeps of a GICv3 VM beside its interrupts, at a moment: the AP list of each vCPU in its order, and the events
 * that its ITSs map. From an emulated VM's own slots (core/kvm/vgic/irq.ts, core/kvm/v3/its/mappings.ts say how they are
 * packed); null where a trace has none. Pure. Cost: linear in the slots for the events, in the members for the lists.
 */
import { intidOfKvm } from '../scenario/record/flat-interrupts.ts';
import { type StateVector } from '../state/state-vector.ts';
import { interruptLabel } from '../trace/interrupts.ts';
import { type Result } from './contract.ts';
import { type Inspectable } from './inspect.ts';

type Tables = Result<'state.tables'>;
type ApList = NonNullable<Tables['apLists']>[number];
type Mapping = NonNullable<Tables['mappings']>['rows'][number];

/** INTID + 1 of the next on the list. */
const NEXT = 0x1_ffffn;
const NEXT_SHIFT = 32n;
const ON_LR = 1n << 7n;
/** A list that a damaged file bends into a circle ends here. */
const MOST_MEMBERS = 1000;

const EXISTS = 1n << 63n;
const ORPHANED = 1n << 62n;
const CACHED = 1n << 61n;
const NOT_MAPPED = 0xffff_ffffn;
const EVENT = /^vm\.its(\d+)\.device(\d+)\.event(\d+)$/;

interface Moment {
  readonly trace: Inspectable;
  readonly state: StateVector;
}

function valueAt({ trace, state }: Moment, path: string): bigint | undefined {
  const slot = trace.layout.find(path);
  return slot === undefined ? undefined : state.value(slot);
}

function pathOf(vcpu: number, intid: number): string {
  if (intid < 16) return `vcpu${vcpu}.vgic.irq.sgi${intid}`;
  if (intid < 32) return `vcpu${vcpu}.vgic.irq.ppi${intid}`;
  return intid < 8192 ? `vm.vgic.irq.spi${intid}` : `vm.vgic.irq.lpi${intid}`;
}

/** In order of the vCPUs, those with an empty list too. */
export function apListsOf(trace: Inspectable, state: StateVector): Tables['apLists'] {
  const moment = { trace, state };
  // Slots of the model exist on every host that offers it: whether the VM has it, the device says.
  if (valueAt(moment, 'vm.irqchip') !== 7n) return null;
  const lists: ApList[] = [];
  for (let vcpu = 0; ; vcpu++) {
    const head = valueAt(moment, `vcpu${vcpu}.vgic.apList.head`);
    if (head === undefined) return lists;
    lists.push({ vcpu, members: membersFrom(moment, vcpu, head) });
  }
}

function membersFrom(moment: Moment, vcpu: number, head: bigint): ApList['members'] {
  const members: ApList['members'] = [];
  for (let at = head; at !== 0n && members.length < MOST_MEMBERS;) {
    const number = Number(at) - 1;
    const path = pathOf(vcpu, number);
    const intid = intidOfKvm(number);
    if (intid === undefined) break;
    const loaded = ((valueAt(moment, `${path}.state`) ?? 0n) & ON_LR) !== 0n;
    members.push({ intid, label: interruptLabel(intid), loaded });
    at = ((valueAt(moment, `${path}.place`) ?? 0n) >> NEXT_SHIFT) & NEXT;
  }
  return members;
}

/** By ITS, DeviceID and EventID. */
export function mappingsOf(trace: Inspectable, state: StateVector, limit: number): Tables['mappings'] {
  const moment = { trace, state };
  if ((valueAt(moment, 'vm.its.count') ?? 0n) === 0n) return null;
  const rows: Mapping[] = [];
  for (const { path } of trace.layout.slots) {
    const names = path.startsWith('vm.its') ? EVENT.exec(path) : null;
    if (names === null) continue;
    const value = valueAt(moment, path) ?? 0n;
    const intid = intidOfKvm(Number((value >> 16n) & 0xffffn));
    if ((value & EXISTS) === 0n || intid === undefined) continue;
    const [its = 0, device = 0, event = 0] = names.slice(1).map(Number);
    const collection = (value & ORPHANED) === 0n ? Number(value & 0xffffn) : null;
    rows.push({
      its,
      device,
      event,
      intid,
      label: interruptLabel(intid),
      collection,
      target: collection === null ? null : targetOf(moment, its, collection),
      cached: (value & CACHED) !== 0n,
    });
  }
  rows.sort((a, b) => a.its - b.its || a.device - b.device || a.event - b.event);
  return { total: rows.length, rows: rows.slice(0, limit) };
}

/** Id of the vCPU of a collection; null: it is not mapped. */
function targetOf(moment: Moment, its: number, collection: number): number | null {
  const value = valueAt(moment, `vm.its${its}.collection${collection}`);
  const target = (value ?? NOT_MAPPED) & 0xffff_ffffn;
  return target === NOT_MAPPED ? null : Number(target);
}
