/** Runs a command line: executes the command, reports errors, and returns the exit code. */
import { CommanderError } from 'commander';
import type { Run } from './commands/desk.ts';
import { Exit, type ExitCode } from './io/exit-codes.ts';
import { Interrupted, isEnding, usage } from './io/failure.ts';
import type { Io } from './io/io.ts';
import { harmless, toJson } from './output/json.ts';
import { endOf } from './output/output.ts';
import { styleFor } from './output/style.ts';
import { wampProgram } from './program.ts';
import { told, type Told } from './session/told.ts';

/** @param words the command line without the names of node and of the program */
export async function run(words: readonly string[], io: Io): Promise<ExitCode> {
  const { stderr } = io;
  const current: Run = {
    io,
    outputEnded: endOf(io.stdout, stderr),
    note: (text) => void stderr.write(`wamp: ${harmless(text)}\n`),
    exit: Exit.DONE,
    settings: {},
    format: undefined,
  };
  try {
    await wampProgram(current).parseAsync(words, { from: 'user' });
    return current.exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return Exit.DONE;
    // An error that follows from being stopped is not a failure.
    const reason: unknown = io.interrupt.aborted ? io.interrupt.reason : current.outputEnded.reason;
    const cause = reason !== undefined && !isEnding(error) ? reason : error;
    if (isEnding(cause)) return exitOfEnding(cause);
    const said = told(error instanceof CommanderError ? misused(error, words) : error, current.settings);
    stderr.write(current.format === 'json' ? `${toJson(said)}\n` : inWords(said, io));
    return said.exit;
  }
}

function exitOfEnding(ending: Error): ExitCode {
  if (!(ending instanceof Interrupted)) return Exit.DONE;
  return ending.signal === 'SIGINT' ? Exit.SIGINT : Exit.SIGTERM;
}

/** An error for people: the kind, the description, and a remedy. */
function inWords({ uri, message, remedy, args, kwargs }: Told, { env, stderr }: Io): string {
  const { red, bold, dim } = styleFor(stderr.isTTY === true, env);
  const kind = uri === undefined ? '' : `${bold(harmless(uri))}: `;
  const lines = [
    `${red('wamp:')} ${kind}${harmless(message)}`,
    ...(args === undefined ? [] : [`  args: ${harmless(toJson(args))}`]),
    ...(kwargs === undefined ? [] : [`  kwargs: ${harmless(toJson(kwargs))}`]),
    ...(remedy === undefined ? [] : [dim(`  → ${remedy}`)]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Commander's message on one line, with a remedy. */
function misused({ code, message }: CommanderError, words: readonly string[]): Error {
  if (code === 'commander.help') {
    return words.length === 0
      ? usage('no command given', 'wamp --help lists the commands.')
      : usage(`${words.join(' ')} needs a subcommand`, `wamp ${words.join(' ')} --help lists them.`);
  }
  const said = message
    .replace(/^error: /, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const isSecret = /^unknown option '--(secret|password|ticket|passphrase|private-key)\b/.test(said);
  if (isSecret) {
    const [option = ''] = /--[\w-]+/.exec(said) ?? [];
    return usage(
      `there is no option ${option}: all users of this machine can read command lines`,
      'Pass a secret in the variable WAMP_SECRET, a file (--secret-file), a profile, or on standard input (--secret-file -).',
    );
  }
  const [command = ''] = words;
  const isCommand = /^[a-z]+$/.test(command) && code !== 'commander.unknownCommand';
  return usage(said, `wamp ${isCommand ? `${command} ` : ''}--help lists the valid ones.`);
}
