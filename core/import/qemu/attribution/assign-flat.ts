/**
 * GICv3 and GICv2 lines to the attributor. Most name their vCPU, by affinity or index; those of the distributor and the
 * ITS name none. Candidates and signals are printed in the midst of other actions, of any vCPU, and end none.
 */
import { NOBODY, type TraceLine } from '../trace-line.ts';
import { type FlatEvent } from '../events/flat-ranges.ts';
import { GICV2_ROWS } from '../events/gicv2.ts';
import { GICV3_CPU_ROWS, GICV3_FRAME_ROWS } from '../events/gicv3.ts';
import { GICV3_ITS_ROWS } from '../events/gicv3-its.ts';
import { type Assign } from './assign.ts';
import { type Attributor } from './attributor.ts';

const FIRST_SHARED = 32;

/** What is recomputed within an action, and names the vCPU that it is recomputed for. */
const inside: Assign = (line, to) => {
  line.subject = to.machine.vcpuOfAffinity(line.a);
};

/** An access: the action before it is complete. */
const named: Assign = (line, to) => {
  to.apart();
  line.subject = to.machine.vcpuOfAffinity(line.a);
};

/** An access by the vCPU that it names. */
const own: Assign = (line, to) => {
  named(line, to);
  to.spokeAs(line.subject, line);
};

const GICR_TYPER = 0x8;
const PROCESSOR_NUMBER = 8;

/** GICR_TYPER has the number of the redistributor's vCPU. */
const redistributorRead: Assign = (line, to) => {
  if (line.wLo === GICR_TYPER) to.machine.sawNumber(line.a, (line.vLo >>> PROCESSOR_NUMBER) & 0xffff);
  named(line, to);
};

/** Names no vCPU, and is about none. */
const nobody: Assign = (line, to) => {
  to.apart();
  line.subject = NOBODY;
};

/** An access that names no vCPU: it is that of the thread's, if anything shows which that is. */
const unnamed: Assign = (line, to) => {
  to.apart();
  line.subject = to.printer;
};

/** What belongs to the line before it. */
const attached: Assign = (line) => {
  line.subject = NOBODY;
};

/** Banked in a GICv2, so it matters who accesses it, which nothing says unless there is one vCPU. */
const bankedAccess: Assign = (line, to) => {
  line.action = to.start('access');
};

function input(line: TraceLine, to: Attributor, vcpu: number): void {
  line.subject = vcpu;
  if (to.inputNamed(vcpu) === undefined) to.apart();
}

/** A GICv2's line names the CPUs whose input it is, by bits; a private interrupt has one. */
const gicv2Input: Assign = (line, to) => {
  const isOne = line.c !== 0 && (line.c & (line.c - 1)) === 0;
  if (line.a >= FIRST_SHARED || !isOne) nobody(line, to);
  else input(line, to, to.machine.vcpu(31 - Math.clz32(line.c)));
};

const byName = (rows: readonly (readonly [FlatEvent, string])[], assign: Assign): Record<string, Assign> =>
  Object.fromEntries(rows.map(([name]) => [name, assign]));

const OTHERS: Readonly<Partial<Record<FlatEvent, Assign>>> = {
  gicv3_cpuif_update: inside,
  gicv3_cpuif_set_irqs: inside,
  gicv3_cpuif_virt_update: inside,
  gicv3_cpuif_virt_set_irqs: inside,
  gicv3_cpuif_virt_set_maint_irq: inside,
  gicv3_redist_read: redistributorRead,
  gicv3_redist_send_sgi: inside,
  gicv3_redist_set_irq: (line, to) => input(line, to, to.machine.vcpuOfAffinity(line.a)),
  gicv3_dist_read: unnamed,
  gicv3_dist_write: unnamed,
  gicv3_dist_badread: unnamed,
  gicv3_dist_badwrite: unnamed,
  gicv3_dist_set_irq: nobody,
  gicv3_its_read: unnamed,
  gicv3_its_write: unnamed,
  gicv3_its_badread: unnamed,
  gicv3_its_badwrite: unnamed,
  gic_update_bestirq: inside,
  gic_update_set_irq: inside,
  gic_lr_entry: inside,
  gic_update_maintenance_irq: inside,
  gic_enable_irq: attached,
  gic_disable_irq: attached,
  gic_set_irq: gicv2Input,
  gic_dist_read: bankedAccess,
  gic_dist_write: bankedAccess,
  gic_hyp_read: unnamed,
  gic_hyp_write: unnamed,
};

export const FLAT_ASSIGN: Readonly<Record<string, Assign>> = {
  ...byName(GICV3_CPU_ROWS, own),
  ...byName(GICV3_FRAME_ROWS, named),
  ...byName(GICV3_ITS_ROWS, nobody),
  ...byName(GICV2_ROWS, own),
  ...OTHERS,
};
