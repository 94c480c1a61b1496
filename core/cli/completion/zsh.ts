import { type Command, type Completes } from '../command.ts';
import { type CompletionOption, completionWords } from './words.ts';

/** A zsh completion function for `fpath`, in terms of _arguments. */
export function zshCompletion(commands: readonly Command[]): string {
  const words = completionWords(commands);
  const cases = words.map(({ name, options, arguments: args }) => {
    const specs = [
      ...options.flatMap(optionSpecs),
      ...args.map(({ name: arg, completes, many }) => `${many ? '*' : ''}:${arg}:${action(completes)}`),
    ];
    return `    ${name})\n      _arguments -s ${specs.map((spec) => quote(spec)).join(' \\\n        ')}\n      ;;`;
  });
  return `#compdef gicscope
# zsh completion for gicscope
_gicscope() {
  local curcontext="$curcontext" state line
  local -a commands
  commands=(
${words.map(({ name, summary }) => `    ${quote(`${name}:${summary.replaceAll(':', '\\:')}`)}`).join('\n')}
    'help:help for a command'
  )
  _arguments -C '1:command:->command' '*::argument:->argument'
  case "$state" in
  command) _describe command commands ;;
  argument)
    case "$words[1]" in
    help) _describe command commands ;;
${cases.join('\n')}
    esac
    ;;
  esac
}
if [ "$funcstack[1]" = _gicscope ]; then
  _gicscope "$@"
else
  compdef _gicscope gicscope
fi
`;
}

function optionSpecs({ flags, description, value }: CompletionOption): string[] {
  const text = description.replaceAll(/[[\]:\\]/g, '\\$&');
  const others = flags.length > 1 ? `(${flags.join(' ')})` : '';
  const tail = value === undefined ? '' : `:${value.name}:${action(value.completes)}`;
  return flags.map((flag) => `${others}${flag}[${text}]${tail}`);
}

function action(completes: Completes): string {
  if (completes === 'nothing') return ' ';
  if (completes === 'file') return '_files';
  if (completes === 'trace') return '_files -g "*.gscope(-.)"';
  return `(${completes.join(' ')})`;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
