import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { type Command, defineCommand } from '../command.ts';
import { CliFailure, EXIT } from '../failure.ts';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;
const SHELLS = Object.keys(SCRIPTS) as readonly (keyof typeof SCRIPTS)[];

/** `commands`: the table it is itself part of, so given when it is complete. */
export function completionCommand(commands: () => readonly Command[]): Command {
  return defineCommand({
    name: 'completion',
    summary: 'completion script for a shell',
    description: 'Prints a script that teaches the shell to complete commands, options, choices and trace files.',
    arguments: { shell: { name: 'SHELL', description: SHELLS.join(', '), arity: 'one', completes: SHELLS } },
    options: {},
    examples: [
      { command: 'gicscope completion bash > ~/.local/share/bash-completion/completions/gicscope', says: 'bash' },
      { command: 'gicscope completion zsh > ~/.zfunc/_gicscope', says: 'zsh, with ~/.zfunc in fpath' },
      { command: 'gicscope completion fish > ~/.config/fish/completions/gicscope.fish', says: 'fish' },
    ],
    async run(context, { shell }) {
      const found = SHELLS.find((name) => name === shell);
      if (found === undefined) throw new CliFailure('usage', `completion for ${SHELLS.join(', ')}, not for ${shell}`);
      await context.out.write(SCRIPTS[found](commands()));
      return EXIT.done;
    },
  });
}
