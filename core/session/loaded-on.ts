/** Which physical CPU has a vCPU loaded, as an emulated VM's own slots say. Pure. Cost: one look-up per physical CPU. */
import { type Layout } from '../state/layout.ts';
import { type StateVector } from '../state/state-vector.ts';

/** The physical CPU whose interface is loaded with this vCPU; undefined while none is, or where the trace says nothing of it. */
export function loadedOn(layout: Layout, vcpu: number, state: StateVector): number | undefined {
  for (let pcpu = 0; ; pcpu++) {
    const slot = layout.find(`pcpu${pcpu}.loadedVcpu`);
    if (slot === undefined) return undefined;
    if (state.value(slot) === BigInt(vcpu + 1)) return pcpu;
  }
}
