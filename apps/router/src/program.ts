/** The deployable router as a program: parses the command line, and executes the command. */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { summary } from './check.ts';
import { readCommandLine, type Command } from './command-line.ts';
import { fromFlags } from './config/development.ts';
import { FaultyConfiguration } from './config/faults.ts';
import { loadConfiguration, type LoadedConfiguration } from './config/load.ts';
import { jsonSchema } from './config/schema.ts';
import { convertCrossbar, noteLine } from './convert/crossbar.ts';
import { askToReload } from './ask-to-reload.ts';
import { explainWord } from './explain-word.ts';
import { CannotStart, USAGE } from './failure.ts';
import { askForWishes, writeExample, writeNew } from './init.ts';
import { LineWriter } from './line-writer.ts';
import { openLog } from './log.ts';
import { printable } from './one-line.ts';
import { rehearse } from './prepare.ts';
import { answer } from './rights.ts';
import { ServiceManager } from './service-manager.ts';
import { outliveSignals, reloadOnHangUp, stopOnSignals } from './shutdown.ts';
import { start } from './start.ts';
import { startWorkers } from './workers/supervisor.ts';
import { runWorker, workerNumber } from './workers/worker.ts';

/** The exit code of an explanation whose answer is no. */
const DENIED = 3;
const [out, err] = [new LineWriter(process.stdout), new LineWriter(process.stderr)];

/** Resolves once the router listens, or the command is done. */
export async function run(): Promise<void> {
  try {
    const command = readCommandLine(process.argv.slice(2));
    if (command !== undefined) await execute(command);
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    // Lines begin with a file position, so that editors and terminals can open it.
    const told = error instanceof FaultyConfiguration ? error.message : `wamp-router: ${error.message}`;
    err.write(printable(told));
    process.exitCode = error.exitCode;
  }
}

async function execute(command: Command): Promise<void> {
  switch (command.name) {
    case 'start':
      return startRouter(command);
    case 'check':
      return check(command);
    case 'reload': {
      const { ok, lines } = await askToReload(loadConfiguration(command.file), command.dryRun);
      for (const line of lines) (ok ? out : err).write(line);
      process.exitCode = ok ? 0 : USAGE;
      return;
    }
    case 'init':
      return init(command.file, command.yes || !(process.stdin.isTTY && process.stdout.isTTY));
    case 'convert':
      convert(command.file, command.output);
      return;
    case 'explain': {
      const { word, config } = command;
      out.write(explainWord(word, config === undefined ? undefined : loadConfiguration(config)));
      return;
    }
    case 'schema':
      out.write(JSON.stringify(jsonSchema(), undefined, 2));
  }
}

/** @param isSilent true to ask nothing */
async function init(file: string, isSilent: boolean): Promise<void> {
  if (isSilent) {
    out.write(writeExample(file));
    return;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const closed = once(terminal, 'close').then(() => undefined);
  try {
    const wishes = await askForWishes((question) => Promise.race([terminal.question(question), closed]));
    out.write(writeExample(file, wishes));
  } finally {
    terminal.close();
  }
}

async function startRouter(command: Extract<Command, { name: 'start' }>): Promise<void> {
  const { from, insecureDev } = command;
  const load = (): LoadedConfiguration =>
    typeof from === 'string' ? loadConfiguration(from) : fromFlags(from);
  const number = workerNumber();
  if (number !== undefined) return runWorker({ number, insecureDev, lines: err, load });
  const loaded = load();
  const log = await openLog(loaded.configuration.log, err, process.stderr.isTTY);
  outliveSignals();
  const running =
    command.workers > 1 ? await startWorkers(loaded, command, log) : await start(loaded, insecureDev, log);
  const manager = new ServiceManager(process.env, log.log);
  stopOnSignals({
    async stop() {
      manager.stopping();
      await running.stop();
      manager.close();
    },
  });
  reloadOnHangUp(running);
  out.write(running.greeting);
  manager.ready();
}

async function check({ file, insecureDev, question }: Extract<Command, { name: 'check' }>): Promise<void> {
  const loaded = loadConfiguration(file);
  if (question === undefined) {
    await rehearse(loaded, insecureDev);
    out.write(summary(loaded.configuration));
  } else {
    const { permitted, line } = answer(loaded, question);
    out.write(line);
    process.exitCode = permitted ? 0 : DENIED;
  }
}

/** The result goes to the file or to standard output; what is left out, to standard error. */
function convert(file: string, output: string | undefined): void {
  const { yaml, notes } = convertCrossbar(file, output);
  if (output === undefined) out.write(yaml.trimEnd());
  else writeNew(output, yaml);
  for (const note of notes) err.write(noteLine(note));
  if (output !== undefined) {
    out.write(`${output} is written; check it with: wamp-router check --config ${output}`);
  }
}
