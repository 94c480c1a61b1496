/** Exceptions: vectors, syndromes, return, interrupts, levels and what each may do. */
import { describe, expect, it } from 'vitest';
import {
  BARE,
  Core,
  CORE_REGISTERS,
  DONE,
  enter,
  type Exception,
  LINE,
  packEncoding,
  type System,
  TRAP,
  TRAP_EL1,
  UNDEFINED,
} from '../../../../core/machine/a64/index.ts';
import { machine, ORIGIN } from './support/facts.ts';

const VECTORS = ORIGIN + 0x800n;

/** A program with a vector table of `b .` at 0x40000800 and VBAR_EL1 set to it. */
function withVectors(source: string, options: Parameters<typeof machine>[1] = {}): ReturnType<typeof machine> {
  const given = machine(`${source}\n.org 0x800\nvectors: ${'b .\n.balign 128\n'.repeat(16)}`, options);
  set(given.core, 'VBAR_EL1', VECTORS);
  return given;
}

const index = (name: string): number => {
  const at = CORE_REGISTERS.findIndex((register) => register.name === name);
  if (at < 0) throw new Error(name);
  return at;
};
const get = (core: Core, name: string): bigint => core.systemValue(index(name));
const set = (core: Core, name: string, value: bigint): void => core.setSystem(index(name), value);
const esr = (core: Core): string => get(core, 'ESR_EL1').toString(16);

/** Drops a core to EL0 with masks open. */
function toUser(core: Core): void {
  core.pstate = 0;
}

describe('exception entry', () => {
  it('saves PSTATE and return address, masks everything and selects SP_EL1', () => {
    const { core } = withVectors('svc #0x42');
    core.setStackPointer(0, 0x1000n);
    core.setStackPointer(1, 0x2000n);
    core.pstate = 0x6000_0000;
    core.step();
    expect(core.pcValue).toBe(VECTORS + 0x400n);
    expect(esr(core)).toBe('56000042');
    expect(get(core, 'SPSR_EL1')).toBe(0x6000_0000n);
    expect(get(core, 'ELR_EL1')).toBe(ORIGIN + 4n);
    expect(core.pstate >>> 0).toBe(0x6000_03c5);
    expect(core.sp).toBe(0x2000n);
    expect(core.stackPointer(0)).toBe(0x1000n);
  });

  it.each([
    ['EL1 with SP_EL1', 0x3c5, 0x200n],
    ['EL1 with SP_EL0', 0x3c4, 0n],
    ['EL0', 0, 0x400n],
  ])('takes the vectors of %s', (_from, pstate, offset) => {
    const { core } = withVectors('brk #7');
    core.pstate = pstate;
    core.step();
    expect(core.pcValue).toBe(VECTORS + offset);
    expect(esr(core)).toBe('f2000007');
    expect(get(core, 'ELR_EL1'), 'a fault returns to itself').toBe(ORIGIN);
  });

  it.each([
    ['udf #1', '2000000'],
    ['.word 0x00010000', '2000000'],
    ['hlt #3', '2000000'],
    ['smc #0', '2000000'],
    // An instruction on SIMD registers while CPACR_EL1.FPEN keeps them away.
    ['.word 0x4e208400', '1fe00000'],
    ['msr PAN, #1', '2000000'],
    ['mrs x0, S3_0_C15_C15_7', '2000000'],
    ['msr CurrentEL, x0', '2000000'],
    ['sys #0, C7, C0, #0, x0', '2000000'],
    ['at s1e1r, x0', '2000000'],
    ['mrs x0, SP_EL1', '2000000'],
  ])('of `%s` has syndrome %s', (text, syndrome) => {
    const { core } = withVectors(text, { system: { ...BARE, exception: () => DONE } });
    core.step();
    expect(esr(core)).toBe(syndrome);
    expect(core.pcValue).toBe(VECTORS + 0x200n);
  });

  it('of an HVC that nobody claims is UNDEFINED and returns to the HVC', () => {
    const { core } = withVectors('hvc #1', { system: { ...BARE, exception: () => DONE } });
    core.step();
    expect([esr(core), get(core, 'ELR_EL1')]).toEqual(['2000000', ORIGIN]);
  });

  it('of SIMD instructions is UNDEFINED once the guest has enabled them, for there are none', () => {
    const { core } = withVectors('.word 0x4e208400');
    set(core, 'CPACR_EL1', 3n << 20n);
    core.step();
    expect(esr(core)).toBe('2000000');
  });

  it('comes for a fetch outside RAM, with the PC as address', () => {
    const { core } = withVectors('mov x0, #0x1000\nbr x0');
    core.run(3);
    expect(esr(core)).toBe('86000010');
    expect(get(core, 'FAR_EL1')).toBe(0x1000n);
    expect(get(core, 'ELR_EL1')).toBe(0x1000n);
  });

  it('comes for a fetch from a 64-bit address whose low half is in RAM', () => {
    const { core } = withVectors('movk x0, #0x4000, lsl #16\nmovk x0, #1, lsl #32\nbr x0');
    core.run(4);
    expect(get(core, 'FAR_EL1')).toBe(0x1_4000_0000n);
  });

  it('comes for a misaligned PC', () => {
    const { core } = withVectors('adr x0, .+6\nbr x0');
    core.run(3);
    expect(esr(core)).toBe('8a000000');
    expect(get(core, 'FAR_EL1')).toBe(ORIGIN + 6n);
  });

  it('comes for a misaligned stack pointer as a base, unless SCTLR_EL1.SA is 0', () => {
    const { core } = withVectors('ldr x0, [sp]');
    core.sp = ORIGIN + 8n;
    core.step();
    expect(esr(core)).toBe('9a000000');
    core.reset(ORIGIN);
    set(core, 'SCTLR_EL1', 0n);
    core.sp = ORIGIN + 8n;
    core.step();
    expect(core.pcValue).toBe(ORIGIN + 4n);
  });

  it('continues at the next instruction after SVC and ERET', () => {
    const { core, at } = withVectors('svc #0\nafter: mov x1, #1\n1: b 1b\n.org 0x600\nhandler: mov x2, #2\neret');
    set(core, 'VBAR_EL1', ORIGIN);
    const { ram } = core;
    ram.write(ORIGIN + 0x400n, ram.read(at('handler'), 8));
    toUser(core);
    core.nzcv = 5;
    core.run(4);
    expect([core.x(2), core.x(1)]).toEqual([2n, 1n]);
    expect(core.pstate).toBe(0x5000_0000);
  });
});

