import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fakeBackend, openClose, run } from './support.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gicscope-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Parts of ten records up to `to`. */
const lists = () =>
  fakeBackend({
    ...openClose,
    'condition.check': ({ condition }) => ({
      ok: true,
      canonical: condition,
      message: '',
      at: 0,
      length: 0,
      suggestions: [],
    }),
    'export.text': ({ from, to, header }) => {
      const last = Math.min(to, from + 9);
      const rows = Array.from({ length: last - from + 1 }, (_, n) => `${from + n}\n`).join('');
      return { text: `${header ? 'seq\n' : ''}${rows}`, records: last - from + 1, next: last < to ? last + 1 : null };
    },
  });
const reports = () =>
  fakeBackend({
    ...openClose,
    'report.export': ({ format, at }) => ({ output: '', bytes: 0, text: `<${format} at ${at}>` }),
  });

describe('export', () => {
  it('joins the parts of a table to one file with one heading', async () => {
    const argv = ['export', 't', '--from', '5', '--to', '29', '--where', 'tens', '-o', 'part.CSV'];
    const backend = lists();
    const { exit, stdout, stderr } = await run(argv, { backend, cwd: folder });
    expect({ exit, stdout, stderr }).toEqual({ exit: 0, stdout: '', stderr: 'part.CSV: 25 records, 74 B\n' });
    const numbers = Array.from({ length: 25 }, (_, n) => n + 5);
    expect(readFileSync(join(folder, 'part.CSV'), 'utf8')).toBe(`seq\n${numbers.join('\n')}\n`);
    expect(backend.calls.filter(({ method }) => method === 'export.text').map(({ args }) => args)).toEqual([
      { id: 7, format: 'csv', from: 5, to: 29, filter: 'tens', header: true },
      { id: 7, format: 'csv', from: 15, to: 29, filter: 'tens', header: false },
      { id: 7, format: 'csv', from: 25, to: 29, filter: 'tens', header: false },
    ]);
  });

  it('writes a report around a position, at the end by default', async () => {
    expect((await run(['export', 't', '--at', '12', '-o', 'r.html'], { backend: reports(), cwd: folder })).exit).toBe(
      0,
    );
    expect(readFileSync(join(folder, 'r.html'), 'utf8')).toBe('<html at 12>');
    const { stdout, stderr } = await run(['export', 't', '--format', 'md', '-o', '-'], { backend: reports() });
    expect({ stdout, stderr }).toEqual({ stdout: '<md at 99>', stderr: '' });
  });

  it('refuses to replace a file unless told to', async () => {
    const path = join(folder, 'r.html');
    writeFileSync(path, 'old');
    const refused = await run(['export', 't', '-o', 'r.html'], { backend: reports(), cwd: folder });
    expect([refused.exit, readFileSync(path, 'utf8')]).toEqual([2, 'old']);
    expect(refused.stderr).toContain('r.html exists; --overwrite replaces it');
    expect((await run(['export', 't', '-o', 'r.html', '--overwrite'], { backend: reports(), cwd: folder })).exit).toBe(
      0,
    );
    expect(readFileSync(path, 'utf8')).toBe('<html at 99>');
  });

  it('never replaces the trace that it reads, under whatever name', async () => {
    writeFileSync(join(folder, 't.gscope'), 'trace');
    symlinkSync('t.gscope', join(folder, 'link.html'));
    for (const [output, format] of [
      ['t.gscope', 'csv'],
      ['link.html', 'html'],
    ] as const) {
      const argv = ['export', 't.gscope', '--format', format, '-o', output, '--overwrite'];
      const { exit, stderr } = await run(argv, { backend: reports(), cwd: folder });
      expect([exit, stderr]).toEqual([2, `gicscope: ${output} is the trace itself: give another file with -o\n`]);
    }
    expect(readFileSync(join(folder, 't.gscope'), 'utf8')).toBe('trace');
  });

  it('leaves no part of a file behind when it is stopped', async () => {
    const controller = new AbortController();
    const backend = fakeBackend({
      ...openClose,
      'export.text': ({ from }) => {
        if (from === 1) controller.abort();
        return { text: 'x\n', records: 1, next: from + 1 };
      },
    });
    const options = { backend, cwd: folder, signal: controller.signal };
    const { exit, stderr } = await run(['export', 't', '-o', 't.tsv'], options);
    expect([exit, stderr, readdirSync(folder)]).toEqual([130, 'gicscope: stopped\n', []]);
  });

  it('keeps an old file as it was until the new one is whole', async () => {
    writeFileSync(join(folder, 't.csv'), 'old');
    const controller = new AbortController();
    const backend = fakeBackend({
      ...openClose,
      'export.text': ({ from }) => {
        if (from === 1) controller.abort();
        return { text: 'x\n', records: 1, next: from + 1 };
      },
    });
    const argv = ['export', 't', '-o', 't.csv', '--overwrite'];
    expect((await run(argv, { backend, cwd: folder, signal: controller.signal })).exit).toBe(130);
    expect(readdirSync(folder)).toEqual(['t.csv']);
    expect(readFileSync(join(folder, 't.csv'), 'utf8')).toBe('old');
  });

  it('writes to a pipe or a device as it is, and never removes it', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const reader = readFile(pipe, 'utf8');
    const { exit } = await run(['export', 't', '--format', 'html', '-o', 'pipe'], { backend: reports(), cwd: folder });
    expect([exit, await reader, readdirSync(folder)]).toEqual([0, '<html at 99>', ['pipe']]);
  });

  it('says what is wrong with a place it cannot write to', async () => {
    const { exit, stderr } = await run(['export', 't', '-o', 'no/such/r.html'], { backend: reports(), cwd: folder });
    expect([exit, stderr]).toEqual([3, 'gicscope: no/such/r.html: there is no such folder\n']);
  });

  it('keeps an old file when the export fails before it begins', async () => {
    writeFileSync(join(folder, 't.csv'), 'old');
    const backend = fakeBackend({
      ...openClose,
      'export.text': () => {
        throw new RangeError('broken');
      },
    });
    const { exit } = await run(['export', 't', '-o', 't.csv', '--overwrite'], { backend, cwd: folder });
    expect([exit, readFileSync(join(folder, 't.csv'), 'utf8')]).toEqual([4, 'old']);
  });
});
