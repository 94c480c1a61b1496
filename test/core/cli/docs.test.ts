import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../core/cli/commands/index.ts';
import { cliDocs } from '../../../core/cli/docs.ts';
import { buildProgram } from '../../../core/cli/program.ts';
import { SHAPES } from '../../../core/cli/shapes.ts';
import { shellWords } from './shell-words.ts';

const docs = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
const examples = COMMANDS.flatMap(({ name, examples: all }) => all.map(({ command }) => [name, command] as const));

describe('docs/cli.md', () => {
  it('is what the command table makes of it (else: node scripts/node.mjs core/cli/write-docs.ts)', () => {
    expect(docs).toBe(cliDocs(COMMANDS));
  });

  it('names every command, argument, option, example and JSON document', () => {
    for (const { name, arguments: args, options, examples: all, json } of COMMANDS) {
      const start = docs.indexOf(`\n## \`gicscope ${name}\`\n`);
      expect(start).toBeGreaterThan(0);
      const section = docs.slice(start, docs.indexOf('\n## ', start + 4));
      for (const { name: argument } of Object.values(args)) expect(section).toContain(`- \`${argument}\`: `);
      for (const { flag } of Object.values(options)) expect(section).toContain(flag);
      for (const { command } of all) expect(section).toContain(`\n${command}\n`);
      if (json !== undefined) expect(Object.keys(SHAPES)).toContain(json);
    }
    for (const name of Object.keys(SHAPES)) expect(docs).toContain(`### \`${name}\``);
  });

  it('shows every JSON document whole', () => {
    expect(docs).not.toMatch(/: unknown|undefined/);
  });

  it.each(examples)('has an example of %s that parses: %s', async (name, typed) => {
    const parsed: string[] = [];
    // Help and errors are not looked at: a wrong example throws.
    const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
    const isTty = { stdin: false, stdout: false, stderr: false };
    const program = buildProgram({
      commands: COMMANDS,
      version: '0',
      io: { stdout: nowhere, stderr: nowhere, env: {}, isTty, width: 80 },
      start: (command) => {
        parsed.push(command.name);
        return Promise.resolve();
      },
    });
    const [program0, ...argv] = shellWords(typed);
    await program.parseAsync(argv, { from: 'user' });
    expect([program0, parsed]).toEqual(['gicscope', [name]]);
  });
});