describe('ERET', () => {
  it('to an illegal mode sets PSTATE.IL, and the next instruction is an exception', () => {
    const { core } = withVectors('eret\ntarget: nop');
    // EL2 is above; AArch32 does not exist; EL0 has no SP_EL1; EL3.
    for (const mode of [0x9, 0x10, 0x1, 0xd]) {
      core.reset(ORIGIN);
      set(core, 'VBAR_EL1', VECTORS);
      set(core, 'SPSR_EL1', 0xf000_0000n | BigInt(mode));
      set(core, 'ELR_EL1', ORIGIN + 4n);
      core.step();
      expect(core.illegal).toBe(true);
      expect([core.el, core.nzcv, core.daif]).toEqual([1, 15, 0]);
      core.step();
      expect(esr(core)).toBe('3a000000');
      expect(core.illegal).toBe(false);
      expect(get(core, 'SPSR_EL1') & (1n << 20n)).toBe(1n << 20n);
    }
  });

  it('at EL0 is UNDEFINED', () => {
    const { core } = withVectors('eret');
    toUser(core);
    core.step();
    expect(esr(core)).toBe('2000000');
  });
});

describe('interrupts', () => {
  const nops = 'nop\n'.repeat(8);

  it('wait until they are unmasked and are then taken before the next instruction', () => {
    const { core } = withVectors(`nop\nmsr DAIFClr, #2\n${nops}`);
    core.setLine(LINE.IRQ, true);
    core.run(2);
    expect(core.pcValue).toBe(ORIGIN + 8n);
    expect(core.run(1).kind).toBe('limit');
    expect(core.pcValue).toBe(VECTORS + 0x280n);
    expect(get(core, 'ELR_EL1')).toBe(ORIGIN + 8n);
    expect(core.daif).toBe(15);
  });

  it('take IRQ, FIQ and SError through their own vectors', () => {
    for (const [line, offset] of [
      [LINE.IRQ, 0x80n],
      [LINE.FIQ, 0x100n],
      [LINE.SERROR, 0x180n],
    ] as const) {
      const { core } = withVectors(nops);
      toUser(core);
      core.setLine(line, true);
      core.step();
      expect(core.pcValue).toBe(VECTORS + 0x400n + offset);
    }
  });

  it('raised while the core runs are seen once the run is asked to look', () => {
    const seen: Exception[] = [];
    const system: System = {
      ...BARE,
      msr: () => {
        running?.setLine(LINE.IRQ, true);
        return DONE;
      },
      exception: (exception) => {
        seen.push(exception);
        return DONE;
      },
    };
    const { core } = withVectors(`msr DAIFClr, #15\nmsr ICC_PCR_EL1, x0\n${nops}`, { system });
    const running: Core | undefined = core;
    core.run(4);
    expect(seen).toEqual([{ kind: 'irq', iss: 0, pc: ORIGIN + 8n }]);
    expect(core.pcValue).toBe(VECTORS + 0x280n);
  });

  it('that the System claims end the run with the PC where the guest was', () => {
    const system: System = { ...BARE, exception: () => TRAP };
    const { core } = withVectors(nops, { system });
    core.pstate = 5;
    core.setLine(LINE.IRQ, true);
    expect(core.run(5)).toEqual({ kind: 'trap', exception: { kind: 'irq', iss: 0, pc: ORIGIN } });
    expect(core.pcValue).toBe(ORIGIN);
  });

  it('leave ESR_EL1 alone', () => {
    const { core } = withVectors(nops);
    set(core, 'ESR_EL1', 0x1234n);
    core.pstate = 5;
    core.setLine(LINE.IRQ, true);
    core.step();
    expect(esr(core)).toBe('1234');
  });
});

