import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageMemory } from '../../../core/trace/message-memory.ts';

const PIECE = 256 * 1024;

describe('memory of messages', () => {
  it('keeps every byte of a message until the message is done', () => {
    const message = fc.array(fc.integer({ min: 0, max: 2 * PIECE }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), fc.integer({ min: 0, max: 4 }), (messages, waiting) => {
        const memory = new MessageMemory();
        const kept: { number: number; copy: Uint8Array; fill: number }[] = [];
        let fill = 0;
        for (const [i, lengths] of messages.entries()) {
          const number = i + 1;
          for (const length of lengths) {
            fill = (fill + 1) & 255;
            kept.push({ number, copy: memory.bytes(new Uint8Array(length).fill(fill)), fill });
          }
          memory.send(number, number - waiting);
          for (const { number: of, copy, fill: value } of kept)
            if (of > number - waiting) expect(copy.every((byte) => byte === value)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('uses the same few pieces for a message after the other', () => {
    const memory = new MessageMemory();
    const pieces = new Set<ArrayBufferLike>();
    for (let number = 1; number <= 100; number++) {
      for (let i = 0; i < 3; i++) pieces.add(memory.bytes(new Uint8Array(100_000)).buffer);
      memory.send(number, number - 2);
    }
    expect(pieces.size).toBeLessThanOrEqual(8);
  });

  it('places numbers where numbers can be', () => {
    const memory = new MessageMemory();
    memory.bytes(new Uint8Array(3));
    expect([...memory.numbers(Float64Array.of(1.5, -2))]).toEqual([1.5, -2]);
  });
});
