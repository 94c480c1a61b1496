import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../core/cli/commands/index.ts';
import { run } from './support.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
const script = async (shell: string) => (await run(['completion', shell])).stdout;

function installed(shell: string): boolean {
  try {
    execFileSync(shell, ['-c', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('completion', () => {
  it.each(SHELLS)('for %s names every command and every option', async (shell) => {
    const text = await script(shell);
    for (const { name, options } of COMMANDS) {
      expect(text).toContain(name);
      for (const { flag } of Object.values(options))
        expect(text).toContain(shell === 'fish' ? `-l ${flag.slice(2)}` : flag);
    }
  });

  it.each(SHELLS.map((shell) => [shell, installed(shell)] as const))(
    'for %s is a script that the shell can read (shell installed here: %s)',
    async (shell, here) => {
      const text = await script(shell);
      expect(text.length).toBeGreaterThan(500);
      if (here) execFileSync(shell, ['-n'], { input: text });
    },
  );
});

describe.skipIf(!installed('bash'))('completion in bash', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gicscope-test-'));
    for (const name of ['boot.gscope', 'with space.gscope', 'boot.log']) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, 'more'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What bash offers for the last of these words. */
  async function offered(...words: string[]): Promise<string[]> {
    const line = ['gicscope', ...words].map((word) => `'${word}'`).join(' ');
    const ask = `${await script('bash')}
      COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _gicscope; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const text = execFileSync('bash', ['--norc', '-c', ask], { cwd: folder, encoding: 'utf8' });
    return text
      .split('\n')
      .filter((word) => word !== '')
      .sort();
  }

  it('offers commands first', async () => {
    expect(await offered('ex')).toEqual(['export']);
    expect(await offered('')).toEqual([...COMMANDS.map(({ name }) => name), 'help', '--help', '--version'].sort());
  });

  it("offers the command's options after a dash", async () => {
    expect(await offered('find', 'boot.gscope', '--re')).toEqual(['--reverse']);
    expect(await offered('import', '-')).toEqual([
      '--dry-run',
      '--dtb',
      '--follow',
      '--format',
      '--frames',
      '--guest',
      '--help',
      '--json',
      '--keep-partial',
      '--offset',
      '--output',
      '--overwrite',
      '--resume',
      '--vcpus',
      '-h',
      '-o',
    ]);
  });

  it('offers the choices of an option', async () => {
    expect(await offered('latency', 'boot.gscope', '--by', '')).toEqual(['intid', 'intid,vcpu']);
    expect(await offered('export', 'boot.gscope', '--format', 'j')).toEqual(['jsonl']);
    expect(await offered('completion', 'f')).toEqual(['fish']);
  });

  it('offers traces and folders for a trace, any file for a recording, names with spaces whole', async () => {
    expect(await offered('info', '')).toEqual(['boot.gscope', 'more', 'with space.gscope']);
    expect(await offered('import', 'b')).toEqual(['boot.gscope', 'boot.log']);
    expect(await offered('events', 'x', '--where', '')).toEqual([]);
  });
});