describe('superpriority (FEAT_NMI)', () => {
  const nmi = (pstate: number, sctlrHigh: bigint): string => {
    const { core } = withVectors('nop\nnop', { nmi: true });
    set(core, 'SCTLR_EL1', 0x00c5_0078n | (sctlrHigh << 61n));
    core.pstate = pstate;
    core.setLine(LINE.NMI, true);
    core.step();
    return core.pcValue === ORIGIN + 4n ? 'masked' : 'taken';
  };

  it('passes PSTATE.I but not ALLINT when SCTLR_EL1.NMI is 1', () => {
    expect(nmi(0x85, 1n)).toBe('taken');
    expect(nmi(0x2085, 1n)).toBe('masked');
  });

  it('is masked by the use of SP_EL1 when SPINTMASK is 1', () => {
    expect(nmi(0x85, 3n)).toBe('masked');
    expect(nmi(0x84, 3n)).toBe('taken');
  });

  it('means nothing when SCTLR_EL1.NMI is 0', () => {
    expect(nmi(0x85, 0n)).toBe('masked');
    expect(nmi(0x05, 0n)).toBe('taken');
  });

  it('sets ALLINT on entry to what SPINTMASK says, and MSR ALLINT changes it', () => {
    const { core } = withVectors('msr ALLINT, #1\nmsr ALLINT, #0\nsvc #0', { nmi: true });
    core.step();
    expect(core.allint).toBe(1);
    core.step();
    expect(core.allint).toBe(0);
    core.step();
    expect(core.allint).toBe(1);
    expect(get(core, 'SPSR_EL1') & 0x2000n).toBe(0n);
  });

  it('does not exist without the feature', () => {
    const { core } = withVectors('msr ALLINT, #1');
    core.step();
    expect(esr(core)).toBe('2000000');
  });
});

