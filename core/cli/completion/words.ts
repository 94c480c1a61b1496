/** What the completion scripts need of the command table, in one form for all shells. */
import { type Command, type Completes } from '../command.ts';

export interface CompletionOption {
  /** `--output`, `-o` */
  readonly flags: readonly string[];
  readonly description: string;
  /** Absent: a flag without a value. */
  readonly value?: { readonly name: string; readonly completes: Completes };
}
interface CompletionCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletionOption[];
  readonly arguments: readonly { readonly name: string; readonly completes: Completes; readonly many: boolean }[];
}

const HELP: CompletionOption = { flags: ['--help', '-h'], description: 'help for this command' };

export function completionWords(commands: readonly Command[]): CompletionCommand[] {
  return commands.map(({ name, summary, options, arguments: args }) => ({
    name,
    summary,
    options: [
      ...Object.values(options).map((option): CompletionOption =>
        option.type === 'flag'
          ? { flags: [option.flag], description: option.description }
          : {
              flags: option.short === undefined ? [option.flag] : [option.flag, option.short],
              description: option.description,
              value: { name: option.value, completes: option.completes },
            },
      ),
      HELP,
    ],
    arguments: Object.values(args).map((arg) => ({
      name: arg.name,
      completes: arg.completes,
      many: arg.arity === 'many',
    })),
  }));
}
