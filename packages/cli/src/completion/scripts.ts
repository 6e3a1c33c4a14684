/** Completion scripts for shells, generated from the commands and options of the program. */
import { flat, type Choice, type Node } from './words.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, program: Node): string {
  return { bash, zsh, fish }[shell](program);
}

/** `'it'\''s'`: a word that is safe in every shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function wordsOf({ children, options }: Node): string {
  return [...children.map(({ name }) => name), ...options.map(({ long }) => long)].join(' ');
}

/** Options with a value, of all commands; of those with the same name, the first one counts. */
function withValue(program: Node): Choice[] {
  const options = flat(program).flatMap((node) => node.options);
  const flags = new Set(options.filter(({ takesValue }) => !takesValue).map(({ long }) => long));
  const all = new Map(options.toReversed().map((option) => [option.long, option]));
  return [...all.values()].filter(({ long }) => !flags.has(long));
}

/** How bash lists the names of the profiles. */
const PROFILES = `"$(wamp profile list --output json 2>/dev/null | tr -d '"')"`;

/** The cases for a preceding option with a value. Without a list of values, bash completes files. */
function bashValues(program: Node): string[] {
  const options = withValue(program);
  const isListed = ({ long, values }: Choice): boolean => values.length > 0 || long === '--profile';
  const lines = options.filter(isListed).map(({ long, values }) => {
    const list = long === '--profile' ? PROFILES : quoted(values.join(' '));
    return `    ${long}) COMPREPLY=($(compgen -W ${list} -- "$word")); return ;;`;
  });
  const others = options.filter((option) => !isListed(option)).map(({ long }) => long);
  return [...lines, `    ${others.join('|')}) return ;;`];
}

function bash(program: Node): string {
  const commands = flat(program).map((node) => `    ${quoted(node.path)}) words=${quoted(wordsOf(node))} ;;`);
  const paths = flat(program)
    .filter(({ path }) => path !== '')
    .map(({ path }) => quoted(path));
  return `# Completion of wamp for bash: eval "$(wamp completion bash)"
_wamp() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path='' next words i
  case "$before" in
${bashValues(program).join('\n')}
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
      ${paths.join('|')}) path="$next" ;;
    esac
  done
  case "$path" in
${commands.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _wamp wamp
`;
}

function zsh(program: Node): string {
  const escaped = (text: string): string => text.replaceAll(/[[\]:\\]/g, (mark) => `\\${mark}`);
  const functions = flat(program).map((node) => {
    const options = node.options.map((option) => `    ${quoted(zshOption(option, escaped))}`);
    const children = node.children.map(({ name, description }) => quoted(`${name}:${escaped(description)}`));
    const rest =
      children.length === 0
        ? [`    '*:: :_default'`]
        : [
            `    '1: :((${children.map((child) => child.replaceAll("'", '"')).join(' ')}))'`,
            `    '*:: :->rest'`,
          ];
    const next = node.children.map(({ name, path }) => `    ${name}) _wamp_${idOf(path)} ;;`);
    const dispatch =
      next.length === 0 ? '' : `\n  [[ $state == rest ]] && case $words[1] in\n${next.join('\n')}\n  esac`;
    return `_wamp${node.path === '' ? '' : `_${idOf(node.path)}`}() {
  local state
  _arguments -C \\
${[...options, ...rest].join(' \\\n')}${dispatch}
}`;
  });
  return `#compdef wamp
# Completion of wamp for zsh: wamp completion zsh > "\${fpath[1]}/_wamp"
${functions.join('\n')}
if [[ $funcstack[1] == _wamp ]]; then _wamp "$@"; else compdef _wamp wamp; fi
`;
}

function idOf(path: string): string {
  return path.replaceAll(/[^a-z]/g, '_');
}

function zshOption(
  { long, description, takesValue, values, isFile }: Choice,
  escaped: (text: string) => string,
): string {
  const what = isFile ? '_files' : values.length > 0 ? `(${values.join(' ')})` : ' ';
  return `*${long}[${escaped(description)}]${takesValue ? `:${long.slice(2)}:${what}` : ''}`;
}

function fish(program: Node): string {
  const lines = flat(program).flatMap((node) => {
    const condition = quoted(conditionFor(node, program));
    const children = node.children.map(
      ({ name, description }) =>
        `complete -c wamp -n ${condition} -f -a ${quoted(name)} -d ${quoted(description)}`,
    );
    const options = node.options.map(({ long, description, takesValue, values, isFile }) => {
      const values_ =
        values.length > 0 ? ` -xa ${quoted(values.join(' '))}` : isFile ? ' -rF' : takesValue ? ' -x' : '';
      return `complete -c wamp -n ${condition} -l ${long.slice(2)}${values_} -d ${quoted(description)}`;
    });
    return [...children, ...options];
  });
  return `# Completion of wamp for fish: wamp completion fish > ~/.config/fish/completions/wamp.fish
complete -c wamp -e
${lines.join('\n')}
`;
}

/** True if the words so far select this command, and no subcommand of it. */
function conditionFor({ path, children }: Node, { children: top }: Node): string {
  if (path === '') return '__fish_use_subcommand';
  const words = path.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = children.map(({ name }) => name).join(' ');
  const isTop = top.some((node) => node.path === path);
  return [...words, ...(below === '' || !isTop ? [] : [`not __fish_seen_subcommand_from ${below}`])].join(
    '; and ',
  );
}