describe('EL0', () => {
  it.each([
    ['mrs x0, VBAR_EL1', '2000000'],
    ['msr TPIDRRO_EL0, x0', '2000000'],
    ['msr SPSel, #0', '2000000'],
    ['hvc #0', '2000000'],
    ['tlbi vmalle1', '2000000'],
    ['gic cddi, x0', '2000000'],
    // SCTLR_EL1.UMA, DZE and UCI are 0: traps to EL1 of class 0x18.
    ['msr DAIFClr, #2', '620ed3e4'],
    ['mrs x3, DAIF', '6232d065'],
    ['dc zva, x1', '6212dc28'],
    ['ic ivau, x1', '6212dc2a'],
    ['dc isw, x1', '2000000'],
  ])('`%s` is an exception with syndrome %s', (text, syndrome) => {
    const { core } = withVectors(text);
    toUser(core);
    core.step();
    expect(core.pcValue).toBe(VECTORS + 0x400n);
    expect(esr(core)).toBe(syndrome);
  });

  it('reads and writes what belongs to it', () => {
    const { core } = withVectors(
      'msr TPIDR_EL0, x1\nmrs x2, TPIDR_EL0\nmrs x3, TPIDRRO_EL0\nmsr NZCV, x4\nmrs x5, NZCV',
    );
    set(core, 'TPIDRRO_EL0', 9n);
    toUser(core);
    core.setX(1, 7n);
    core.setX(4, 0xa000_0000n);
    core.run(5);
    expect([core.x(2), core.x(3), core.x(5)]).toEqual([7n, 9n, 0xa000_0000n]);
  });

  it('traps WFI to EL1 when SCTLR_EL1.nTWI is 0', () => {
    const { core } = withVectors('wfi');
    set(core, 'SCTLR_EL1', 0n);
    toUser(core);
    core.step();
    expect(esr(core)).toBe('7e00000');
  });
});

describe('the System answers for registers that the core does not keep', () => {
  interface Call {
    readonly what: string;
    readonly encoding: number;
    readonly value: bigint;
  }

  function system(answer: ReturnType<System['mrs']>): { system: System; calls: Call[] } {
    const calls: Call[] = [];
    const record =
      (what: string, reads: boolean): System['mrs'] =>
      (encoding, value) => {
        calls.push({ what, encoding, value: value.value });
        if (reads) value.value = 0x1_2000_001bn;
        return answer;
      };
    return {
      calls,
      system: {
        ...BARE,
        mrs: record('mrs', true),
        msr: record('msr', false),
        sys: record('sys', false),
        sysl: record('sysl', true),
      },
    };
  }

  const PCR = packEncoding([3, 1, 12, 0, 2]);
  const CDIA = packEncoding([1, 0, 12, 3, 0]);
  const CDDI = packEncoding([1, 0, 12, 2, 0]);
  const CDEOI = packEncoding([1, 0, 12, 1, 7]);

  it('with a value', () => {
    const { system: mine, calls } = system(DONE);
    const { core } = withVectors('msr ICC_PCR_EL1, x1\ngicr x0, cdia\ngic cddi, x0\ngic cdeoi\nmrs xzr, ICC_PCR_EL1', {
      system: mine,
    });
    core.setX(1, 0x1fn);
    core.run(5);
    expect(core.x(0)).toBe(0x1_2000_001bn);
    expect(calls).toEqual([
      { what: 'msr', encoding: PCR, value: 0x1fn },
      { what: 'sysl', encoding: CDIA, value: 0n },
      { what: 'sys', encoding: CDDI, value: 0x1_2000_001bn },
      { what: 'sys', encoding: CDEOI, value: 0n },
      { what: 'mrs', encoding: PCR, value: 0n },
    ]);
  });

  it('with an UNDEFINED exception', () => {
    const { core } = withVectors('gicr x5, cdia', { system: system(UNDEFINED).system });
    core.step();
    expect(esr(core)).toBe('2000000');
    expect(core.x(5)).toBe(0n);
  });

  it('with a trap to the hypervisor, which ends the emulation with skip', () => {
    const { core } = withVectors('msr ICC_PPI_ENABLER0_EL1, x3\nnop', { system: system(TRAP).system });
    // ISS of a trapped MSR: op0 3, op2 6, op1 0, CRn 12, Rt 3, CRm 10, write.
    const iss = (3 << 20) | (6 << 17) | (12 << 10) | (3 << 5) | (10 << 1);
    expect(core.run(10)).toEqual({ kind: 'trap', exception: { kind: 'system', iss, pc: ORIGIN } });
    expect(core.pcValue).toBe(ORIGIN);
    core.skip();
    expect(core.run(1).kind).toBe('limit');
    expect(core.pcValue).toBe(ORIGIN + 8n);
  });

  it('with a trap to EL1', () => {
    const { core } = withVectors('mrs x2, PMCR_EL0', { system: system(TRAP_EL1).system });
    toUser(core);
    core.step();
    expect(get(core, 'ESR_EL1') >> 26n).toBe(0x18n);
    expect(get(core, 'ESR_EL1') & 1n, 'a read').toBe(1n);
  });

  it('and an injecting hypervisor enters EL1 as the exception would', () => {
    const { core } = withVectors('nop');
    core.pstate = 0x3c4;
    enter(core, { kind: 'undefined', iss: 0, pc: ORIGIN }, ORIGIN);
    expect(core.pcValue).toBe(VECTORS);
    expect(esr(core)).toBe('2000000');
  });
});

