/**
 * The events that the ITSs of a GICv3 VM map, at a moment: where each DeviceID and EventID leads. From an emulated VM's
 * own slots (core/kvm/v3/its/mappings.ts says how they are packed); null where a trace has none. Pure. Cost: linear in
 * the slots of the trace.
 */
import { NOT_MAPPED } from '../kvm/v3/its/entries.ts';
import { readEvent } from '../kvm/v3/its/mappings.ts';
import { intidOfKvm } from '../scenario/record/flat-interrupts.ts';
import { type StateVector } from '../state/state-vector.ts';
import { interruptLabel } from '../trace/interrupts.ts';
import { type Result } from './contract.ts';
import { type Inspectable } from './inspectable.ts';
import { type ValueAt, valuesByPath } from './slots.ts';

type Mappings = Result<'state.tables'>['mappings'];
type Mapping = NonNullable<Mappings>['rows'][number];

const EVENT = /^vm\.its(\d+)\.device(\d+)\.event(\d+)$/;

/** By ITS, DeviceID and EventID; the first `limit` of them. */
export function mappingsOf({ layout }: Inspectable, state: StateVector, limit: number): Mappings {
  const valueAt = valuesByPath({ layout }, state);
  if ((valueAt('vm.its.count') ?? 0n) === 0n) return null;
  const rows: Mapping[] = [];
  for (const { path } of layout.slots) {
    const names = path.startsWith('vm.its') ? EVENT.exec(path) : null;
    const row = names === null ? undefined : mapping(valueAt, path, names.slice(1).map(Number));
    if (row !== undefined) rows.push(row);
  }
  rows.sort((a, b) => a.its - b.its || a.device - b.device || a.event - b.event);
  return { total: rows.length, rows: rows.slice(0, limit) };
}

/** Undefined: the event is not mapped now. */
function mapping(valueAt: ValueAt, path: string, names: readonly number[]): Mapping | undefined {
  const facts = readEvent(valueAt(path) ?? 0n);
  const intid = facts && intidOfKvm(facts.lpi);
  if (facts === undefined || intid === undefined) return undefined;
  const [its = 0, device = 0, event = 0] = names;
  const collection = facts.orphaned ? null : facts.icid;
  const target = collection === null ? null : targetOf(valueAt, its, collection);
  const label = interruptLabel(intid);
  return { its, device, event, intid, label, collection, target, cached: facts.cached };
}

/** Id of the vCPU of a collection; null: it is not mapped. */
function targetOf(valueAt: ValueAt, its: number, collection: number): number | null {
  const value = valueAt(`vm.its${its}.collection${collection}`);
  const target = value === undefined ? NOT_MAPPED : Number(value & 0xffff_ffffn);
  return target === NOT_MAPPED ? null : target;
}
