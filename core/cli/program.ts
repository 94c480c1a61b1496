/**
 * The command table as a commander program: parsing, `--help` and usage errors. Knows no command by name.
 */
import { Argument, Command as CommanderCommand, InvalidArgumentError, Option } from 'commander';
import { type ArgumentSpec, type Command, type OptionSpec } from './command.ts';
import { CliFailure } from './failure.ts';
import { type Io } from './io.ts';
import { coloursWanted, type Style, styleFor } from './style.ts';

interface ProgramParts {
  readonly commands: readonly Command[];
  readonly version: string;
  readonly io: Pick<Io, 'stdout' | 'stderr' | 'env' | 'isTty' | 'width'>;
  /** Runs what was parsed. */
  readonly start: (
    command: Command,
    args: Readonly<Record<string, unknown>>,
    options: Readonly<Record<string, unknown>>,
  ) => Promise<void>;
}

const AFTER = `
Positions:   '#1234' or 1234 (event); 12.5ms, 1.234567s, 1234567ns (since the start); 12%; end
Conditions:  'ppi(27).pending rises on vcpu 1', 'write ICC_PCR_EL1', 'kind == irq.acknowledge'
Exit codes:  0 done, 1 a check found something, 2 wrong usage, 3 bad input, 4 internal error, 130 Ctrl-C
`;

/** Throws CommanderError for help, version and wrong usage; what they print is printed already. */
export function buildProgram({ commands, version, io, start }: ProgramParts): CommanderCommand {
  const program = prepared(new CommanderCommand('gicscope'), io)
    .description('Time-travel debugger for interrupts in Arm virtual machines.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'help')
    .helpCommand(false)
    .addHelpText('after', AFTER);
  for (const command of commands) {
    const sub = prepared(program.createCommand(command.name), io)
      .summary(command.summary)
      .description(command.description)
      .helpOption('-h, --help', 'help for this command')
      .addHelpText('after', examplesText(command, styleFor(io.isTty.stdout, io.env)));
    for (const spec of Object.values(command.arguments)) sub.addArgument(argumentOf(spec));
    for (const spec of Object.values(command.options)) sub.addOption(optionOf(spec));
    sub.action(() => {
      const args = argumentValues(command, sub);
      for (const [key, { name }] of Object.entries(command.arguments))
        if ([args[key]].flat().includes('')) sub.error(`error: argument '${name}' is empty`, { exitCode: 2 });
      return start(command, args, optionValues(command, sub));
    });
    program.addCommand(sub);
  }
  return program.addCommand(helpCommand(program, io));
}

/** In place of commander's own, which answers a wrong name with the list of commands and no word about the name. */
function helpCommand(program: CommanderCommand, io: ProgramParts['io']): CommanderCommand {
  return prepared(program.createCommand('help'), io)
    .summary('help for a command')
    .description('Prints what --help of a command prints.')
    .helpOption('-h, --help', 'help for this command')
    .argument('[command]', 'name of a command')
    .action((name: string | undefined) => {
      const of = name === undefined ? program : program.commands.find((each) => each.name() === name);
      if (of === undefined) program.error(`error: unknown command '${name}'`, { exitCode: 2 });
      of.help();
    });
}

function prepared(command: CommanderCommand, io: ProgramParts['io']): CommanderCommand {
  const bold = styleFor(io.isTty.stdout, io.env).bold;
  return command
    .exitOverride()
    .configureHelp({ styleTitle: bold, showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'gicscope: ')),
      getOutHelpWidth: () => io.width,
      getErrHelpWidth: () => io.width,
      getOutHasColors: () => coloursWanted(io.isTty.stdout, io.env),
      getErrHasColors: () => coloursWanted(io.isTty.stderr, io.env),
    })
    .showHelpAfterError(`Try: gicscope ${command.name() === 'gicscope' ? '' : `${command.name()} `}--help`)
    .showSuggestionAfterError(true);
}

function examplesText({ examples }: Command, style: Style): string {
  const lines = examples.map(({ command, says }) => `  ${style.dim(`# ${says}`)}\n  ${command}\n`);
  return `\n${style.bold('Examples:')}\n${lines.join('')}`;
}

function argumentOf({ name, description, arity }: ArgumentSpec): Argument {
  return new Argument(ARGUMENT_FORM[arity](name), description);
}

const ARGUMENT_FORM: Readonly<Record<ArgumentSpec['arity'], (name: string) => string>> = {
  one: (name) => `<${name}>`,
  optional: (name) => `[${name}]`,
  many: (name) => `<${name}...>`,
  any: (name) => `[${name}...]`,
};

function optionOf(spec: OptionSpec): Option {
  if (spec.type === 'flag') return new Option(spec.flag, spec.description);
  const short = spec.short === undefined ? '' : `${spec.short}, `;
  const option = new Option(`${short}${spec.flag} <${spec.value}>`, spec.description).argParser((given: string) =>
    asInvalidArgument(() => spec.parse(given)),
  );
  if (spec.required === true) option.makeOptionMandatory();
  if (spec.default !== undefined) option.default(spec.parse(spec.default), spec.default);
  return option;
}

function asInvalidArgument<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof CliFailure) throw new InvalidArgumentError(sentence(error.message));
    throw error;
  }
}

/** Commander puts the text after a full stop. */
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function argumentValues({ arguments: specs }: Command, parsed: CommanderCommand): Record<string, unknown> {
  return Object.fromEntries(Object.keys(specs).map((key, index) => [key, parsed.processedArgs[index]]));
}

/** Values under the names of the specs: a flag that was not given is false, `--no-open` true. */
function optionValues({ options: specs }: Command, parsed: CommanderCommand): Record<string, unknown> {
  const given: Readonly<Record<string, unknown>> = parsed.opts();
  return Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => {
      const value = given[new Option(spec.flag).attributeName()];
      return [key, spec.type === 'flag' ? value === true : value];
    }),
  );
}
