import { type Command, type Completes } from '../command.ts';
import { completionWords } from './words.ts';

/** A fish completion script: one `complete` line for each command, option and argument. */
export function fishCompletion(commands: readonly Command[]): string {
  const words = completionWords(commands);
  const lines = words.flatMap(({ name, summary, options, arguments: args }) => [
    `complete -c gicscope -n __fish_use_subcommand -a ${name} -d ${quote(summary)}`,
    ...options.map(({ flags, description, value }) => {
      const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
      const tail = value === undefined ? '' : ` -x${source(value.completes)}`;
      return `complete -c gicscope -n ${quote(`__fish_seen_subcommand_from ${name}`)} ${names.join(' ')} -d ${quote(description)}${tail}`;
    }),
    ...args.slice(0, 1).flatMap(({ completes }) => {
      const from = source(completes);
      return from === '' ? [] : [`complete -c gicscope -n ${quote(`__fish_seen_subcommand_from ${name}`)}${from}`];
    }),
  ]);
  return `# fish completion for gicscope
complete -c gicscope -f
complete -c gicscope -n __fish_use_subcommand -a help -d 'help for a command'
complete -c gicscope -n '__fish_seen_subcommand_from help' -a ${quote(words.map(({ name }) => name).join(' '))}
${lines.join('\n')}
`;
}

function source(completes: Completes): string {
  if (completes === 'nothing') return '';
  if (completes === 'file') return ` -a '(__fish_complete_path)'`;
  if (completes === 'trace') return ` -a '(__fish_complete_suffix .gscope)'`;
  return ` -a ${quote(completes.join(' '))}`;
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
