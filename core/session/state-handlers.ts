/** `state.*` and `history.*`: what the machine was at a position, and how a value came about. */
import { slotId, vcpuId } from '../state/brand.ts';
import { type SlotDescriptor } from '../state/layout.ts';
import { type Group, type SessionContext } from './handlers.ts';
import { globTest } from './glob.ts';
import { inspect } from './inspect.ts';
import { listsOf } from './list-registers.ts';
import { type Result } from './contract.ts';
import { interruptFacts } from './interrupt-facts.ts';
import { hex } from './rows.ts';
import { slotValue } from './slots.ts';
import { tablesOf } from './tables.ts';

export function stateHandlers({
  traces,
}: SessionContext): Group<'state.inspect' | 'state.slots' | 'state.tables' | 'state.lists' | 'state.digest'> {
  return {
    'state.inspect': async ({ id, seq, vcpu, baseline, lanesOnly, shared, decoded }) => {
      const trace = traces.get(id);
      const [state, before] = baseline === null ? [trace.stateAt(seq), undefined] : trace.statesAt(seq, baseline);
      const inspected = inspect(trace, vcpuId(vcpu), state, before, {
        ...(lanesOnly === undefined ? {} : { lanesOnly }),
        ...(shared === undefined ? {} : { shared }),
        ...(decoded === undefined ? {} : { decoded }),
      });
      // The states may be others' when this has been found; nothing is read from them after it.
      const pcpu = await trace.physicalCpus.of(vcpu, seq, state);
      return { seq, time: trace.timeOf(seq), pcpu: pcpu ?? null, ...inspected };
    },

    'state.slots': ({ id, seq, glob, diff, limit }) => {
      const trace = traces.get(id);
      const wanted = globTest(glob);
      const [state, other] = diff === null ? [trace.stateAt(seq), undefined] : trace.statesAt(seq, diff);
      const slots: Result<'state.slots'>['slots'] = [];
      let truncated = false;
      let matched = 0;
      for (const [index, descriptor] of trace.reader.layout.slots.entries()) {
        if (!wanted(descriptor.path)) continue;
        matched++;
        const slot = slotId(index);
        const now = state.value(slot);
        const then = other?.value(slot);
        if (other !== undefined && now === then) continue;
        if (slots.length >= limit) {
          truncated = true;
          break;
        }
        slots.push(withOther(descriptor, now, other === undefined ? undefined : (then ?? null)));
      }
      if (matched === 0)
        for (const fact of interruptFacts(trace, wanted, state, other)) {
          if (slots.length < limit) slots.push(fact);
          else truncated = true;
        }
      return { seq, time: trace.timeOf(seq), slots, truncated };
    },

    'state.tables': ({ id, seq, baseline, ...question }) => {
      const trace = traces.get(id);
      const [state, before] = baseline === null ? [trace.stateAt(seq), undefined] : trace.statesAt(seq, baseline);
      return { seq, time: trace.timeOf(seq), ...tablesOf(trace, question, state, before, trace.profile) };
    },

    'state.lists': ({ id, seq, vcpu, baseline }) => {
      const trace = traces.get(id);
      const [state, before] = baseline === null ? [trace.stateAt(seq), undefined] : trace.statesAt(seq, baseline);
      return { seq, time: trace.timeOf(seq), ...listsOf(trace, vcpu, state, before) };
    },

    'state.digest': ({ id, seq }) => ({ digest: hex(traces.get(id).digestAt(seq)) }),
  };
}

function withOther(descriptor: SlotDescriptor, now: bigint | undefined, other: bigint | null | undefined) {
  const value = slotValue(descriptor, now);
  if (other === undefined) return value;
  const then = slotValue(descriptor, other ?? undefined);
  return { ...value, other: then.value, otherText: then.text };
}
