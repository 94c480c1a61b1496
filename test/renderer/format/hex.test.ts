import { describe, expect, it } from 'vitest';
import { fullHex, hexDigits, priorityHex, shortHex, upperHex } from '../../../renderer/format/hex.ts';

const text = (digits: ReturnType<typeof hexDigits>): string => digits.map(({ digit }) => digit).join('');
const dimmed = (digits: ReturnType<typeof hexDigits>): number => digits.filter(({ dim }) => dim).length;

describe('hexadecimal values', () => {
  it('have sixteen digits with the leading zeros dimmed', () => {
    const digits = hexDigits('0x78000001', 64);
    expect(text(digits)).toBe('0000000078000001');
    expect(dimmed(digits)).toBe(8);
  });
  it('keep the last digit of zero bright', () => {
    expect(dimmed(hexDigits('0x0', 64))).toBe(15);
  });
  it('mark only the digits that differ', () => {
    const changed = hexDigits('0x78000001', 64, '0xf8000001').flatMap(({ changed: is }, index) => (is ? [index] : []));
    expect(changed).toEqual([8]);
  });
  it('show a value that is wider than its register in full', () => {
    expect(text(hexDigits('0x123456789', 32))).toBe('123456789');
  });
  it('are short in words and full when copied', () => {
    expect(shortHex('0x0000001f')).toBe('0x1f');
    expect(shortHex('0x0')).toBe('0');
    expect(fullHex('0x78000001', 64)).toBe('0x0000000078000001');
    expect(priorityHex(8)).toBe('0x08');
  });
  it('have capital letters in a text without touching its words', () => {
    expect(upperHex('PC 0xffff8000_80112a4c, face 0xab')).toBe('PC 0xFFFF8000_80112A4C, face 0xAB');
  });
});
