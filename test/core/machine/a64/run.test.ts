/** Running: limits, breakpoints, waiting, kicks, code that changes, and branches across pages. */
import { describe, expect, it } from 'vitest';
import { BARE, Core, DONE, PROCEED, Ram, type System, TRAP } from '../../../../core/machine/a64/index.ts';
import { machine, ORIGIN, wordOf } from './support/facts.ts';

describe('a run', () => {
  it('ends after exactly as many instructions as asked for', () => {
    const { core } = machine('1: add x0, x0, #1\nb 1b');
    expect(core.run(7)).toEqual({ kind: 'limit' });
    expect([core.executed, core.total, core.x(0), core.pcValue]).toEqual([7, 7, 4n, ORIGIN + 4n]);
    expect(core.run(0)).toEqual({ kind: 'limit' });
    expect([core.executed, core.total]).toEqual([0, 7]);
  });

  it('equals as many single steps', () => {
    const source =
      'mov x1, #10\n1: add x0, x0, x1, lsl #3\nsubs x1, x1, #1\nb.ne 1b\nadr x2, data\nstr x0, [x2]\n2: b 2b\n.balign 8\ndata: .quad 0';
    const whole = machine(source);
    whole.core.run(60);
    const stepped = machine(source);
    for (let n = 0; n < 60; n++) stepped.core.step();
    expect(stepped.core.total).toBe(60);
    for (let n = 0; n < 31; n++) expect(stepped.core.x(n)).toBe(whole.core.x(n));
    expect(stepped.core.pcValue).toBe(whole.core.pcValue);
    expect(stepped.ram.bytes).toEqual(whole.ram.bytes);
  });

  it('stops before a breakpoint, and goes on from it', () => {
    const { core, at } = machine('mov x1, #3\nloop: subs x1, x1, #1\nb.ne loop\n1: b 1b');
    core.breakpoints.add(at('loop'));
    const stop = { kind: 'breakpoint', address: at('loop') };
    expect([core.run(100), core.executed, core.x(1)]).toEqual([stop, 1, 3n]);
    expect([core.run(100), core.executed, core.x(1)]).toEqual([stop, 2, 2n]);
    expect([core.run(100), core.x(1)]).toEqual([stop, 1n]);
    expect(core.run(100)).toEqual({ kind: 'limit' });
    core.pcValue = at('loop');
    core.breakpoints.delete(at('loop'));
    expect(core.run(5)).toEqual({ kind: 'limit' });
    expect(core.breakpoints.size).toBe(0);
  });

  it('counts instructions the same with and without breakpoints on the page', () => {
    const { core } = machine('1: add x0, x0, #1\nb 1b\nnop');
    core.breakpoints.add(ORIGIN + 8n);
    core.run(101);
    expect(core.x(0)).toBe(51n);
  });

  it('stops behind WFI when the core is to wait, and at it when WFI traps', () => {
    const { core } = machine('wfi\nmov x0, #1');
    expect(core.run(10)).toEqual({ kind: 'wait', hint: 'WFI' });
    expect([core.pcValue, core.executed]).toEqual([ORIGIN + 4n, 1]);
    const trapped = machine('wfe', { system: { ...BARE, hint: () => TRAP } }).core;
    expect(trapped.run(10)).toEqual({ kind: 'trap', exception: { kind: 'wfx', iss: 0x1e0_0001, pc: ORIGIN } });
    expect(trapped.pcValue).toBe(ORIGIN);
    const passing = machine('wfi\nmov x0, #1', { system: { ...BARE, hint: () => PROCEED } }).core;
    passing.run(2);
    expect(passing.x(0)).toBe(1n);
  });

  it('passes hints and barriers on, and unallocated hints do nothing', () => {
    const seen: string[] = [];
    const system: System = {
      ...BARE,
      hint: (hint) => {
        seen.push(hint);
        return PROCEED;
      },
      barrier: (barrier, domain) => void seen.push(`${barrier} ${domain}`),
    };
    const { core } = machine('sev\nsevl\nyield\nnop\nhint #100\ndsb ish\ndmb ld\nisb\nsb', { system });
    core.run(9);
    expect(seen).toEqual(['SEV', 'SEVL', 'YIELD', 'DSB 11', 'DMB 13', 'ISB 15', 'SB 0']);
  });

  it('traps with HVC behind the instruction and its immediate', () => {
    const { core } = machine('hvc #0x1234');
    expect(core.run(10)).toEqual({ kind: 'trap', exception: { kind: 'hvc', iss: 0x1234, pc: ORIGIN } });
    expect(core.pcValue).toBe(ORIGIN + 4n);
  });

  it('returns after the instruction during which it was kicked', () => {
    const given = machine('msr ICC_PCR_EL1, x0\nmov x1, #1', {
      system: {
        ...BARE,
        msr: () => {
          given.core.kick();
          return DONE;
        },
      },
    });
    expect(given.core.run(10)).toEqual({ kind: 'kick' });
    expect([given.core.executed, given.core.x(1)]).toEqual([1, 0n]);
    given.core.run(1);
    expect(given.core.x(1)).toBe(1n);
  });

  it('keeps X0 … X30 apart from the zero register and the stack pointer', () => {
    const { core } = machine(
      'mov x0, #7\nmov sp, x0\nadd xzr, x0, x0\nmov x1, xzr\nmov x2, sp\nldr xzr, [x3]\nadds xzr, x0, x0\nmov x4, xzr',
    );
    core.setX(3, ORIGIN);
    core.run(8);
    expect([core.x(1), core.x(2), core.x(4)]).toEqual([0n, 7n, 0n]);
  });
});

