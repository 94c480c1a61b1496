import { type Command, type Completes } from '../command.ts';
import { completionWords } from './words.ts';

/**
 * A bash completion script. It needs nothing but bash (no bash-completion package). Values after an option come from
 * the option; other words are options after `-`, else files or choices of the command's arguments.
 */
export function bashCompletion(commands: readonly Command[]): string {
  const words = completionWords(commands);
  const options = words.map(
    ({ name, options: all }) => `    ${name}) words='${all.flatMap(({ flags }) => flags).join(' ')}' ;;`,
  );
  const values = words.flatMap(({ name, options: all }) =>
    all.flatMap(({ flags, value }) =>
      value === undefined
        ? []
        : [`    ${flags.map((flag) => `${name}:${flag}`).join('|')}) ${reply(value.completes)} ;;`],
    ),
  );
  const args = words.flatMap(({ name, arguments: all }) =>
    all[0] === undefined ? [] : [`    ${name}) ${reply(all[0].completes)} ;;`],
  );
  return `# bash completion for gicscope
_gicscope() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" words=''
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '${[...words.map(({ name }) => name), 'help', '--help', '--version'].join(' ')}' -- "$current"))
    return
  fi
  case "$command:$previous" in
${values.join('\n')}
  esac
  if [[ "$current" == -* ]]; then
    case "$command" in
${options.join('\n')}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$command" in
    help) COMPREPLY=($(compgen -W '${words.map(({ name }) => name).join(' ')}' -- "$current")) ;;
${args.join('\n')}
  esac
}
_gicscope_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$1"))
}
_gicscope_traces() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -X '!*.gscope' -- "$1"; compgen -d -- "$1"))
}
complete -F _gicscope gicscope
`;
}

function reply(completes: Completes): string {
  if (completes === 'nothing') return 'return';
  if (completes === 'file') return '_gicscope_files "$current"; return';
  if (completes === 'trace') return '_gicscope_traces "$current"; return';
  return `COMPREPLY=($(compgen -W '${completes.join(' ')}' -- "$current")); return`;
}