describe('cache and TLB maintenance', () => {
  it('does nothing, for there are no caches and no translation', () => {
    const { core } = withVectors('ic iallu\nic ivau, x0\ndc civac, x0\ndc cvau, x0\ntlbi vmalle1\ntlbi vae1is, x0');
    expect(core.run(6)).toEqual({ kind: 'limit' });
    expect(core.pcValue).toBe(ORIGIN + 24n);
    expect(esr(core)).toBe('0');
  });
});

describe('registers that the core keeps', () => {
  it('keep their writable bits', () => {
    const { core } = withVectors(
      'msr VBAR_EL1, x0\nmrs x1, VBAR_EL1\nmsr SCTLR_EL1, x0\nmrs x2, SCTLR_EL1\nmsr CONTEXTIDR_EL1, x0\nmrs x3, CONTEXTIDR_EL1',
    );
    core.setX(0, (1n << 64n) - 1n);
    core.run(2);
    set(core, 'SCTLR_EL1', 0n);
    core.run(4);
    expect(core.x(1)).toBe(0xffff_ffff_ffff_f800n);
    expect(core.x(2), 'no translation: M reads 0').toBe(0xffff_ffff_ffff_fffen);
    expect(core.x(3)).toBe(0xffff_ffffn);
  });

  it('show PSTATE', () => {
    const { core } = withVectors(
      'mrs x0, CurrentEL\nmrs x1, SPSel\nmrs x2, DAIF\nmsr SPSel, #0\nmrs x3, SPSel\nmrs x4, SP_EL0',
    );
    core.run(5);
    expect([core.x(0), core.x(1), core.x(2), core.x(3)]).toEqual([4n, 1n, 0x3c0n, 0n]);
    core.step();
    expect(esr(core), 'SP_EL0 is in use').toBe('2000000');
  });

  it('hold two stack pointers, one of them selected', () => {
    const { core } = withVectors('msr SP_EL0, x0\nmov sp, x1\nmsr SPSel, #0\nmov x2, sp\nmsr SPSel, #1\nmov x3, sp');
    core.setX(0, 0x10n);
    core.setX(1, 0x20n);
    core.run(6);
    expect([core.x(2), core.x(3)]).toEqual([0x10n, 0x20n]);
  });

  it('stay with their core when two share one RAM', () => {
    const { core, ram } = withVectors('msr TPIDR_EL1, x0\nadd x0, x0, #1');
    const other = new Core({ ram });
    other.reset(ORIGIN);
    other.setX(0, 5n);
    core.run(2);
    other.run(2);
    expect([core.x(0), other.x(0)]).toEqual([1n, 6n]);
    expect([get(core, 'TPIDR_EL1'), get(other, 'TPIDR_EL1')]).toEqual([0n, 5n]);
  });
});
