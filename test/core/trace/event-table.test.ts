import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeColumns } from '../../../core/trace/columns.ts';
import { EventTable } from '../../../core/trace/event-table.ts';

const word = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 0xffff_ffff }));
const row = fc.record({
  type: fc.integer({ min: 0, max: 2 }),
  vcpu: fc.integer({ min: -1, max: 2 }),
  small: fc.integer({ min: 0, max: 2 }),
  name: fc.integer({ min: 0, max: 2 }),
  flags: fc.integer({ min: 0, max: 7 }),
  valueLo: word,
  valueHi: word,
  argLo: word,
  argHi: word,
  detail: fc.integer({ min: 0, max: 2 }),
});

describe('the numbers of what events say', () => {
  it('are equal where everything but the time is, count up from 1, and differ otherwise', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 300 }), (rows) => {
        const table = new EventTable();
        const columns = makeColumns(rows.length);
        const numbers = new Map<string, number>();
        for (const [i, { detail, ...cells }] of rows.entries()) {
          columns.time[i] = i;
          columns.type[i] = cells.type;
          columns.vcpu[i] = cells.vcpu;
          columns.small[i] = cells.small;
          columns.name[i] = cells.name;
          columns.flags[i] = cells.flags;
          columns.valueLo[i] = cells.valueLo;
          columns.valueHi[i] = cells.valueHi;
          columns.argLo[i] = cells.argLo;
          columns.argHi[i] = cells.argHi;
          const key = JSON.stringify(rows[i]);
          const { next } = table;
          expect(next).toBe(numbers.size + 1);
          const number = table.numberOf(columns, detail, i);
          expect(number).toBe(numbers.get(key) ?? next);
          numbers.set(key, number);
        }
      }),
    );
  });

  it('stay right while the table grows, and are given anew once too many are known', () => {
    const table = new EventTable();
    const columns = makeColumns(1);
    const numberOf = (value: number): number => {
      columns.valueLo[0] = value;
      return table.numberOf(columns, 0, 0);
    };
    const most = 1 << 17;
    for (let value = 0; value < most; value++) numberOf(value);
    for (let value = 0; value < most; value += 1001) expect(numberOf(value)).toBe(value + 1);
    expect(numberOf(most)).toBe(most + 1);
    expect(numberOf(5)).toBe(most + 2);
    expect(numberOf(most)).toBe(most + 1);
  });

  it('goes on in another table where this one ended', () => {
    const columns = makeColumns(5000);
    for (let i = 0; i < 5000; i++) columns.valueLo[i] = i % 4500;
    const number = (table: EventTable, from: number, to: number): number[] =>
      Array.from({ length: to - from }, (_, i) => table.numberOf(columns, 0, from + i));
    const one = new EventTable();
    const all = number(one, 0, 5000);
    const former = new EventTable();
    const before = number(former, 0, 4200);
    const latter = new EventTable(former.known);
    expect([...before, ...number(latter, 4200, 5000)]).toEqual(all);
    expect(latter.known).toEqual(one.known);
  });
});
