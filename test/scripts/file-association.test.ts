import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { associationFiles, dataHome } from '../../scripts/file-association.ts';
import { APPLICATION_ID } from '../../core/trace/schema.ts';
import { root } from '../../scripts/find-node.mjs';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-association-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Reads the key Exec as the Desktop Entry specification says: first the string's escapes, then the quoting. */
function argumentsOf(entry: string): string[] {
  const line = /^Exec=(.*)$/m.exec(entry)?.[1] ?? '';
  const value = line.replaceAll(/\\(.)/g, (_, c: string) => ({ n: '\n', t: '\t', s: ' ', r: '\r' })[c] ?? c);
  return [...value.matchAll(/"((?:\\[\s\S]|[^"\\])*)"|(\S+)/g)].map(([, inQuotes, plain]) =>
    inQuotes === undefined ? (plain ?? '') : inQuotes.replaceAll(/\\([\s\S])/g, '$1').replaceAll('%%', '%'),
  );
}

describe('the association of .gscope files', () => {
  it('names the command whatever its path is made of', () => {
    const argument = fc.string({ unit: fc.constantFrom(...'ab /"\'`$\\%;\n\té'), minLength: 1 });
    fc.assert(
      fc.property(fc.array(argument, { minLength: 1, maxLength: 3 }), (command) => {
        const [entry] = associationFiles('/data', command);
        expect(argumentsOf(entry?.text ?? '')).toEqual([...command, '%f']);
      }),
    );
  });

  it('knows a trace by the application id that the trace file has', () => {
    const [, mime] = associationFiles('/data', ['/node']);
    const id = /big32" value="(0x[0-9a-f]+)" offset="68"/.exec(mime?.text ?? '')?.[1];
    expect(Number(id)).toBe(APPLICATION_ID);
  });

  it('goes below the data folder that the environment names, if the name is absolute', () => {
    expect(dataHome({ XDG_DATA_HOME: '/elsewhere' }, '/home/a')).toBe('/elsewhere');
    expect(dataHome({ XDG_DATA_HOME: 'relative' }, '/home/a')).toBe('/home/a/.local/share');
    expect(dataHome({}, '/home/a')).toBe('/home/a/.local/share');
  });

  it('is written and removed again by the script', () => {
    const run = (...args: string[]): ReturnType<typeof spawnSync> =>
      spawnSync(process.execPath, [join(root, 'scripts', 'associate.ts'), ...args], {
        env: { ...process.env, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, HOME: folder },
      });
    const applications = join(folder, 'applications');
    expect(run('everything').status).toBe(2);
    if (process.platform !== 'linux') {
      expect(run().status).toBe(1);
      return;
    }
    expect(run().status).toBe(0);
    const entry = readFileSync(join(applications, 'gicscope.desktop'), 'utf8');
    expect(argumentsOf(entry).slice(1)).toEqual([join(root, 'scripts', 'gicscope.mjs'), 'open', '%f']);
    expect(run('--remove').status).toBe(0);
    expect(readdirSync(applications)).not.toContain('gicscope.desktop');
  });
});
