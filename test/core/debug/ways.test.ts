import { describe, expect, it } from 'vitest';
import { completeWay, readWay } from '../../../core/debug/ways.ts';
import { parse } from '../../../core/debug/condition/index.ts';
import { NAMES } from './condition/names.ts';

describe('a way that is typed at "go to"', () => {
  it.each([
    ['next change of vcpu1.ICC_PCR_EL1.PRIORITY', 'forward', 'vcpu1.ICC_PCR_EL1.PRIORITY changes'],
    ['previous change of ppi(27) on vcpu 1', 'backward', 'ppi(27) changes on vcpu 1'],
    ['Prev change of ppi(27).pending on vcpu(0)', 'backward', 'ppi(27).pending changes on vcpu 0'],
    ['next access of ICC_PCR_EL1', 'forward', 'access "ICC_PCR_EL1"'],
    ['previous write of ICC_PPI_* on vcpu 1', 'backward', 'write "ICC_PPI_*" on vcpu 1'],
    ['next read of "GIC CDDI"', 'forward', 'read "GIC CDDI"'],
    ['next execution of CDIA', 'forward', 'execute "CDIA"'],
    ['next kind == vcpu.exit', 'forward', 'kind == vcpu.exit'],
  ] as const)('%s', (text, direction, condition) => {
    expect(readWay(text)).toMatchObject({ direction, condition });
    expect(() => parse(condition)).not.toThrow();
  });

  it.each(['#12', '50%', 'end', 'next', 'nextchange of x', '+200', ''])('is not %j', (text) => {
    expect(readWay(text)).toBeUndefined();
  });

  it('cannot leave the quotes of a register name', () => {
    const way = readWay('next write of x" or kind == vcpu.exit or name == "y');
    expect(parse(way?.condition ?? '')).toMatchObject({ type: 'access' });
  });
});

describe('completing a way', () => {
  const complete = (text: string): { rest: string; words: string[] } => {
    const { from, candidates } = completeWay(text, text.length, NAMES);
    return { rest: text.slice(from), words: candidates.map(({ text: word }) => word) };
  };

  it('begins with the directions, then offers what can be looked for', () => {
    expect(complete('ne')).toEqual({ rest: 'ne', words: ['next'] });
    expect(complete('next ch').words[0]).toBe('change of');
    expect(complete('next ch').rest).toBe('ch');
    expect(complete('previous ').words).toEqual(expect.arrayContaining(['change of', 'access of', 'write of', 'kind']));
    expect(complete('12').words).toEqual([]);
  });

  it('offers the slots, fields and registers of the trace, at the word being typed', () => {
    expect(complete('next change of vcpu1.ICC_P')).toMatchObject({ rest: 'vcpu1.ICC_P' });
    expect(complete('next change of vcpu1.ICC_P').words).toContain('vcpu1.ICC_PCR_EL1');
    expect(complete('previous write of ICC_P')).toMatchObject({ rest: 'ICC_P' });
    expect(complete('previous write of ICC_P').words).toContain('ICC_PCR_EL1');
    expect(complete('next kind == vcpu.e')).toMatchObject({ rest: 'vcpu.e' });
    expect(complete('next kind == vcpu.e').words).toContain('vcpu.exit');
  });
});
