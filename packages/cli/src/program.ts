/** Defines the program for Commander: every command, its options, and how errors are handled. */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { authCommand } from './commands/auth-hash.ts';
import { benchCommand } from './commands/bench.ts';
import { callCommand } from './commands/call.ts';
import { clusterCommand } from './commands/cluster.ts';
import type { Run } from './commands/desk.ts';
import { historyCommand } from './commands/history.ts';
import { keygenCommand } from './commands/keygen.ts';
import { registrationsCommand, sessionsCommand, subscriptionsCommand } from './commands/lists.ts';
import { pingCommand } from './commands/ping.ts';
import { profileCommand } from './commands/profile.ts';
import { publishCommand } from './commands/publish.ts';
import { registerCommand } from './commands/register.ts';
import { subscribeCommand } from './commands/subscribe.ts';
import { tailCommand } from './commands/tail.ts';
import { topCommand } from './commands/top.ts';
import { completionCommand } from './completion/command.ts';

/** Commands with a connection may take their options from a profile. */
const CONNECTING = [
  callCommand,
  publishCommand,
  subscribeCommand,
  registerCommand,
  historyCommand,
  tailCommand,
  sessionsCommand,
  registrationsCommand,
  subscriptionsCommand,
  topCommand,
  pingCommand,
];

export function wampProgram(run: Run): Command {
  const program = new Command('wamp')
    .description('Call procedures, publish and subscribe, register procedures, and inspect WAMP realms.')
    .version(version())
    .helpCommand(false)
    .addHelpText('after', AFTER);
  for (const make of CONNECTING) program.addCommand(withProfile(make(run)));
  const bench = benchCommand(run);
  const cluster = clusterCommand(run);
  for (const command of [...bench.commands, ...cluster.commands]) withProfile(command);
  program
    .addCommand(cluster)
    .addCommand(bench)
    .addCommand(keygenCommand(run))
    .addCommand(authCommand(run))
    .addCommand(profileCommand(run));
  program.addCommand(completionCommand(run, program));
  harden(program, run);
  return program;
}

const AFTER = `
Where to connect, and as whom, is said by options (wamp call --help lists them), by variables such as
WAMP_URL and WAMP_REALM, or by a profile (wamp profile set --help).
Results are JSON, one value per line, and text on a terminal.`;

function withProfile(command: Command): Command {
  return command.addOption(
    new Option('--profile <name>', 'use the options stored under this name').helpGroup('Connection:'),
  );
}

/** Keeps Commander from exiting and from printing errors, which this module does. */
function harden(command: Command, run: Run): void {
  const { stdout, stderr } = run.io;
  command.exitOverride().configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: () => undefined,
    getOutHelpWidth: () => stdout.columns ?? 100,
    getErrHelpWidth: () => stderr.columns ?? 100,
  });
  for (const child of command.commands) harden(child, run);
}

function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
