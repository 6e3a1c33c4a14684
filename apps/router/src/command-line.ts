/** Parses the command line of `wamp-router`; reports errors in one line. */
import { isReserved, isUri, type MatchPolicy } from '@wamp/protocol';
import { isOriginRule, type Action } from '@wamp/router';
import { Command as Program, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Flags } from './config/development.ts';
import { isHost } from './config/hosts.ts';
import { CannotStart, USAGE } from './failure.ts';
import { ACTIONS, type Question } from './rights.ts';
import { version } from './version.ts';

/** Each of them sends what it has to all others. */
const MOST_WORKERS = 16;

/** A parsed command. */
export type Command =
  StartCommand | CheckCommand | ReloadCommand | InitCommand | SchemaCommand | ConvertCommand | ExplainCommand;

/** Start the router. */
interface StartCommand {
  readonly name: 'start';
  /** The path of a configuration file, or the flags that replace it. */
  readonly from: string | Flags;
  /** Whether to allow unrestricted anonymous access from other machines. */
  readonly insecureDev: boolean;
  /** How many processes share the listeners, each a node of a cluster; 1 for no others. */
  readonly workers: number;
  /** The program that connects them, unless the configuration has a cluster. */
  readonly natsServer: string;
}

/** Check and explain a configuration file. */
interface CheckCommand {
  readonly name: 'check';
  readonly file: string;
  /** Whether to check as if `start` had this flag. */
  readonly insecureDev: boolean;
  /** The question to explain instead. */
  readonly question?: Question;
}

/** Make the running router read its file again. */
interface ReloadCommand {
  readonly name: 'reload';
  readonly file: string;
  /** Whether to report the changes only. */
  readonly dryRun: boolean;
}

/** Write an initial configuration file. */
interface InitCommand {
  readonly name: 'init';
  readonly file: string;
  /** Whether to write the defaults without asking. */
  readonly yes: boolean;
}

/** Print the JSON Schema of configuration files. */
interface SchemaCommand {
  readonly name: 'schema';
}

/** Convert a configuration file of Crossbar.io. */
interface ConvertCommand {
  readonly name: 'convert';
  readonly file: string;
  /** The file to write; standard output if undefined. */
  readonly output: string | undefined;
}

/** Explain a key of the configuration, or a code of the log. */
interface ExplainCommand {
  readonly name: 'explain';
  readonly word: string;
  /** The file in which to look where the key is set. */
  readonly config: string | undefined;
}