describe('code', () => {
  it('that changes itself runs as changed', () => {
    const { core } = machine(
      `adr x1, patch\nldr w2, new\nmov x5, #2\n1: bl patch\nstr w2, [x1]\nsubs x5, x5, #1\nb.ne 1b\nhlt #0\npatch: mov x0, #1\nret\nnew: .word ${String(wordOf('mov x0, #2'))}`,
    );
    core.breakpoints.add(ORIGIN + 28n);
    const seen: bigint[] = [];
    core.breakpoints.add(ORIGIN + 16n);
    for (let stop = core.run(100); core.pcValue === ORIGIN + 16n; stop = core.run(100)) {
      expect(stop.kind).toBe('breakpoint');
      seen.push(core.x(0));
    }
    expect(seen).toEqual([1n, 2n]);
  });

  it('written by another core or a device is seen by all', () => {
    const { core, ram } = machine('1: mov x0, #1\nb 1b');
    core.run(4);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, Number(wordOf('mov x0, #9')), true);
    ram.write(ORIGIN, bytes);
    core.run(2);
    expect(core.x(0)).toBe(9n);
  });

  it('runs on over page ends and branches between pages', () => {
    const { core, at } = machine(
      'b near\n.org 0xff8\nnear: add x0, x0, #1\nadd x0, x0, #2\nadd x0, x0, #4\nb far\n.org 0x5000\nfar: add x0, x0, #8\nbl back\n1: b 1b\n.org 0x6000\nback: ret',
    );
    core.breakpoints.add(at('far') + 8n);
    expect(core.run(100).kind).toBe('breakpoint');
    expect(core.x(0)).toBe(15n);
    expect(core.x(30)).toBe(at('far') + 8n);
  });

  it('runs at addresses above 4 GiB, with PC-relative addresses of its own', () => {
    const base = 0xffff_0000_8000_0000n;
    const ram = new Ram(base, 8192);
    const bytes = new Uint8Array(12);
    for (const [index, text] of ['adr x0, .+8', 'bl .+4', 'adrp x1, .+4096'].entries())
      new DataView(bytes.buffer).setUint32(index * 4, Number(wordOf(text, 0n)), true);
    ram.loadImage(base + 0x100n, bytes);
    const high = new Core({ ram });
    high.reset(base + 0x100n);
    high.run(3);
    expect(high.x(0)).toBe(base + 0x108n);
    expect(high.x(30)).toBe(base + 0x108n);
    expect(high.x(1)).toBe(base + 0x1000n);
  });
});
