import { describe, expect, it } from 'vitest';
import { assemble } from '../../../core/machine/a64/index.ts';
import { type AnyEvent } from '../../../core/machine/events.ts';
import * as host from '../../../core/machine/host-actions.ts';
import { type Machine } from '../../../core/machine/machine.ts';
import { digest } from '../../../core/state/digest.ts';
import { EBUSY, EINVAL, ENXIO } from '../../../core/kvm/errno.ts';
import { FEATURE } from '../../../core/kvm/vcpu-slots.ts';
import { profileByName } from '../../../core/kvm/profiles.ts';
import { machineOf, PROLOGUE, SYSTEM_OFF, TICKS, VECTORS, x } from './support.ts';

/** Starts the machine and notes what it reports. */
function watched(machine: Machine): AnyEvent[] {
  const events: AnyEvent[] = [];
  machine.observer = (event) => {
    events.push(event);
  };
  machine.start();
  return events;
}

const count = (events: readonly AnyEvent[], kind: AnyEvent['kind']): number =>
  events.filter((event) => event.kind === kind).length;

/** Waits for SW_PPI for ever and counts it in x10. */
const WAITS = `
start:
  mov x9, #8
${PROLOGUE}
  mov x10, #0
  msr DAIFClr, #2
idle:
  wfi
  b idle
irq:
  gicr x5, cdia
  and x5, x5, #0xffffffff
  add x10, x10, #1
  gic cddi, x5
  gic cdeoi
  eret
${VECTORS}
`;

