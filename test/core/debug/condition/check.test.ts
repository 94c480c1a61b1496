import { describe, expect, it } from 'vitest';
import { check, complete, parse } from '../../../../core/debug/condition/index.ts';
import { nearest } from '../../../../core/debug/condition/suggest.ts';
import { NAMES } from './names.ts';

const findings = (text: string): string[] =>
  check(parse(text), NAMES).map(({ severity, span, message }) => {
    const place = text.slice(span.offset, span.offset + span.length);
    return `${severity} at ${place}: ${message}`;
  });

describe('checking a condition against the names of a trace', () => {
  it.each([
    'ppi(27).pending rises on vcpu 1',
    'ppi(27).state in {active, "active and pending"}',
    'spi(33).priority < 0x10',
    'vcpu1.ICC_PCR_EL1.PRIORITY < 0x10',
    'ICC_PCR_EL1.priority falls',
    'vcpu*.runState == idle',
    'changed(**.pending)',
    'write ICC_PPI_* where value & 0x8',
    'access ICC_PCR_EL1 where PRIORITY < 0x10 and vcpu == 1',
    'execute CDDI where ID == 27',
    'kind == vcpu.exit and reason == WFx',
    'kind in {irq.*, vcpu.exit}',
    'origin == guest',
    'origin == unknown',
    'vcpu == none or vcpu in 0..1',
    'intid in {27, ppi(30), 0x2000001b} and latency > 50us',
    'time in 1ms..2ms and seq >= #10',
    'name == gicv5_gicr_cdia',
    'text ~ "cdia"',
    'op == write',
    'level == true and intid == 27',
    'result == -22',
    'what == enabled',
    'intid == none',
    'ppi(27).enabled == unknown',
    'pc in 0x1000..0x2000',
  ])('accepts %s', (text) => {
    expect(findings(text)).toEqual([]);
  });

  it.each([
    ['vcpu1.ICC_PCR_EL1.PRIORTY < 3', 'error at vcpu1.ICC_PCR_EL1.PRIORTY: ICC_PCR_EL1 has no field PRIORTY; did you mean vcpu1.ICC_PCR_EL1.PRIORITY?'], // prettier-ignore
    ['vcpu1.ICC_CR0_EL1 == 1', 'warning at vcpu1.ICC_CR0_EL1: this trace never shows vcpu1.ICC_CR0_EL1'],
    ['vcpu1.runStat == idle', 'error at vcpu1.runStat: there is no state called vcpu1.runStat; did you mean vcpu1.runState'], // prettier-ignore
    ['vcpu1.runState == idel', 'error at idel: vcpu1.runState is never idel; it is one of off, guest'],
    ['ppi(28).pending rises', 'warning at ppi(28).pending: this trace shows nothing of ppi(28); did you mean ppi(27)'],
    ['lpi(27).pending', 'warning at lpi(27).pending: this trace does not show .pending of lpi(27)'],
    ['ppi(27).state rises', 'error at ppi(27).state: ppi(27).state has no order'],
    ['ppi(27).state == busy', 'error at busy: the states are inactive, pending'],
    ['kind == vcpu.exitt', 'error at vcpu.exitt: there is no kind vcpu.exitt; did you mean vcpu.exit?'],
    ['reasn == WFx', 'error at reasn: events have nothing called reasn; did you mean reason?'],
    ['ICC_PCR_EL1 == 3', 'error at ICC_PCR_EL1: ICC_PCR_EL1 is a register: say reg ICC_PCR_EL1'],
    ['time > 5', 'error at 5: write the unit of the time'],
    ['latency > 5', 'error at 5: write the unit of the latency'],
    ['latency', 'error at latency: compare the latency with a duration'],
    ['reason == 0x56', 'error at 0x56: reason is text: put 86 in quotes'],
    ['value == idle', 'error at idle: value is a number, not idle'],
    ['value ~ 3', 'error at 3: ~ looks for text'],
    ['reason < WFx', 'error at WFx: reason is text'],
    ['value < -1', 'error at -1: values are unsigned'],
    ['op == wrote', 'error at wrote: op is never wrote; it is one of read, write, execute; did you mean write?'],
    ['intid > 3', 'error at 3: interrupts are compared with'],
    ['level == 2', 'error at 2: expected true or false'],
    ['text == foo', 'error at foo: compare text with ~'],
    ['pc in 5..3', 'error at 5..3: the range is empty'],
    ['write ICC_PCR_EL2', 'warning at write ICC_PCR_EL2: no register is called ICC_PCR_EL2; did you mean ICC_PCR_EL1?'],
    ['write ICC_CR0_EL1', 'warning at write ICC_CR0_EL1: this trace has no access to ICC_CR0_EL1'],
    ['write ICC_PCR_EL1 where PRIO < 3', 'error at PRIO: the register has no field PRIO'],
    ['wirte ICC_PCR_EL1', 'warning at wirte: wirte is searched for as text; did you mean write?'],
    ['name == gicv5_gicr_cdai', 'warning at gicv5_gicr_cdai: no event of this trace is called gicv5_gicr_cdai; did you mean gicv5_gicr_cdia'], // prettier-ignore
    ['ppi(27).pending rises on vcpu 4', 'warning at ppi(27).pending rises on vcpu 4: this trace has vCPUs 0 to 1'],
    ['vcpu == 3', 'warning at 3: this trace has vCPUs 0 to 1'],
    ['changed(nothing.*)', 'error at nothing.*: no state matches nothing.*'],
    ['reason & 3', 'error at reason: reason is no number with bits'],
  ])('finds what is wrong in %s', (text, expected) => {
    const found = findings(text);
    for (const line of found) expect(line.split('did you mean').length, line).toBeLessThanOrEqual(2);
    expect(
      found.some((line) => line.startsWith(expected)),
      found.join('\n'),
    ).toBe(true);
  });

  it('offers the nearest names only', () => {
    expect(nearest('pendign', ['pending', 'priority', 'enabled'])).toEqual(['pending']);
    expect(nearest('xyz', ['pending'])).toEqual([]);
  });
});

