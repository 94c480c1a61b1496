import { describe, expect, it } from 'vitest';
import { type Options, machineOf, SYSTEM_OFF, x } from './support.ts';
import { type MachineObserver } from '../../../core/machine/events.ts';
import { type Machine } from '../../../core/machine/machine.ts';
import { FEATURE } from '../../../core/kvm/vcpu-slots.ts';

/** Synchronous exceptions are counted in x28, their classes are in x27 as bits, and the next instruction follows. SVC ends. */
const SKIP = `
  .balign 2048
vectors:
  .space 512
  b skip
  .balign 128
  .space 384
  b skip
skip:
  mrs x25, ESR_EL1
  lsr x25, x25, #26
  cmp x25, #0x15
  b.eq off
  add x28, x28, #1
  mov x26, #1
  lsl x26, x26, x25
  orr x27, x27, x26
  mrs x26, ELR_EL1
  add x26, x26, #4
  msr ELR_EL1, x26
  eret
`;

function guest(body: string, options?: Options, observer?: MachineObserver): Machine {
  const machine = machineOf(
    `
start:
  ldr x1, =vectors
  msr VBAR_EL1, x1
${body}
off:
${SYSTEM_OFF}
${SKIP}
`,
    options,
  );
  machine.observer = observer;
  machine.start();
  expect(machine.run(10_000n)).toEqual({ halted: 'poweredOff' });
  return machine;
}

/** Register by register, from x2 on. */
const readInto = (...names: string[]): string => names.map((name, n) => `mrs x${n + 2}, ${name}`).join('\n');
const values = (machine: Machine, count: number): bigint[] =>
  Array.from({ length: count }, (_, n) => x(machine, n + 2));

describe('registers of the processor', () => {
  it('answers every encoding of the space of identification registers, 0 where there is none', () => {
    const encodings = [1, 2, 3, 4, 5, 6, 7].flatMap((crm) =>
      [0, 1, 2, 3, 4, 5, 6, 7].map((op2) => `mrs x2, S3_0_C0_C${crm}_${op2}\nadd x3, x3, #1\norr x4, x4, x2`),
    );
    const machine = guest(encodings.join('\n'));
    expect([x(machine, 28), x(machine, 3)]).toEqual([0n, 56n]);
    const unnamed = guest(readInto('S3_0_C0_C3_3', 'S3_0_C0_C4_3', 'S3_0_C0_C7_7', 'ID_PFR0_EL1', 'MVFR0_EL1'));
    expect(values(unnamed, 5)).toEqual([0n, 0n, 0n, 0n, 0n]);
  });

  it('says what the core is: A64 at EL0 and EL1, no floating point, no translation, guest memory of 40 bits', () => {
    const names = ['ID_AA64PFR0_EL1', 'ID_AA64PFR1_EL1', 'ID_AA64ISAR0_EL1', 'ID_AA64ISAR1_EL1', 'ID_AA64MMFR0_EL1'];
    const machine = guest(readInto(...names));
    expect(values(machine, 5)).toEqual([0xff_0011n, 0n, 2n << 56n, (1n << 36n) | 2n, 0xff00_0002n]);
    const wide = guest(readInto('ID_AA64MMFR0_EL1'), { facts: { paBits: 48 } });
    expect(x(wide, 2) & 0xfn).toBe(5n);
  });

  it('has of the optional instructions those that they announce', () => {
    // SB; DC CVADP; TLBI VMALLE1OS and RVAE1: there. LDADD (Atomic), CRC32B, LDAPR (LRCPC), FMOV (FP): not.
    const there = guest('sb\ndc cvadp, x1\ntlbi vmalle1os\ntlbi rvae1, x1');
    expect(x(there, 28)).toBe(0n);
    const absent = guest('.word 0xf8210022\n.word 0x1ac14022\n.word 0xf8bfc022\n.word 0x1e604020');
    expect(x(absent, 28)).toBe(4n);
  });

  it('shows a PMU to the vCPU that has one', () => {
    expect(x(guest(readInto('ID_AA64DFR0_EL1')), 2)).toBe(0x10_1006n);
    const withPmu = guest(readInto('ID_AA64DFR0_EL1'), { vcpus: [{ features: FEATURE.PMU }] });
    expect(x(withPmu, 2)).toBe(0x10_1106n);
  });

  it('names processor and caches as KVM does where there are none to show', () => {
    const machine = guest(readInto('MIDR_EL1', 'REVIDR_EL1', 'AIDR_EL1', 'CTR_EL0', 'DCZID_EL0', 'CLIDR_EL1'));
    expect(values(machine, 6)).toEqual([0xf_0000n, 0n, 0n, 0xb424_c004n, 4n, 0x100_0004n]);
    const selected = guest(`mov x1, #-1\nmsr CSSELR_EL1, x1\n${readInto('CSSELR_EL1', 'CCSIDR_EL1')}`);
    expect(values(selected, 2)).toEqual([0xfn, 2n]);
  });

  it('leaves the guest for what KVM traps, and not for the rest', () => {
    const exits = (name: string): number => {
      let trapped = 0;
      guest(readInto(name), {}, ({ kind }) => {
        if (kind === 'trap.sysreg') trapped++;
      });
      return trapped;
    };
    for (const name of ['ID_AA64PFR1_EL1', 'REVIDR_EL1', 'CLIDR_EL1', 'S3_0_C0_C4_3']) expect(exits(name)).toBe(1);
    for (const name of ['MIDR_EL1', 'MPIDR_EL1', 'CTR_EL0', 'DCZID_EL0']) expect(exits(name)).toBe(0);
  });

  it('are UNDEFINED to write', () => {
    const names = ['MIDR_EL1', 'CTR_EL0', 'ID_AA64PFR0_EL1', 'S3_0_C0_C4_3', 'CLIDR_EL1'];
    expect(x(guest(names.map((name) => `msr ${name}, x1`).join('\n')), 28)).toBe(5n);
  });
});