describe('a machine', () => {
  it('delivers timer ticks through WFI in hardware when its vCPU is alone on the CPU, without any exit for them', () => {
    const machine = machineOf(TICKS);
    const events = watched(machine);
    expect(machine.run(100_000n)).toEqual({ halted: 'poweredOff' });
    expect(x(machine, 10)).toBe(5n);
    expect(machine.now).toBeGreaterThan(5000n);
    expect(machine.now).toBeLessThan(5200n);
    expect(count(events, 'vcpu.exit')).toBe(2);
    expect(count(events, 'cpuif.ack')).toBe(5);
  });

  it('puts the vCPU to sleep at a trapped WFI when other tasks want the CPU, and the background timer wakes it', () => {
    const machine = machineOf(TICKS, { hostTasks: 1 });
    const events = watched(machine);
    expect(machine.run(100_000n)).toEqual({ halted: 'poweredOff' });
    expect(x(machine, 10)).toBe(5n);
    expect(count(events, 'vcpu.wake')).toBe(5);
    expect(events.filter((event) => event.kind === 'vcpu.exit' && event.reason === 'wfi')).toHaveLength(5);
  });

  it('reads time as the counter and reports idle when nothing can happen any more', () => {
    const machine = machineOf(WAITS);
    machine.start();
    expect(machine.run(50_000n)).toEqual({ halted: 'idle' });
    expect(machine.now).toBeLessThan(100n);
    expect(machine.thread(0).status).toBe('waiting');
  });

  it('wakes a vCPU that waits in hardware with a kick, and one that sleeps with a wake', () => {
    for (const hostTasks of [0, 1]) {
      const machine = machineOf(WAITS, { hostTasks });
      machine.start();
      machine.run(1000n);
      expect(host.irqLine(machine, 0, 3, 1)).toBe(0);
      machine.run(2000n);
      expect(host.irqLine(machine, 0, 3, 1)).toBe(0);
      expect(host.irqLine(machine, 0, 27, 1)).toBe(-EINVAL);
      machine.run(3000n);
      expect(x(machine, 10)).toBe(2n);
    }
  });

  it('shares one physical CPU between two vCPUs by timeslices, each with its own registers', () => {
    const machine = machineOf(
      `
start:
  mov x9, #8
${PROLOGUE}
  add x1, x0, #0x10
  msr ICC_PCR_EL1, x1
  mov x10, #0
  movz x11, #3000
loop:
  add x10, x10, #1
  mrs x2, ICC_PCR_EL1
  cmp x1, x2
  b.ne wrong
  cmp x10, x11
  b.lt loop
  ldr x0, =0x84000002
  hvc #0
wrong:
  b wrong
irq:
  b irq
${VECTORS}
`,
      { vcpus: [{}, {}], facts: { cpus: 1 } },
    );
    const events = watched(machine);
    expect(machine.run(200_000n)).toEqual({ halted: 'poweredOff' });
    expect(x(machine, 10, 0)).toBe(3000n);
    expect(x(machine, 10, 1)).toBe(3000n);
    expect(events.filter((event) => event.kind === 'vcpu.scheduled' && event.in).length).toBeGreaterThan(20);
  });

  it('migrates a running vCPU to another physical CPU, timers and masks with it', () => {
    const machine = machineOf(TICKS);
    machine.start();
    machine.run(1500n);
    expect(machine.thread(0).vcpu.cpu?.index).toBe(0);
    host.migrate(machine, 0, 1);
    machine.run(2500n);
    expect(machine.thread(0).vcpu.cpu?.index).toBe(1);
    expect(machine.run(100_000n)).toEqual({ halted: 'poweredOff' });
    expect(x(machine, 10)).toBe(5n);
  });

  it('switches vCPUs on and off by PSCI', () => {
    const machine = machineOf(
      `
start:
  ldr x0, =0x84000003
  mov x1, #1
  ldr x2, =second
  mov x3, #77
  hvc #0
  mov x20, x0
  ldr x0, =0x84000003
  mov x1, #1
  hvc #0
  mov x21, x0
  ldr x0, =0x84000003
  mov x1, #5
  hvc #0
  mov x22, x0
  ldr x0, =0x84000000
  hvc #0
  mov x23, x0
  ldr x0, =0x8400ffff
  hvc #0
  mov x24, x0
${SYSTEM_OFF}
second:
  mov x20, x0
  ldr x0, =0x84000002
  hvc #0
`,
      { vcpus: [{}, { pcpu: 1, starts: 'off' }] },
    );
    machine.start();
    expect(machine.run(10_000n)).toEqual({ halted: 'poweredOff' });
    expect([20, 21, 22, 23, 24].map((n) => BigInt.asIntN(64, x(machine, n)))).toEqual([0n, -4n, -2n, 0x10001n, -1n]);
    expect(x(machine, 20, 1)).toBe(77n);
  });

  it('names vCPUs by their affinity, as they read it, and cuts arguments of 32-bit calls', () => {
    const on = (id: string, target: string, result: number): string => `
  ldr x0, =${id}
  ldr x1, =${target}
  ldr x2, =second
  hvc #0
  mov x${result}, x0
`;
    const machine = machineOf(
      `
start:
  mrs x19, MPIDR_EL1
${on('0x84000003', '0x10', 20)}
${on('0xc4000003', '0x100000100', 21)}
${on('0x84000003', '0x100000100', 22)}
  mrs x23, CNTFRQ_EL0
  ldr x0, =0x84000002
  hvc #0
second:
  mrs x19, MPIDR_EL1
  ldr x0, =0x84000002
  hvc #0
`,
      { vcpus: [{}, { id: 16, starts: 'off' }] },
    );
    machine.start();
    expect(machine.run(10_000n)).toEqual({ halted: 'poweredOff' });
    expect([20, 21, 22].map((n) => BigInt.asIntN(64, x(machine, n)))).toEqual([-2n, -2n, 0n]);
    expect([x(machine, 19), x(machine, 19, 1), x(machine, 23)]).toEqual([0x8000_0000n, 0x8000_0100n, 1_000_000_000n]);
  });

  it('takes what user space holds up where there is no controller in the kernel, as IRQ and as FIQ', () => {
    const machine = machineOf(
      `
start:
  ldr x1, =vectors
  msr VBAR_EL1, x1
  mov x10, #0
idle:
  wfi
  mrs x11, ISR_EL1
  msr DAIFClr, #3
  b idle
irq:
  mrs x12, ISR_EL1
  orr x10, x10, #1
  msr DAIFSet, #2
  msr DAIFClr, #1
  b .
${VECTORS}
  .balign 128
  orr x10, x10, #2
${SYSTEM_OFF}
`,
      { device: 0 },
    );
    machine.start();
    expect(machine.run(1000n)).toEqual({ halted: 'idle' });
    expect(machine.vm.irqLine({ irq: 0, level: 1 })).toBe(0);
    expect(machine.run(2000n)).toEqual({ halted: undefined });
    expect([x(machine, 10), x(machine, 11), x(machine, 12)]).toEqual([1n, 0x80n, 0x80n]);
    expect(machine.vm.irqLine({ irq: 1, level: 1 })).toBe(0);
    expect(machine.run(3000n)).toEqual({ halted: 'poweredOff' });
    expect(x(machine, 10)).toBe(3n);
  });

  it('injects the PMU interrupt when the host sees an overflow', () => {
    const machine = machineOf(
      `
start:
  ldr x9, =0x800008
${PROLOGUE}
  mov x1, #1
  msr PMINTENSET_EL1, x1
  msr PMCR_EL0, x1
  msr DAIFClr, #2
idle:
  b idle
irq:
  gicr x5, cdia
  mov x6, #1
  msr PMOVSCLR_EL0, x6
  and x5, x5, #0xffffffff
  add x10, x10, #1
  gic cddi, x5
  gic cdeoi
  eret
${VECTORS}
`,
      { vcpus: [{ features: FEATURE.PMU }] },
    );
    const events = watched(machine);
    machine.run(1000n);
    host.pmuOverflow(machine, 0, 1);
    machine.run(3000n);
    expect(x(machine, 5)).toBe(0x2000_0017n);
    expect(x(machine, 10)).toBe(1n);
    // Found before a flush, the level costs one abandoned entry, when it rises and when it falls (S62).
    expect(count(events, 'vcpu.entryAborted')).toBe(2);
  });

  it('pauses a vCPU out of the guest, keeps its state, and lets it go on', () => {
    const machine = machineOf(WAITS);
    machine.start();
    machine.run(1000n);
    host.pause(machine, 0);
    expect(machine.thread(0).vcpu.slots.locked.flag).toBe(false);
    expect(host.irqLine(machine, 0, 3, 1)).toBe(0);
    expect(machine.run(2000n)).toEqual({ halted: 'poweredOff' });
    expect(x(machine, 10)).toBe(0n);
    expect(host.resume(machine, 0)).toBe(0);
    machine.run(3000n);
    expect(x(machine, 10)).toBe(1n);
  });

  it('clears the timer by a vCPU reset but not the active image (gicv5-scenarios S66)', () => {
    const machine = machineOf(`
start:
  ldr x9, =0x8000000
${PROLOGUE}
  mov x1, #1
  msr CNTV_CTL_EL0, x1
  gicr x5, cdia
stop:
  b stop
irq:
  b irq
${VECTORS}
`);
    machine.start();
    machine.run(500n);
    host.pause(machine, 0);
    expect(host.reset(machine, 0)).toBe(0);
    const { state, layout } = machine.journal;
    const slot = (path: string): bigint => state.read(layout.find(path) ?? (0 as never));
    expect(slot('vcpu0.CNTV_CTL_EL0')).toBe(0n);
    expect(slot('vcpu0.ppi.active')).toBe(0n);
    expect(slot('vcpu0.ICH_PPI_ACTIVER0_EL2')).toBe(0x800_0000n);
  });

  it('saves and restores registers from user space as the profile allows', () => {
    const refused = machineOf(WAITS);
    expect(host.saveRegisters(refused, 0).result).toBe(-ENXIO);
    const queued = machineOf(WAITS, { profile: profileByName('series-queued') });
    queued.start();
    queued.run(1000n);
    host.pause(queued, 0);
    const { result, saved } = host.saveRegisters(queued, 0);
    expect(result).toBe(0);
    expect(host.restoreRegisters(queued, 0, saved)).toBe(-EBUSY);
    const other = machineOf(WAITS, { profile: profileByName('series-queued') });
    expect(host.restoreRegisters(other, 0, saved)).toBe(0);
    expect(host.saveRegisters(other, 0).saved).toEqual(saved);
  });

  it('gives the same state for the same seed, and another order for another one', () => {
    const program = `
start:
  ldr x1, =word
  mov x11, #200
loop:
  ldr x2, [x1]
  add x2, x2, x2
  add x2, x2, x0
  add x2, x2, #1
  str x2, [x1]
  subs x11, x11, #1
  b.ne loop
  ldr x0, =0x84000002
  hvc #0
  .balign 8
word:
  .quad 0
`;
    const run = (seed: number): bigint => {
      const machine = machineOf(program, { vcpus: [{ pcpu: 0 }, { pcpu: 1 }], seed, slice: 3 });
      machine.start();
      expect(machine.run(100_000n)).toEqual({ halted: 'poweredOff' });
      return digest(machine.journal.state);
    };
    expect(run(7)).toBe(run(7));
    expect(run(7)).not.toBe(run(8));
  });

  it('tells of a breakpoint each time the guest gets there, wherever slices end', () => {
    for (const slice of [1, 2, 3, 5, 16]) {
      const machine = machineOf(TICKS, { slice });
      const idle = labelOf('idle');
      machine.thread(0).core.breakpoints.add(idle);
      let seen = 0;
      machine.onBreakpoint = () => {
        seen++;
      };
      machine.start();
      machine.run(100_000n);
      expect(seen).toBe(5);
    }
  });
});

function labelOf(name: string): bigint {
  const result = assemble(TICKS, { model: 'v5' });
  const address = result.ok ? result.program.symbols.get(name) : undefined;
  if (address === undefined) throw new Error(`no label ${name}`);
  return address;
}
