import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListRequest } from '../../../core/export/list/format.ts';
import { LIST_FORMATS, type ListFormatName, listPart } from '../../../core/export/list/formats.ts';
import { REPORT_FORMATS } from '../../../core/export/report/formats.ts';
import { CONTRACT } from '../../../core/session/contract.ts';
import { changeText, codeOf } from '../../../core/export/list/vcd.ts';
import { listSource } from './support.ts';

async function whole(count: number, format: ListFormatName, request: Omit<ListRequest, 'header'>) {
  const source = listSource(count);
  let text = '';
  let records = 0;
  let parts = 0;
  for (let next: number | null = request.from; next !== null; parts += 1) {
    const part = await listPart(source, format, { ...request, from: next, header: parts === 0 });
    text += part.text;
    records += part.records;
    next = part.next;
  }
  return { text, records, parts };
}

describe('lists', () => {
  it('have exactly the formats that the contract offers, as have reports', () => {
    expect(Object.keys(LIST_FORMATS)).toEqual(CONTRACT['export.text'].args.shape.format.options);
    expect([...Object.keys(REPORT_FORMATS), 'vgic-state']).toEqual(CONTRACT['report.export'].args.shape.format.options);
  });

  it('write events as CSV with a heading', async () => {
    const { text, records } = await whole(100, 'csv', { from: 10, to: 11, filter: '' });
    expect(records).toBe(2);
    expect(text).toBe(
      'seq,timeNs,vcpu,origin,kind,name,operand,detail,register,op,value,intid\r\n' +
        '10,10000,1,guest,register.access,ICC_PCR_EL1,,0xa,ICC_PCR_EL1,write,0xa,PPI 27\r\n' +
        '11,11000,,guest,register.access,ICC_PCR_EL1,,0xb,ICC_PCR_EL1,write,0xb,\r\n',
    );
  });

  it('write events as JSON Lines without a heading', async () => {
    const { text } = await whole(100, 'jsonl', { from: 11, to: 11, filter: '' });
    expect(JSON.parse(text)).toEqual({
      seq: 11,
      timeNs: 11_000,
      vcpu: null,
      origin: 'guest',
      kind: 'register.access',
      name: 'ICC_PCR_EL1',
      operand: '',
      detail: '0xb',
      register: 'ICC_PCR_EL1',
      op: 'write',
      value: '0xb',
      intid: null,
    });
  });

  it('join to every event of the range that passes the filter, each once, whatever the parts', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3500 }),
        fc.nat(3500),
        fc.nat(3500),
        fc.constantFrom('', 'tens'),
        async (count, from, to, filter) => {
          const request = { from, to: Math.min(to, count - 1), filter };
          const { text, records } = await whole(count, 'tsv', request);
          const seqs = text
            .trimEnd()
            .split('\n')
            .slice(1)
            .map((line) => Number(line.split('\t')[0]));
          const expected = Array.from({ length: count }, (_, n) => n).filter(
            (n) => n >= from && n <= request.to && (filter === '' || n % 10 === 0),
          );
          expect(seqs).toEqual(expected);
          expect(records).toBe(expected.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('come in parts of bounded size', async () => {
    expect((await whole(3500, 'csv', { from: 0, to: 3499, filter: '' })).parts).toBe(4);
  });
});

/** Replays a VCD: the values of each variable by full name after each time. */
function readVcd(text: string): Map<number, Map<string, string>> {
  const names = new Map<string, string>();
  const scopes: string[] = [];
  const values = new Map<string, string>();
  const byTime = new Map<number, Map<string, string>>();
  let time = Number.NaN;
  let header = true;
  for (const line of text.split('\n')) {
    const words = line.split(' ');
    if (header) {
      if (words[0] === '$scope') scopes.push(words[2] ?? '');
      if (words[0] === '$upscope') scopes.pop();
      if (words[0] === '$var') {
        expect(names.has(words[3] ?? '')).toBe(false);
        names.set(words[3] ?? '', [...scopes, words[4]].join('.'));
      }
      if (words[0] === '$enddefinitions') header = false;
      continue;
    }
    const change = /^(?:([01x])|b([01x]+) )([!-~]+)$/.exec(line);
    if (line.startsWith('#')) {
      const next = Number(line.slice(1));
      if (!Number.isNaN(time)) expect(next).toBeGreaterThanOrEqual(time);
      time = next;
    } else if (change !== null) values.set(names.get(change[3] ?? '') ?? '?', change[1] ?? change[2] ?? '');
    else expect(['', '$dumpvars', '$end']).toContain(line);
    byTime.set(time, new Map(values));
  }
  expect(scopes).toEqual([]);
  return byTime;
}

describe('waveforms', () => {
  it('replay to the state at every moment, from any position and across parts', async () => {
    const count = 45_000;
    const source = listSource(count);
    for (const from of [0, 1, 17, 30_001]) {
      const { text, parts, records } = await whole(count, 'vcd', { from, to: count - 1, filter: '' });
      expect(parts).toBe(Math.ceil((count - from) / 20_000));
      expect(records).toBeGreaterThan(0);
      const byTime = readVcd(text);
      let seen = [...byTime.values()][0] ?? new Map<string, string>();
      for (let at = from; at < Math.min(count, from + 300); at += 1) {
        seen = byTime.get(at * 1000) ?? seen;
        const state = source.stateAt(at);
        expect([
          seen.get('trace.vcpu0.irq.ppi27.pending'),
          seen.get('trace.vcpu0.ICC_PCR_EL1'),
          seen.get('trace.irq.spi33.enabled_now'),
        ]).toEqual([state(0)?.toString(2), state(1)?.toString(2), 'x']);
      }
      expect(Math.max(...byTime.keys())).toBe((count - 1) * 1000);
    }
  });

  it('start with unknown as x before the first event', async () => {
    const { text } = await whole(3, 'vcd', { from: 0, to: 2, filter: '' });
    expect(text).toContain('#0\n$dumpvars\nx!\nb0 "\nx#\n$end\n');
  });

  it('give every slot a code of its own in printable characters', () => {
    const codes = Array.from({ length: 20_000 }, (_, slot) => codeOf(slot));
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^[!-~]{1,3}$/);
  });

  it('write bits and vectors', () => {
    expect([changeText(1, '!', 1n), changeText(1, '!', undefined), changeText(64, '!', 2n ** 64n - 1n)]).toEqual([
      '1!\n',
      'x!\n',
      `b${'1'.repeat(64)} !\n`,
    ]);
  });
});
