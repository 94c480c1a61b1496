import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConditionError } from '../../../../core/debug/condition/ast.ts';
import { parse, print } from '../../../../core/debug/condition/index.ts';
import { anyCondition, withoutSpans } from './arbitrary.ts';

function failure(text: string): ConditionError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConditionError) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}

/** The part of the text that an error points at. */
const pointed = (text: string): string => {
  const { span } = failure(text);
  return text.slice(span.offset, span.offset + span.length);
};

describe('reading and printing a condition', () => {
  it('prints every tree so that reading it gives the same tree', () => {
    fc.assert(
      fc.property(anyCondition, (expr) => {
        const text = print(expr);
        if (text.length > 4096) return;
        expect(withoutSpans(parse(text))).toEqual(withoutSpans(expr));
      }),
      { numRuns: 3000 },
    );
  });

  it('never fails in another way than with a ConditionError inside the text', () => {
    const words = ['ppi(27)', '.pending', 'rises', 'and', 'or', 'not', '(', ')', 'if', 'on', 'vcpu', '1', '0x', '..', '#', '"', 'where', 'write', 'X', '{', ',', '}', '-', ':', '&', '==', '12us', '\\', 'latency', 'é']; // prettier-ignore
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 12 }), fc.boolean(), (parts, spaced) => {
        const text = parts.join(spaced ? ' ' : '');
        try {
          const expr = parse(text);
          expect(withoutSpans(parse(print(expr)))).toEqual(withoutSpans(expr));
        } catch (error) {
          expect(error).toBeInstanceOf(ConditionError);
          if (!(error instanceof ConditionError)) return;
          expect(error.span.offset).toBeGreaterThanOrEqual(0);
          expect(error.span.offset + error.span.length).toBeLessThanOrEqual(Math.max(text.length, 1));
        }
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['ppi(27).pending rises on vcpu 1', 'ppi(27).pending rises on vcpu 1'],
    ['PPI(27).pending RISES on vcpu(1)', 'ppi(27).pending rises on vcpu 1'],
    ['ppi(3).active falls', 'ppi(3).active falls'],
    ['write ICC_PPI_ENABLER0_EL1 where value & 0x8', 'write ICC_PPI_ENABLER0_EL1 where value & 0x8'],
    ['read GICD_ISPENDR1', 'read GICD_ISPENDR1'],
    ['spi(33).state == active', 'spi(33).state == active'],
    ['changed(vcpu0.ICH_VMCR_EL2)', 'changed(vcpu0.ICH_VMCR_EL2)'],
    ['vcpu0.ICH_VMCR_EL2 changes', 'changed(vcpu0.ICH_VMCR_EL2)'],
    ['kind == vcpu.exit and reason == WFx', 'kind == vcpu.exit and reason == WFx'],
    ['vcpu1.ICC_PCR_EL1.PRIORITY < 0x10', 'vcpu1.ICC_PCR_EL1.PRIORITY < 0x10'],
    ['intid in {27, 30} and latency > 50us', 'intid in {27, 30} and latency > 50us'],
    ['#120..#180', '#120..#180'],
    ['#1,234,567', '#1234567'],
    ['time in 1ms..2ms', 'time in 1ms..2ms'],
    ['time in 0.5ms..1.25s', 'time in 500us..1250ms'],
    ['kvm_exit(WFx)', 'kind == vcpu.exit and reason == WFx'],
    ['kvm_entry', 'kind == vcpu.entry'],
    ['insn(CDIA, CDDI)', 'execute CDIA or execute CDDI'],
    ['execute GIC CDDI', 'execute "GIC CDDI"'],
    ['reg ICC_PCR_EL1.PRIORITY changes', 'changed(ICC_PCR_EL1.PRIORITY)'],
    ['reg ICC_PCR_EL1 == 3', 'reg ICC_PCR_EL1 == 3'],
    ['latency(inject,ack) > 500us', 'latency(raised, acknowledged) > 500us'],
    ['vcpu1.ppi27.active rises', 'ppi(27).active rises on vcpu 1'],
    ['spi33', 'intid == spi(33) or spi(33) changes'],
    ['PPI 27', 'intid == ppi(27) or ppi(27) changes'],
    ['intid == PPI 27', 'intid == ppi(27)'],
    ['a && b || !c', 'a and b or not c'],
    ['value & 0b1010 == 0b10', 'value & 0xa == 0b10'],
    ['value == 1_000', 'value == 1000'],
    ['reason is WFx', 'reason == WFx'],
    ['vcpu is not none', 'vcpu != none'],
    ['vcpu not in {0, 1}', 'not vcpu in {0, 1}'],
    ['result == -22', 'result == -22'],
    ['(write A where x) or (read B)', '(write A where x) or read B'],
    ['ppi(27).pending rises on vcpu(1) if ICH_VMCR_EL2.VPMR < 0x10', 'ppi(27).pending rises on vcpu 1 if ICH_VMCR_EL2.VPMR < 0x10'], // prettier-ignore
    ['vcpu:1 irq:27', 'vcpu == 1 and (intid == 27 or irq(27) changes)'],
    ['vcpu:0 vcpu:1 kind:irq.drop', '(vcpu == 0 or vcpu == 1) and kind == irq.drop'],
    ['vcpu:0,1', 'vcpu == 0 or vcpu == 1'],
    ['-name:gicv5_* -name:arm_*', 'not name == gicv5_* and not name == arm_*'],
    ['cdia "two words"', 'cdia and "two words"'],
    ['reg:ICC_PCR_EL1 op:write', 'access ICC_PCR_EL1 and op == write'],
    ['time:1ms..2ms', 'time in 1ms..2ms'],
  ])('reads %s as %s', (text, canonical) => {
    expect(print(parse(text))).toBe(canonical);
  });

  it('lets where take what is joined by and', () => {
    const expr = parse('write X where value == 1 and PRIORITY < 3');
    expect(expr.type).toBe('access');
    expect(print(parse('(write X where value == 1) and vcpu == 1'))).toBe('(write X where value == 1) and vcpu == 1');
  });

  it.each([
    ['ppi(27).pendign rises', 'pendign', 'pending'],
    ['ppi(27).pending rise', 'rise', 'rises'],
    ['kvmx:1', 'kvmx', undefined],
    ['vcpux:1', 'vcpux', 'vcpu'],
    ['latency(raised, acknowleged) > 1us', 'acknowleged', 'acknowledged'],
    ['spi(33).state == active and pending', 'active and pending', '"active and pending"'],
  ])('points at what is wrong in %s and offers the nearest word', (text, wrong, offered) => {
    expect(pointed(text)).toBe(wrong);
    if (offered !== undefined) expect(failure(text).suggestions).toContain(offered);
  });

  it('offers the nearest word once', () => {
    expect(failure('nmae:timer').message).toBe('no filter is called nmae; did you mean name?');
  });

  it.each([
    ['', 'expected a condition'],
    ['ppi(27', 'expected )'],
    ['ppi(27)', undefined],
    ['ppi(27) == 1', 'expected a state after the interrupt'],
    ['write', 'expected a register after write'],
    ['write where value & 1', 'expected a register after write'],
    ['value ==', 'expected a value'],
    ['value == 12zz', '12zz is not a number'],
    ['value == 1.5', 'a fraction needs a unit'],
    ['time == 1.0000000001s', 'whole nanoseconds'],
    ['value == 0x1_0000_0000_0000_0000', 'does not fit 64 bits'],
    ['a == "b', 'no closing quote'],
    ['time in 1ms..2', 'a range has two'],
    ['write X where a == 1 or read Y', 'brackets around what belongs to where'],
    ['a == 1 b == 2', 'expected and, or, if, on or the end, found b'],
    ['x on vcpu 512', 'the number of a vCPU'],
    ['intid == ppi(99999999)', 'the number of the interrupt'],
    ['a == §', 'unexpected character §'],
  ])('says what it expected in %j', (text, message) => {
    if (message === undefined) expect(() => parse(text)).not.toThrow();
    else expect(failure(text).message).toContain(message);
  });

  it('refuses texts that are too long or nested too deep, at once', () => {
    expect(failure('a'.repeat(4097)).message).toContain('4096');
    expect(failure(`${'('.repeat(2000)}a${')'.repeat(2000)}`).message).toContain('nested');
    expect(failure(`${'not '.repeat(1000)}a`).message).toContain('nested');
    expect(failure(`${'not '.repeat(70)}a`).message).toContain('deeper than 64');
    expect(print(parse(`${'('.repeat(200)}a${')'.repeat(200)}`))).toBe('a');
  });
});
