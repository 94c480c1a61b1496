/** Tests of an event's numbered columns (type, vCPU, name) as sets of ids, with the postings that find them. */
import { NO_ACCESS, POSTING } from '../../trace/postings.ts';
import { ALWAYS, type Bound, type IdMask, type Keys, NEVER } from './bound.ts';
import { type TraceNames } from './searchable.ts';

/** More keys than this cost more to look up than they save. */
export const MAX_KEYS = 4096;

/** Ids whose entry passes. Asked anew of all names whenever a live session says a new one: `Uint8Array.from` is slower. */
export function idMask<T>(entries: readonly T[], passes: (entry: T, id: number) => boolean): IdMask {
  const mask = new Uint8Array(entries.length);
  entries.forEach((entry, id) => {
    if (passes(entry, id)) mask[id] = 1;
  });
  return mask;
}

export function ids(mask: IdMask): number[] {
  const out: number[] = [];
  for (let id = 0; id < mask.length; id++) if (mask[id] === 1) out.push(id);
  return out;
}

export function typeTest(names: TraceNames, passes: (type: TraceNames['types'][number]) => boolean): Bound {
  const types = idMask(names.types, passes);
  const keys = typeKeys(types, true);
  if (keys.keys.length === 0) return NEVER;
  return keys.keys.length === names.types.length ? ALWAYS : { type: 'type', types, keys };
}

export function typeKeys(types: IdMask, exact: boolean): Keys {
  return { keys: ids(types).map((key) => ({ kind: POSTING.type, key })), exact, several: 'never' };
}

/** Events of the vCPUs that pass. */
export function vcpuTest(names: TraceNames, passes: (vcpu: number | undefined) => boolean): Bound {
  const size = names.vcpus + 1;
  const vcpus = Uint8Array.from({ length: size }, (_, i) => (passes(i === 0 ? undefined : i - 1) ? 1 : 0));
  const wanted = ids(vcpus);
  if (wanted.length === 0) return NEVER;
  if (wanted.length === size) return ALWAYS;
  return {
    type: 'vcpu',
    vcpus,
    keys: { keys: wanted.map((key) => ({ kind: POSTING.vcpu, key })), exact: true, several: 'never' },
  };
}

export function onVcpu(names: TraceNames, vcpu: number): Bound {
  return vcpuTest(names, (of) => of === vcpu);
}

export function nameTest(types: IdMask, texts: IdMask): Bound {
  const wanted = ids(texts);
  if (wanted.length === 0) return NEVER;
  const usable = wanted.length * (NO_ACCESS + 1) <= MAX_KEYS && texts[0] !== 1;
  const everyType = types.every((flag) => flag === 1);
  const keys: Keys = usable
    ? {
        keys: wanted.flatMap((name) => [0, 1, 2, NO_ACCESS].map((op) => ({ kind: POSTING.name, key: name * 4 + op }))),
        exact: everyType,
        several: 'never',
      }
    : typeKeys(types, false);
  return { type: 'name', types, names: texts, keys };
}
