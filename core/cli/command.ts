/**
 * A command as data: from this one form follow the parser (program.ts), `--help`, shell completion (completion/)
 * and docs/cli.md (docs.ts). Values are typed by the option that reads them.
 */
import { type Context } from './context.ts';

/** What the shell offers after an option or as an argument. */
export type Completes = 'trace' | 'file' | 'nothing' | readonly string[];

export interface FlagOption {
  readonly type: 'flag';
  /** `--json`; `--no-open` is true until given. */
  readonly flag: string;
  readonly description: string;
}
export interface ValueOption<T> {
  readonly type: 'value';
  /** `--limit` */
  readonly flag: string;
  /** `-o` */
  readonly short?: string;
  /** Name of the value in help: `N`. */
  readonly value: string;
  readonly description: string;
  readonly required?: true;
  /** Shown in help. */
  readonly default?: string;
  readonly completes: Completes;
  /** @throws CliFailure `usage` saying what was expected. */
  readonly parse: (text: string) => T;
}
export type OptionSpec = FlagOption | ValueOption<unknown>;

export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
  /** `any`: as many as one likes, also none. */
  readonly arity: 'one' | 'optional' | 'many' | 'any';
  readonly completes: Completes;
}

type OptionValue<O> = O extends FlagOption
  ? boolean
  : O extends ValueOption<infer T>
    ? O extends { readonly required: true } | { readonly default: string }
      ? T
      : T | undefined
    : never;
type ArgumentValue<A> = A extends { readonly arity: 'many' | 'any' }
  ? readonly string[]
  : A extends { readonly arity: 'optional' }
    ? string | undefined
    : string;

export type Values<O> = { readonly [K in keyof O]: OptionValue<O[K]> };
export type Arguments<A> = { readonly [K in keyof A]: ArgumentValue<A[K]> };

export interface Example {
  /** As typed, without the `$`. */
  readonly command: string;
  readonly says: string;
}

interface CommandText {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What the summary leaves out; paragraphs for `--help` and the docs. */
  readonly description: string;
  readonly examples: readonly Example[];
  /** Name of the document in shapes.ts that `--json` prints. */
  readonly json?: string;
}

interface CommandSpec<
  A extends Readonly<Record<string, ArgumentSpec>>,
  O extends Readonly<Record<string, OptionSpec>>,
> extends CommandText {
  /** In the order they are given. */
  readonly arguments: A;
  readonly options: O;
  /** Resolves with the exit code. */
  run(context: Context, args: Arguments<A>, options: Values<O>): Promise<number>;
}

/** A command of the table, its types forgotten. */
export interface Command extends CommandText {
  readonly arguments: Readonly<Record<string, ArgumentSpec>>;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** `args` and `options` as parsed by this command's own specs. */
  start(
    context: Context,
    args: Readonly<Record<string, unknown>>,
    options: Readonly<Record<string, unknown>>,
  ): Promise<number>;
}

export function defineCommand<
  const A extends Readonly<Record<string, ArgumentSpec>>,
  const O extends Readonly<Record<string, OptionSpec>>,
>(spec: CommandSpec<A, O>): Command {
  const { run, ...rest } = spec;
  return {
    ...rest,
    // program.ts fills each name with what the parser of the same spec returned.
    start: (context, args, options) => run(context, args as Arguments<A>, options as Values<O>),
  };
}
