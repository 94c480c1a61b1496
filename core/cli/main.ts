/**
 * `gicscope …`: parses the arguments, runs one command, and turns whatever happens into an exit code and at most a
 * few lines on stderr. Never throws, never ends the process, leaves nothing open.
 */
import { CommanderError } from 'commander';
import { COMMANDS } from './commands/index.ts';
import { Context } from './context.ts';
import { endingOf, EXIT, PipeClosed } from './failure.ts';
import { type Io } from './io.ts';
import { buildProgram } from './program.ts';
import { version } from './package.ts';

/** `argv`: what follows the program's name. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const context = new Context(io);
  let exit: number = EXIT.done;
  try {
    const program = buildProgram({
      commands: COMMANDS,
      version: version(),
      io,
      start: async (command, args, options) => {
        exit = await command.start(context, args, options);
      },
    });
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    exit = report(error, argv, context);
  }
  for (const last of [() => context.out.settle(), () => context.close()]) {
    try {
      await last();
    } catch (error) {
      // What was said before matters more, and so does what a check found to a reader who has gone.
      if (exit === EXIT.done || (exit === EXIT.found && !(error instanceof PipeClosed)))
        exit = report(error, argv, context);
    }
  }
  return exit;
}

function report(error: unknown, argv: readonly string[], context: Context): number {
  if (error instanceof CommanderError) {
    // Help and version that were asked for have exit code 0; everything else is wrong usage, already explained.
    if (error.code === 'commander.optionMissingArgument' && argv.some((word) => POSITION_OPTIONS.has(word)))
      context.say("A shell takes '#' for the start of a comment: write '#1234' in quotes, --at=#1234, or --at 1234.");
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
  const { exit, message } = endingOf(error, (context.io.env['GICSCOPE_DEBUG'] ?? '') !== '');
  if (message !== '') context.say(`gicscope: ${message}`);
  return exit;
}

const POSITION_OPTIONS: ReadonlySet<string> = new Set(
  COMMANDS.flatMap(({ options }) =>
    Object.values(options).flatMap((option) => (option.type === 'value' && option.value === 'P' ? [option.flag] : [])),
  ),
);