describe('completing a condition', () => {
  const at = (text: string): string[] => complete(text, text.length, NAMES).candidates.map((entry) => entry.text);

  it.each([
    ['', 'ppi(27)'],
    ['wr', 'write'],
    ['write ICC_PP', 'ICC_PPI_ENABLER0_EL1'],
    ['write ICC_PCR_EL1 where PRI', 'PRIORITY'],
    ['execute ', '"GIC CDDI"'],
    ['insn(', 'CDDI'],
    ['ppi(27).', 'pending'],
    ['ppi(27).pen', 'pending'],
    ['ppi(27).pending ', 'rises'],
    ['ppi(27).pending r', 'rises'],
    ['ppi(', '27'],
    ['kind == vcpu', 'vcpu.exit'],
    ['kind in {irq.drop, irq.a', 'irq.acknowledge'],
    ['kvm_exit(', 'WFx'],
    ['reason:', 'WFx'],
    ['irq:', 'ppi(27)'],
    ['ppi(27).state == ', 'active'],
    ['ppi(27).state == ', '"active and pending"'],
    ['vcpu1.', 'vcpu1.runState'],
    ['vcpu1.ICC_PCR_EL1.', 'vcpu1.ICC_PCR_EL1.PRIORITY'],
    ['kind == irq.drop and na', 'name'],
    ['write ICC_PCR_EL1 ', 'where'],
    ['kind == irq.drop ', 'and'],
    ['ppi(27).pending rises on ', 'vcpu'],
    ['ppi(27).pending rises on vcpu ', '1'],
    ['latency(', 'raised'],
    ['name == ', 'gicv5_gicr_cdia'],
    ['vcpu1.runState == ', 'idle'],
    ['vcp', 'vcpu:'],
  ])('after %j offers %s', (text, wanted) => {
    expect(at(text)).toContain(wanted);
  });

  it('replaces the word at the cursor only', () => {
    expect(complete('ppi(27).pen rises', 11, NAMES).from).toBe(8);
    expect(complete('write ICC', 9, NAMES).from).toBe(6);
    expect(complete('"unclosed', 9, NAMES).candidates).toBeDefined();
  });

  it('describes every candidate', () => {
    for (const text of ['', 'write ', 'kind == ', 'ppi(27).'])
      for (const candidate of complete(text, text.length, NAMES).candidates) expect(candidate.description).not.toBe('');
  });
});
