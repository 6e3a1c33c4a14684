/**
 * `npm run first-steps`: follows the section "First steps" of docs/operations.md in an empty folder, with the programs from
 * their packed tarballs, and prints a transcript: each command, and what it printed. Ends with exit code 1 when a command does
 * not print what the page says. `--packed` takes the tarballs that are there. Needs bash and curl.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run, step, StepFailed } from '../release/step.ts';
import { freePort } from './free-port.ts';
import { Shell } from './shell.ts';
import { withTarballs } from './tarballs.ts';
import { actsOf, changed, isPrinted, type Act, type Hunk } from './transcript.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = 'docs/operations.md';
const SECTION = 'First steps';
/** The file that the diffs of the page change. */
const FILE = 'wamp.yaml';
/** The ports of the page: that of the router, and that of its metrics. */
const PORTS = [8080, 9480] as const;
/** How long a command may take (ms); npm install downloads packages. */
const PATIENCE = 300_000;

const folder = mkdtempSync(join(tmpdir(), 'wamp-first-steps-'));
const file = join(folder, FILE);
try {
  if (!process.argv.includes('--packed'))
    await step('npm run tarballs', () => run('node', ['scripts/tarballs.mjs'], { cwd: root }));
  const commands = await follow(actsOf(readFileSync(join(root, PAGE), 'utf8'), SECTION));
  console.log(`\nEach of the ${commands} commands has printed what ${PAGE} says.`);
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  console.error(`FAILED ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @returns the number of commands */
async function follow(acts: readonly Act[]): Promise<number> {
  const here = await portsHere();
  await using shell = new Shell({ cwd: folder, env: environment() });
  let commands = 0;
  for (const act of acts) {
    if (act.kind === 'change') {
      change(act.hunks.map(({ before, after }) => ({ before: here(before), after: here(after) })));
      continue;
    }
    commands += 1;
    await take(shell, here(act.command), here(act.prints));
    if (act.command === 'wamp-router init') writeFileSync(file, here(readFileSync(file, 'utf8')));
    // A person types the next command later than the procedure is registered.
    if (/^wamp register .*&$/.test(act.command))
      await untilRegistered(here(`http://127.0.0.1:${PORTS[1]}/metrics`));
  }
  return commands;
}

/** @returns a function that replaces ports of the page that are in use here */
async function portsHere(): Promise<(text: string) => string> {
  const others: (readonly [string, string])[] = [];
  for (const port of PORTS) {
    const free = await freePort(port).catch(() => freePort(0));
    if (free === port) continue;
    console.log(`# port ${port} is in use: ${free} stands for it`);
    others.push([String(port), String(free)]);
  }
  return (text) => others.reduce((now, [said, meant]) => now.replaceAll(said, meant), text);
}

/** The variables of this process, but not those that npm and this project have set for their programs, nor `npm run --silent`. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(WAMP_|npm_(?!config_))/.test(name));
  const npm = { npm_config_fund: 'false', npm_config_loglevel: 'notice' };
  return { ...Object.fromEntries(own), XDG_CONFIG_HOME: folder, NO_COLOR: '1', ...npm };
}

/** Edits the file of the page, and shows the lines that are new. */
function change(hunks: readonly Hunk[]): void {
  writeFileSync(file, changed(readFileSync(file, 'utf8'), hunks));
  console.log(`# ${FILE} is edited; it now has`);
  console.log(
    hunks
      .map(({ after }) => after.replaceAll(/^(?=.)/gm, '#   '))
      .join('#   …\n')
      .trimEnd(),
  );
}

/** Runs one command, and shows what it prints. @throws StepFailed unless it succeeds, and prints what the page says */
async function take(shell: Shell, command: string, prints: string): Promise<void> {
  console.log(`$ ${command}`);
  const { status, output } = await shell.run(withTarballs(command, root), PATIENCE);
  if (output.trim() !== '') console.log(output.trim());
  if (status !== 0) throw new StepFailed(`${command}: exit code ${status}`);
  if (!isPrinted(output, prints))
    throw new StepFailed(`${command}\n${PAGE} says that this prints\n${prints}`);
}

/** Waits until the realm has a registration. */
async function untilRegistered(metrics: string): Promise<void> {
  const deadline = AbortSignal.timeout(PATIENCE);
  while (!/^wamp_registrations\{realm="realm1"\} [1-9]/m.test(await (await fetch(metrics)).text())) {
    if (deadline.aborted) throw new StepFailed('no procedure was registered');
    await sleep(50);
  }
}