/** The command given; undefined if help or the version was requested, and printed. */
export function readCommandLine(args: readonly string[]): Command | undefined {
  let asked: Command | undefined;
  const program = wampRouter((command) => {
    asked = command;
  });
  try {
    program.parse(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new CannotStart(oneLine(error), USAGE);
  }
  return asked;
}

interface StartOptions {
  readonly config?: string;
  readonly host: string;
  readonly port: number;
  readonly realm?: readonly string[];
  readonly origin?: readonly string[];
  readonly insecureDev?: true;
  readonly workers: number;
  readonly natsServer: string;
}

function wampRouter(onCommand: OnCommand): Program {
  const program = new Program('wamp-router')
    .description('A WAMP router, with a console to watch it and to try it with.')
    .version(version())
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  addStart(program, onCommand);
  addCheck(program, onCommand);
  addReload(program, onCommand);
  addInit(program, onCommand);
  addConvert(program, onCommand);
  addExplain(program, onCommand);
  return program;
}

type OnCommand = (command: Command) => void;

function addStart(program: Program, onCommand: OnCommand): void {
  program
    .command('start')
    .description('Listen for WAMP clients and serve the web apps.')
    .addOption(configOption().conflicts(['host', 'port', 'realm', 'origin']))
    .option('--host <address>', 'address to listen on', hostName, '127.0.0.1')
    .option('--port <number>', 'port to listen on, 0 for any free one', portNumber, 8080)
    .option('--realm <uri>', 'realm to open; repeat it for several (default: "realm1")', addRealm)
    .option('--origin <origin>', 'web origin that may connect too; repeat it for several', addOrigin)
    .option('--insecure-dev', 'permit everything to all clients, on addresses other than loopback, too')
    .option('--workers <number>', 'processes that share the listeners, each with a core', workerCount, 1)
    .option(
      '--nats-server <program>',
      'nats-server that connects the workers: its name on the PATH, or its path',
      nonEmpty,
      'nats-server',
    )
    .action((options: StartOptions) => {
      onCommand({
        name: 'start',
        from: options.config ?? flagsOf(options),
        insecureDev: options.insecureDev ?? false,
        workers: options.workers,
        natsServer: options.natsServer,
      });
    });
}

function addCheck(program: Program, onCommand: OnCommand): void {
  program
    .command('check')
    .description('Check a configuration file: print a summary, or all its faults.')
    .addOption(configOption().makeOptionMandatory())
    .option('--insecure-dev', 'check as if start had this option')
    .option(
      '--explain <role action uri...>',
      'print whether a role may call, register, publish or subscribe, and why',
    )
    .option('--realm <uri>', 'the realm of the role (default: the first)')
    .option('--authid <name>', 'the authid, for permissions with {authid}')
    .addOption(
      new Option('--match <policy>', 'how the URI is matched').choices(['exact', 'prefix', 'wildcard']),
    )
    .action(({ config, explain, insecureDev = false, ...rest }: CheckOptions) => {
      const question = explain === undefined ? {} : { question: { ...questionIn(explain), ...rest } };
      onCommand({ name: 'check', file: config, insecureDev, ...question });
    });
}

function addReload(program: Program, onCommand: OnCommand): void {
  program
    .command('reload')
    .description('Make the running router apply its changed configuration file; its sessions continue.')
    .addOption(configOption().makeOptionMandatory())
    .option('--dry-run', 'only print what would change')
    .action(({ config, dryRun = false }: { readonly config: string; readonly dryRun?: boolean }) => {
      onCommand({ name: 'reload', file: config, dryRun });
    });
}

function addInit(program: Program, onCommand: OnCommand): void {
  program
    .command('init')
    .description('Write an initial configuration file, with comments.')
    .argument('[file]', 'the file to write', nonEmpty, 'wamp.yaml')
    .option('--yes', 'write the defaults without asking; without a terminal, this is always so')
    .action((file: string, { yes = false }: { readonly yes?: boolean }) => {
      onCommand({ name: 'init', file, yes });
    });
  program
    .command('schema')
    .description('Print the JSON Schema of configuration files, for editors.')
    .action(() => {
      onCommand({ name: 'schema' });
    });
}

function addConvert(program: Program, onCommand: OnCommand): void {
  program
    .command('convert')
    .description('Convert a configuration file of Crossbar.io, and report what could not be converted.')
    .argument('<file>', 'the config.json of Crossbar.io', nonEmpty)
    .option('--output <file>', 'file to write (default: standard output)', nonEmpty)
    .action((file: string, { output }: { readonly output?: string }) => {
      onCommand({ name: 'convert', file, output });
    });
}

function addExplain(program: Program, onCommand: OnCommand): void {
  program
    .command('explain')
    .description('Explain a key of the configuration, or a code of the log.')
    .argument('<word>', 'such as limits.queue_size, queue_size or login_refused', nonEmpty)
    .addOption(configOption())
    .action((word: string, { config }: { readonly config?: string }) => {
      onCommand({ name: 'explain', word, config });
    });
}

interface CheckOptions {
  readonly config: string;
  readonly insecureDev?: boolean;
  readonly explain?: readonly string[];
  readonly realm?: string;
  readonly authid?: string;
  readonly match?: MatchPolicy;
}

function questionIn(words: readonly string[]): Question {
  const [role = '', action, uri, ...more] = words;
  if (uri === undefined || more.length > 0) {
    throw new CannotStart('--explain asks for a role, an action and a URI', USAGE);
  }
  if (!isAction(action)) throw new CannotStart(`--explain: the action is ${ACTIONS.join(', or ')}`, USAGE);
  return { role, action, uri };
}

function isAction(word: unknown): word is Action {
  return ACTIONS.some((action) => action === word);
}

function configOption(): Option {
  return new Option('--config <file>', 'configuration file (YAML)').argParser(nonEmpty);
}

function flagsOf({ host, port, realm = ['realm1'], origin = [] }: StartOptions): Flags {
  return { host, port, realms: realm, origins: origin };
}

/** Commander prints suggestions on a second line, and the whole help if no command is given. */
function oneLine(error: CommanderError): string {
  if (error.code === 'commander.help') return 'no command given; try: wamp-router start';
  return error.message
    .replace(/^error: /, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

function nonEmpty(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It must not be empty.');
  return value;
}

function hostName(value: string): string {
  if (!isHost(nonEmpty(value))) throw new InvalidArgumentError('It must be a host name or an address.');
  return value;
}

function portNumber(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN;
  if (!(port <= 65535)) throw new InvalidArgumentError('It must be a number from 0 to 65535.');
  return port;
}

function workerCount(value: string): number {
  const count = /^\d{1,2}$/.test(value) ? Number(value) : Number.NaN;
  if (!(count >= 1 && count <= MOST_WORKERS))
    throw new InvalidArgumentError(`It must be a number from 1 to ${MOST_WORKERS}.`);
  return count;
}

function addRealm(value: string, previous: readonly string[] = []): readonly string[] {
  if (!isUri(value)) throw new InvalidArgumentError('It must be a URI such as realm1 or com.example.');
  if (isReserved(value)) throw new InvalidArgumentError('URIs that begin with wamp are reserved.');
  return previous.includes(value) ? previous : [...previous, value];
}

function addOrigin(value: string, previous: readonly string[] = []): readonly string[] {
  if (!isOriginRule(value)) {
    throw new InvalidArgumentError(
      'It must be an origin such as https://app.example or https://*.app.example.',
    );
  }
  return [...previous, value];
}