/** Runs `body` at EL0 after `prepare` at EL1. */
function user(prepare: string, body: string): Machine {
  return guest(`
${prepare}
  msr SPSR_EL1, xzr
  adr x1, below
  msr ELR_EL1, x1
  eret
below:
${body}
  svc #0
`);
}

describe('what EL1 opens to EL0', () => {
  const TIMER = readInto('CNTVCT_EL0', 'CNTPCT_EL0', 'CNTFRQ_EL0', 'CNTV_CTL_EL0', 'CNTP_CVAL_EL0');

  it.each([
    ['nothing', 0, 5n],
    ['the physical counter', 1, 3n],
    ['the virtual counter', 2, 3n],
    ['the virtual timer', 0x100, 4n],
    ['the physical timer', 0x200, 4n],
    ['all', 0x303, 0n],
  ])('is by CNTKCTL_EL1: %s', (_what, control, refused) => {
    const machine = user(`mov x1, #${control}\nmsr CNTKCTL_EL1, x1\nmrs x15, CNTKCTL_EL1`, TIMER);
    expect([x(machine, 15), x(machine, 28)]).toEqual([BigInt(control), refused]);
    // As traps of system registers, not as UNDEFINED instructions.
    expect(x(machine, 27)).toBe(refused === 0n ? 0n : 1n << 0x18n);
  });

  it('is by SCTLR_EL1 for cache types and DC ZVA', () => {
    const shut = user('', readInto('DCZID_EL0', 'CTR_EL0'));
    expect([x(shut, 2), x(shut, 28)]).toEqual([0x14n, 1n]);
    const open = user('mrs x1, SCTLR_EL1\norr x1, x1, #0xc000\nmsr SCTLR_EL1, x1', readInto('DCZID_EL0', 'CTR_EL0'));
    expect([x(open, 2), x(open, 3), x(open, 28)]).toEqual([4n, 0xb424_c004n, 0n]);
  });
});
