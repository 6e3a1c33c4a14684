/** Installs the published packages into blank projects as a user would, and runs what is there. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BlankProject } from './blank-projects.ts';
import type { Registry } from './registry.ts';
import { run, StepFailed } from './step.ts';

const NPM = ['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline'];

/** Writes the files of a project into a folder of its own. */
export function writeProject(
  { manifest = {}, files = {} }: Partial<BlankProject>,
  folder: string,
  registry: Registry,
): void {
  const written = {
    '.npmrc': registry.npmrc,
    'package.json': JSON.stringify({ private: true, ...manifest }),
  };
  for (const [path, text] of Object.entries({ ...written, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Writes a project, installs what it depends on from the registry, and runs its commands. @returns what the last one printed */
export async function runProject(project: BlankProject, folder: string, registry: Registry): Promise<string> {
  const { dependencies, installer = NPM, commands, prints = '' } = project;
  writeProject(project, folder, registry);
  const [program = '', ...install] = installer;
  await run(program, [...install, ...dependencies], { cwd: folder });
  let output = '';
  for (const [command = '', ...args] of commands) output = await run(command, args, { cwd: folder });
  if (output.includes(prints)) return output;
  throw new StepFailed(`${project.name}: expected "${prints}" in the output:\n${output}`);
}

/** Starts the installed router, has the installed `wamp` call it, and stops it. @param folder the project with both programs */
export async function callThroughPrograms(folder: string): Promise<void> {
  const main = (name: string): string => join(folder, 'node_modules', '@wamp', name, 'dist', 'main.js');
  const router = spawn(process.execPath, [main('router-server'), 'start', '--port', '0'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const url = await listening(router.stdout, router.stderr);
    const call = ['call', 'wamp.session.count', '--url', url, '--realm', 'realm1'];
    const answer = await run('npx', ['wamp', ...call], { cwd: folder });
    if (answer.trim() !== '1') throw new StepFailed(`wamp.session.count: expected 1, got ${answer}`);
  } finally {
    const ended = new Promise((resolve) => router.once('exit', resolve));
    router.kill('SIGTERM');
    await ended;
  }
}

/** The WebSocket URL that the router names once it listens. */
async function listening(...outputs: readonly NodeJS.ReadableStream[]): Promise<string> {
  const seen: string[] = [];
  return new Promise((resolve, reject) => {
    let open = outputs.length;
    for (const output of outputs) {
      const lines = createInterface(output);
      lines.on('line', (line) => {
        seen.push(line);
        const url = /ws:\/\/[^\s"]+/.exec(line)?.[0];
        if (url !== undefined) resolve(url);
      });
      lines.on('close', () => {
        open -= 1;
        if (open === 0) reject(new StepFailed(`wamp-router did not listen:\n${seen.join('\n')}`));
      });
    }
  });
}
