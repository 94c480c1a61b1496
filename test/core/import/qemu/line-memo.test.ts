import { describe, expect, it } from 'vitest';
import { LineReader } from '../../../../core/import/qemu/line-reader.ts';
import { TraceLine } from '../../../../core/import/qemu/trace-line.ts';
import { Page } from '../../../../core/import/source/page.ts';

/** What each of the lines is read as, by one reader, without where it stands. */
function read(lines: readonly string[]): (Partial<TraceLine> | string)[] {
  const reader = new LineReader();
  const page = new Page(Buffer.from(lines.join('\n')));
  let start = 0;
  return lines.map((text, i) => {
    const into = new TraceLine();
    const end = start + text.length;
    const reason = reader.read(i + 1, page, start, end, into);
    start = end + 1;
    const { row, name, a, b, c, d, e, f, vLo, vHi, wLo, wHi, s, t, time } = into;
    return reason ?? { row, name, a, b, c, d, e, f, vLo, vHi, wLo, wHi, s, t, time };
  });
}

describe('the memo of lines', () => {
  it('reads a text that it knows as it read it the first time, with the time of its own line', () => {
    const stamp = (micros: number): string => `2026-11-20T21:55:34.${String(micros).padStart(6, '0')}Z `;
    const text = 'gicplug_sysreg_read cpu 0 CNTV_CTL_EL0 (3,3,14,3,1) value 0x5 pc 0xffffb12ce36e5ab0';
    const [first, second] = read([stamp(1) + text, stamp(7) + text]);
    expect(first).toMatchObject({ a: 0, b: 3, vLo: 5, wHi: 0xffff_b12c, time: 0 });
    expect(second).toEqual({ ...(first as object), time: 6000 });
  });

  it('knows texts apart by every byte, however many there are', () => {
    const levels = Array.from(
      { length: 20_000 },
      (_, i) => `gicv5_spi GICv5 SPI ID ${i % 9000} asserted at level ${i & 1}`,
    );
    const lines = read(levels);
    lines.forEach((line, i) => expect(line).toMatchObject({ a: i % 9000, b: i & 1 }));
  });

  it('does not keep what is no event, nor the text of events that it does not know', () => {
    const lines = ['gicv5_spi nonsense', 'gicv5_spi nonsense', 'virtio_foo 1', 'virtio_foo 1'];
    expect(read(lines).map((line) => (typeof line === 'string' ? line : line.name))).toEqual([
      'text of gicv5_spi not understood',
      'text of gicv5_spi not understood',
      'virtio_foo',
      'virtio_foo',
    ]);
  });

  it('finds the text after the name also behind another time stamp', () => {
    const reader = new LineReader();
    const texts = ['...with ELR 0x40', '2026-11-20T21:55:34.5Z ...with ELR 0x40'].map((text) => {
      const into = new TraceLine();
      reader.read(1, new Page(Buffer.from(text)), 0, text.length, into);
      return into.text.slice(into.textStart);
    });
    expect(texts).toEqual(['0x40', '0x40']);
  });
});
