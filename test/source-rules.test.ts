/** Rules for the sources that no linter here knows. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../', import.meta.url);

function sources(folder: string): { path: string; text: string }[] {
  return readdirSync(new URL(`${folder}/`, ROOT), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|vue|mjs)$/.test(name))
    .map((name) => `${folder}/${name}`)
    .map((path) => ({ path, text: readFileSync(new URL(path, ROOT), 'utf8') }));
}

function linesWith(folder: string, pattern: RegExp): string[] {
  return sources(folder).flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

describe('the sources', () => {
  it('never make elements of text, which may come from a trace', () => {
    const pattern = /v-html|\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment)\b/;
    expect(sources('renderer').length).toBeGreaterThan(20);
    expect(linesWith('renderer', pattern)).toEqual([]);
  });

  it('never run text as a program', () => {
    const pattern = /\beval\(|new Function\(|\bnode:vm\b|executeJavaScript/;
    for (const folder of ['core', 'electron', 'renderer', 'scripts']) expect(linesWith(folder, pattern)).toEqual([]);
  });

  it('keep the core free of console and of the process, but for the command line’s edge', () => {
    const found = linesWith('core', /\bconsole\.|\bprocess\.(exit|argv|stdout|stderr)\b/);
    expect(found.filter((line) => !line.startsWith('core/cli/'))).toEqual([]);
  });
});

describe('the tests, whose files share processes and the modules in them', () => {
  it('replace no module, global or variable of the process, which files behind them would see', () => {
    const pattern = /\bvi\.(mock|doMock|stub\w+)\(|\bprocess\.chdir\(|\bprocess\.env(\.\w+|\[[^\]]+\]) \??=[^=]/;
    expect(linesWith('test', pattern).filter((line) => !line.startsWith('test/source-rules'))).toEqual([]);
  });

  it('hook nothing where a module is loaded: that happens once, in the first file that needs it', () => {
    const hooked = linesWith('test', /^(before|after)(All|Each)\(/);
    expect(hooked.filter((line) => !/^test\/\S+\.test\.ts:/.test(line))).toEqual([]);
    expect(hooked.length).toBeGreaterThan(20);
  });
});
