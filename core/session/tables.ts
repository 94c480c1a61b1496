/**
 * The interrupt state tables of a GICv5 VM and its list of SPIs in flight, at a moment: what a browser of tables shows.
 * From an emulated VM's own slots (`ist.spi5` entries, `spi5.kvm` KVM's copy, `vm.spiList.*`), or from whatever a
 * recording proves of SPIs and LPIs. Pure. Cost: linear in the shared interrupts that the trace knows.
 */
import { PROFILES } from '../kvm/profiles.ts';
import { interruptLabel, interruptOf, STATE_ACTIVE, STATE_PENDING } from '../trace/interrupts.ts';
import { type StateVector } from '../state/state-vector.ts';
import { type Result } from './contract.ts';
import { interruptStates } from './inspect.ts';
import { type Inspectable } from './inspectable.ts';
import { mappingsOf } from './its-mappings.ts';

type Tables = Result<'state.tables'>;
type Listed = NonNullable<Tables['list']>['members'][number];

export interface TableQuestion {
  readonly type: 'spi' | 'lpi';
  /** Pending or active ones alone. */
  readonly busy: boolean;
  readonly from: number;
  readonly limit: number;
}

/** Everything but position and time. `profile`: the kernel behaviour of an emulated VM. */
export function tablesOf(
  trace: Inspectable,
  { type, busy, from, limit }: TableQuestion,
  state: StateVector,
  baseline: StateVector | undefined,
  profile: string | undefined,
): Omit<Tables, 'seq' | 'time'> {
  const rows: Tables['rows'] = [];
  let total = 0;
  const describe = interruptStates(trace, state, baseline);
  for (const descriptor of trace.interrupts
    .filter((each) => each.vcpu === undefined && interruptOf(each.intid)?.type === type)
    .toSorted((a, b) => a.intid - b.intid)) {
    const row = describe(descriptor);
    if (busy && (row.code & (STATE_PENDING | STATE_ACTIVE)) === 0) continue;
    if (total >= from && rows.length < limit) rows.push(row);
    total++;
  }
  return {
    rows,
    total,
    list: keepsList(profile) ? listOf(trace, state) : null,
    mappings: mappingsOf(trace, state, limit),
  };
}

/** Bits of an SPI as KVM keeps it: level-triggered, line, latch, active. */
const LEVEL = 1n;
const LINE = 2n;
const LATCH = 4n;
const ACTIVE = 8n;
const NEXT_SHIFT = 32n;
const SPI_BASE = 0x6000_0000;

/** The slots of the list are there in every profile with SPIs; some of these kernels leave them alone. */
function keepsList(profile: string | undefined): boolean {
  return PROFILES.find(({ name }) => name === profile)?.irs?.spiList !== 'none';
}

/** The chain from `vm.spiList.first` on: number + 1 each, 0 ends it. Null: nobody knows of a list. */
function listOf({ layout }: Inspectable, state: StateVector): Tables['list'] {
  const valueAt = (path: string): bigint | undefined => {
    const slot = layout.find(path);
    return slot === undefined ? undefined : state.value(slot);
  };
  const length = valueAt('vm.spiList.length');
  let at = valueAt('vm.spiList.first');
  if (length === undefined || at === undefined) return null;
  const members: Listed[] = [];
  // The length bounds a chain that a damaged file bends into a circle.
  while (at !== 0n && members.length < Number(length)) {
    const number = Number(at) - 1;
    const own: bigint = valueAt(`spi${number}.kvm`) ?? 0n;
    const intid = SPI_BASE + number;
    members.push({
      intid,
      label: interruptLabel(intid),
      trigger: (own & LEVEL) === 0n ? 'edge' : 'level',
      line: (own & LINE) !== 0n,
      latch: (own & LATCH) !== 0n,
      active: (own & ACTIVE) !== 0n,
    });
    at = own >> NEXT_SHIFT;
  }
  return { length: Number(length), members };
}
