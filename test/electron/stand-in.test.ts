import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inside, outside } from '../support/electron-stand-in/address.ts';
import { decodeClone, encodeClone } from '../support/electron-stand-in/clone.ts';
import { preventable } from '../support/electron-stand-in/preventable.ts';

describe('the stand-in for Electron', () => {
  it('copies between processes what structured clone copies', () => {
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: false,
    });
    fc.assert(
      fc.property(value, (sent) => {
        const copied = decodeClone(encodeClone(sent));
        expect(isDeepStrictEqual(copied, structuredClone(sent))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses to copy what IPC refuses', () => {
    for (const value of [() => 1, Symbol('x'), new Proxy({}, {}), { inner: () => 1 }]) {
      expect(() => encodeClone(value)).toThrow(/could not be cloned/);
    }
  });

  it('gives pages an origin inside of the browser, and takes it back', () => {
    for (const url of ['gicscope://app/', 'gicscope://app/a/b.js?x=1#y', 'gicscope://app/?open=%2Ft']) {
      expect(inside(url)).toMatch(/^https:\/\/app\.gicscope\.run\d+\.invalid\//);
      expect(outside(inside(url))).toBe(url);
    }
    expect(inside('https://example.org/')).toBe('https://example.org/');
    expect(outside('https://app.gicscope.run1x.invalid/')).toBe('https://app.gicscope.run1x.invalid/');
  });

  it('knows which events were prevented', () => {
    const event = preventable({ url: 'x' });
    expect(event.defaultPrevented).toBe(false);
    event.preventDefault();
    expect(event).toMatchObject({ url: 'x', defaultPrevented: true });
  });
});
