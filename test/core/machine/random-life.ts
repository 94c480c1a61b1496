/** Random guest programs and host events on one to four vCPUs, and how they are run. */
import fc from 'fast-check';
import { profileByName } from '../../../core/kvm/profiles.ts';
import * as host from '../../../core/machine/host-actions.ts';
import { type Machine } from '../../../core/machine/machine.ts';
import { machineOf, PROLOGUE, VECTORS } from './support.ts';

const LINES = [
  'mov x1, #0xf\n  msr ICC_PCR_EL1, x1',
  'mov x1, #0x10\n  msr ICC_PCR_EL1, x1',
  'mov x1, #0x1f\n  msr ICC_PCR_EL1, x1',
  'msr ICC_CR0_EL1, xzr',
  'mov x1, #1\n  msr ICC_CR0_EL1, x1',
  'mov x1, #8\n  msr ICC_PPI_ENABLER0_EL1, x1',
  'ldr x1, =0x48000008\n  msr ICC_PPI_ENABLER0_EL1, x1',
  'gicr x5, cdia',
  'gic cdeoi',
  'mov x1, #0x20000000\n  add x1, x1, #3\n  gic cddi, x1',
  'ldr x1, =0x2000001b\n  gic cddi, x1',
  'mrs x2, CNTVCT_EL0\n  add x2, x2, #50\n  msr CNTV_CVAL_EL0, x2\n  mov x1, #1\n  msr CNTV_CTL_EL0, x1',
  'msr CNTV_CTL_EL0, xzr',
  'mrs x2, CNTPCT_EL0\n  add x2, x2, #70\n  msr CNTP_CVAL_EL0, x2\n  mov x1, #1\n  msr CNTP_CTL_EL0, x1',
  'msr DAIFClr, #2',
  'msr DAIFSet, #2',
  'wfi',
  'mrs x3, ICC_PPI_SPENDR0_EL1',
  'mov x1, #8\n  msr ICC_PPI_SPENDR0_EL1, x1',
  'mov x1, #8\n  msr ICC_PPI_CPENDR0_EL1, x1',
  // What the VM does not have, too.
  'mov x1, #-1\n  msr ICC_PPI_ENABLER0_EL1, x1',
  'mov x1, #-1\n  msr ICC_PPI_SPENDR0_EL1, x1',
  'mrs x3, ICC_APR_EL1\n  msr ICC_APR_EL1, x3',
  'mov x1, #8\n  msr ICC_PPI_CACTIVER0_EL1, x1',
  'mrs x3, ICC_IDR0_EL1',
  'ldr x4, =word\n  ldr x3, [x4]\n  add x3, x3, #1\n  str x3, [x4]',
  'ldr x4, =word\n  ldxr x3, [x4]\n  stxr w6, x3, [x4]',
  'svc #0',
] as const;

/** Stretches of plain instructions, alone and on words that all cores share. */
const PLAIN = [
  'mov x7, #60\n1:\n  subs x7, x7, #1\n  b.ne 1b',
  'ldr x4, =word\n  mov x7, #25\n1:\n  ldr x3, [x4, #8]\n  eor x3, x3, x7, ror #5\n  stp x3, x7, [x4, #8]\n  subs x7, x7, #1\n  b.ne 1b',
] as const;

export interface Life {
  readonly lines: readonly number[];
  readonly vcpus: number;
  readonly cpus: number;
  readonly slice: number;
  readonly seed: number;
  readonly vhe: boolean;
  readonly tasks: number;
  readonly actions: readonly (readonly [action: number, vcpu: number, argument: number])[];
}

const lifeParts = {
  lines: fc.array(fc.nat(LINES.length - 1), { minLength: 3, maxLength: 25 }),
  vcpus: fc.integer({ min: 1, max: 4 }),
  cpus: fc.integer({ min: 1, max: 3 }),
  slice: fc.constantFrom(1, 2, 7, 30),
  seed: fc.nat(5),
  vhe: fc.boolean(),
  tasks: fc.nat(1),
  actions: fc.array(fc.tuple(fc.nat(5), fc.nat(3), fc.nat(3)), { maxLength: 8 }),
};

export const life: fc.Arbitrary<Life> = fc.record(lifeParts);

/** The same with guests that keep to themselves for a while now and then. */
export const calmLife: fc.Arbitrary<Life> = fc.record({
  ...lifeParts,
  lines: fc
    .array(fc.nat(LINES.length + PLAIN.length * 3), { minLength: 3, maxLength: 25 })
    .map((lines) =>
      lines.map((line) => (line < LINES.length ? line : LINES.length + ((line - LINES.length) % PLAIN.length))),
    ),
});

/** `prepare` is called before the vCPUs run. */
export function build(
  { lines, vcpus, cpus, slice, seed, vhe, tasks }: Life,
  profile = 'mainline',
  prepare: (machine: Machine) => void = () => undefined,
): Machine {
  const body = lines.map((line) => `  ${[...LINES, ...PLAIN][line] ?? 'nop'}`).join('\n');
  const source = `
start:
  ldr x9, =0x48000008
${PROLOGUE}
loop:
${body}
  b loop
irq:
  gicr x5, cdia
  and x5, x5, #0xffffffff
  gic cdeoi
  gic cddi, x5
  msr CNTV_CTL_EL0, xzr
  msr CNTP_CTL_EL0, xzr
  eret
  .balign 8
word:
  .quad 0, 0, 0
${VECTORS.replace('b .\n  .balign 128\n  b irq', 'b sync\n  .balign 128\n  b irq')}
sync:
  eret
`;
  const machine = machineOf(source, {
    vcpus: Array.from({ length: vcpus }, (_, n) => ({ pcpu: n % cpus })),
    facts: { cpus, vhe },
    slice,
    seed,
    hostTasks: tasks,
    timeslice: 90n,
    profile: profileByName(profile),
    // The program takes less than a page or two, and there are thousands of machines.
    ram: { base: 0x4000_0000n, size: 1 << 16 },
  });
  prepare(machine);
  machine.start();
  return machine;
}

function act(machine: Machine, { vcpus, cpus }: Life, [action, vcpu, argument]: Life['actions'][number]): void {
  const index = vcpu % vcpus;
  if (action === 0) host.irqLine(machine, index, 3, argument & 1);
  else if (action === 1) host.pause(machine, index);
  else if (action === 2) host.resume(machine, index);
  else if (action === 3) host.migrate(machine, index, argument % cpus);
  else if (action === 4) host.pmuOverflow(machine, index, argument);
  else if (machine.thread(index).status === 'paused') host.reset(machine, index);
}

/** Runs all actions with some time between them; `step` is called after each. */
export function play(machine: Machine, of: Life, step: () => void = () => undefined): void {
  for (const action of [undefined, ...of.actions]) {
    if (action !== undefined) act(machine, of, action);
    machine.run(machine.now + 150n);
    step();
  }
  machine.save();
}

/** Lives whose runs are compared with each other, and lives of one run: the checks of a commit see over 10,000 in all. */
export const RUNS = process.env['CI'] === undefined ? 150 : 1300;
export const SINGLE_RUNS = process.env['CI'] === undefined ? 400 : 6000;

/** Enough for a busy machine with two CPUs. */
export const PATIENCE_MS = 600_000;
