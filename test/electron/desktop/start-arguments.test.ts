import { describe, expect, it } from 'vitest';
import { secondStartSchema, traceArgument } from '../../../electron/desktop/start-arguments.ts';

const trace = (argv: string[], isPackaged = false) => traceArgument(argv, isPackaged, '/home/ada');

describe('the trace among the arguments', () => {
  it('is the last that is no switch, from the folder of the terminal', () => {
    expect(trace(['/bin/gicscope', 'boot.gscope'], true)).toBe('/home/ada/boot.gscope');
    expect(trace(['/bin/gicscope', '--inspect', '/t/a.gscope', '--no-sandbox'], true)).toBe('/t/a.gscope');
    expect(trace(['/bin/gicscope', '--allow-file-access-from-files', '--', '-odd.gscope'], true)).toBe(
      '/home/ada/-odd.gscope',
    );
  });

  it('is not the application’s own folder', () => {
    expect(trace(['/bin/electron', '/app'])).toBeUndefined();
    expect(trace(['/bin/electron', '--no-sandbox', '/app'])).toBeUndefined();
    expect(trace(['/bin/electron', '--no-sandbox', '/app', '--', 'a.gscope'])).toBe('/home/ada/a.gscope');
    expect(trace(['/bin/electron', '.', 'a.gscope'])).toBe('/home/ada/a.gscope');
  });

  it('is absent when none is given', () => {
    expect(trace(['/bin/gicscope'], true)).toBeUndefined();
    expect(trace(['/bin/gicscope', '--', ''], true)).toBeUndefined();
    expect(trace(['/bin/gicscope', '--flag'], true)).toBeUndefined();
  });

  it('comes from a second start only in the agreed form', () => {
    expect(secondStartSchema.safeParse({ trace: '/a' }).success).toBe(true);
    expect(secondStartSchema.safeParse({ trace: null }).success).toBe(true);
    for (const bad of [undefined, null, {}, { trace: 5 }, { trace: 'x'.repeat(5000) }]) {
      expect(secondStartSchema.safeParse(bad).success).toBe(false);
    }
  });
});
