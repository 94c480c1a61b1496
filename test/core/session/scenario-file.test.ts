import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { readScenario } from '../../../core/session/scenario-file.ts';

describe('a scenario', () => {
  it('is read from a file, never from a device or a folder, which may have no end', () => {
    expect(() => readScenario('/dev/zero')).toThrow('/dev/zero is not a file');
    expect(() => readScenario(tmpdir())).toThrow(`${tmpdir()} is not a file`);
  });
});
