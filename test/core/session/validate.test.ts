import { openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toSessionError } from '../../../core/session/validate.ts';

const thrownBy = (action: () => unknown): unknown => {
  try {
    return action();
  } catch (error) {
    return error;
  }
};

describe('what a handler throws', () => {
  it('is bad input, with the path, where the operating system refuses a file', () => {
    const missing = join(tmpdir(), 'gicscope-no-such-folder', 'report.html');
    expect(toSessionError(thrownBy(() => openSync(missing, 'w')))).toMatchObject({
      code: 'bad-input',
      message: `${missing}: there is no such file or folder`,
    });
    expect(toSessionError(thrownBy(() => readFileSync(tmpdir())))).toMatchObject({
      code: 'bad-input',
      message: 'it is a folder, a file is expected',
    });
  });

  it('is internal where it is our own mistake', () => {
    expect(toSessionError(new TypeError('x is undefined'))).toMatchObject({ code: 'internal' });
  });
});
