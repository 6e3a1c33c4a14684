/** `wamp completion`: prints a script with which a shell completes commands and options. */
import { Argument, Command } from 'commander';
import { without, type Run } from '../commands/desk.ts';
import { completionScript, SHELLS, type Shell } from './scripts.ts';
import { nodesOf } from './words.ts';

/** @param program the program whose commands are completed */
export function completionCommand(run: Run, program: Command): Command {
  return new Command('completion')
    .description('Print a script with which a shell completes commands and options.')
    .addArgument(new Argument('<shell>', 'which shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
For this session:  eval "$(wamp completion bash)"
For all of them:   wamp completion bash > ~/.local/share/bash-completion/completions/wamp
                   wamp completion zsh > "\${fpath[1]}/_wamp"
                   wamp completion fish > ~/.config/fish/completions/wamp.fish`,
    )
    .action(async (shell: Shell) => {
      await without(run, undefined, async ({ out }) => {
        await out.write(completionScript(shell, nodesOf(program)));
        return undefined;
      });
    });
}
