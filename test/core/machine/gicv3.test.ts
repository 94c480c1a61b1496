/** A64 guests of a GICv3: memory-mapped frames, the CPU interface, SGIs between vCPUs, and undo of all of it. */
import { describe, expect, it } from 'vitest';
import { NOWHERE } from '../../../core/kvm/place.ts';
import { REFERENCE_HOST } from '../../../core/kvm/host-facts.ts';
import { MAINLINE } from '../../../core/kvm/profiles.ts';
import { DEVICE_VGIC_V3, GROUP } from '../../../core/kvm/uapi.ts';
import { assemble } from '../../../core/machine/a64/index.ts';
import { Machine } from '../../../core/machine/machine.ts';
import { Recorder } from '../../../core/scenario/recorder.ts';
import { seq } from '../../../core/state/brand.ts';
import { digest } from '../../../core/state/digest.ts';
import { TraceReader } from '../../../core/trace/reader.ts';
import { verifyTrace } from '../../support/verify-trace.ts';
import { TraceWriter } from '../../../core/trace/writer.ts';
import { SUMMARY, tracePath } from '../trace/support.ts';
import { SYSTEM_OFF, VECTORS, x } from './support.ts';

const D = 0x800_0000n;
const R = 0x80a_0000n;

/** Opens the CPU interface of the vCPU that runs it. */
const OPEN = `
  ldr x1, =vectors
  msr VBAR_EL1, x1
  mov x1, #0xf0
  msr ICC_PMR_EL1, x1
  mov x1, #1
  msr ICC_IGRPEN1_EL1, x1
`;

/** vCPU 0 sends SGI 3 to vCPU 1 five times and waits for each answer, SGI 4. */
const PING_PONG = `
start0:
${OPEN}
  ldr x2, =0x8000000
  mov w1, #2
  str w1, [x2]
  ldr w11, [x2, #4]
  mov x10, #0
  msr DAIFClr, #2
  ldr x3, =0x3000002
next:
  add x12, x10, #1
  msr ICC_SGI1R_EL1, x3
answer:
  wfi
  cmp x10, x12
  b.ne answer
  cmp x10, #5
  b.lt next
${SYSTEM_OFF}
start1:
${OPEN}
  mov x10, #0
  msr DAIFClr, #2
idle:
  wfi
  b idle
irq:
  mrs x5, ICC_IAR1_EL1
  add x10, x10, #1
  cmp x5, #3
  b.ne done
  ldr x6, =0x4000001
  msr ICC_SGI1R_EL1, x6
done:
  msr ICC_EOIR1_EL1, x5
  eret
${VECTORS}
`;

function machineOf(source: string, vcpus: number, prepare?: (machine: Machine) => void): Machine {
  const result = assemble(source, { model: 'v3' });
  if (!result.ok) throw new Error(result.errors.map(({ message }) => message).join('\n'));
  const { origin, bytes, symbols } = result.program;
  const machine = new Machine({
    facts: { ...REFERENCE_HOST, gic: 'v3', cpus: 2 },
    profile: MAINLINE,
    vcpus: Array.from({ length: vcpus }, (_, id) => ({
      id,
      features: 0,
      entry: symbols.get(`start${id}`) ?? origin,
      pcpu: id % 2,
      starts: 'on',
    })),
    device: DEVICE_VGIC_V3,
    attributes: [
      { group: GROUP.ADDR, attr: 2n, value: D },
      { group: GROUP.ADDR, attr: 3n, value: R },
      { group: GROUP.NR_IRQS, attr: 0n, value: 64n },
    ],
    ram: { base: 0x4000_0000n, size: 1 << 20 },
    images: [{ address: origin, bytes }],
    slice: 16,
    timeslice: 500n,
    hostTasks: 0,
    seed: 0,
  });
  prepare?.(machine);
  machine.create();
  expect(machine.setUp()).toBe(0);
  return machine;
}

describe('a guest of a GICv3', () => {
  it('passes SGIs back and forth between two vCPUs', () => {
    const machine = machineOf(PING_PONG, 2);
    machine.start();
    machine.run(200_000n);
    expect([x(machine, 10), x(machine, 10, 1), x(machine, 11)]).toEqual([5n, 5n, 0x0048_0001n]);
  });

  it('is taken back by the journal to its start, and comes to the same end again', () => {
    const machine = machineOf(PING_PONG, 2);
    machine.start();
    machine.save();
    const mark = machine.journal.mark();
    const before = digest(machine.journal.state);
    machine.run(200_000n);
    machine.save();
    const after = digest(machine.journal.state);
    machine.journal.undoTo(mark);
    expect(digest(machine.journal.state)).toBe(before);
    machine.restore();
    machine.run(200_000n);
    machine.save();
    expect(digest(machine.journal.state)).toBe(after);
  });

  it('is recorded as a trace that agrees with itself: frames, acknowledges and ends', () => {
    const path = tracePath('gicv3');
    let writer: TraceWriter | undefined;
    let recorder: Recorder | undefined;
    const machine = machineOf(PING_PONG, 2, (each) => {
      writer = new TraceWriter(path, { journal: each.journal });
      recorder = new Recorder(each, writer);
    });
    machine.start();
    machine.run(200_000n);
    machine.save();
    // Registers that the cores held until now belong to the end of the run.
    recorder?.put('other', 'hypervisor', NOWHERE, { event: 'end of the run' });
    writer?.finish({ ...SUMMARY, gic: 'v3' });
    const reader = new TraceReader(path);
    try {
      expect(verifyTrace(reader)).toMatchObject({ ok: true });
      const count = (kind: string): number =>
        reader.eventList(seq(0), 1_000_000).filter((event) => event.kind === kind).length;
      expect([count('irq.acknowledge'), count('irq.drop')]).toEqual([10, 10]);
      const frames = reader
        .eventList(seq(0), 1_000_000)
        .flatMap((event) =>
          event.kind === 'mmio.access' ? [`${event.op} ${event.register} ${String(event.value)}`] : [],
        );
      expect(frames).toEqual(['write GICD_CTLR 2', 'read GICD_TYPER 4718593']);
    } finally {
      reader.close();
    }
  });
});
