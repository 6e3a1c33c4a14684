// `npm run example NAME`: installs what is missing, then runs an example from its sources.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { install, needsInstall, requireNode, root } from './workspace.mjs';

requireNode();

const folder = join(root, 'examples');
const main = (/** @type {string} */ name) => join(folder, name, 'src', 'main.ts');
const [name = '', ...args] = process.argv.slice(2);
if (name === '' || !existsSync(main(name))) {
  const names = readdirSync(folder).filter((one) => existsSync(main(one)));
  console.error(`npm run example NAME, where NAME is one of: ${names.join(', ')}`);
  process.exit(2);
}
if (needsInstall()) {
  console.log('Installing dependencies, which takes about a minute the first time:');
  const { ok, output } = await install({ live: true });
  if (!ok) {
    console.error(`${output}\nThat failed, so the example was not started.`);
    process.exit(1);
  }
}
const example = spawn(
  process.execPath,
  ['--import', 'tsx', '--conditions=@wamp/source', main(name), ...args],
  { cwd: root, stdio: 'inherit', detached: process.platform !== 'win32' },
);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => example.kill(signal));
}
example.on('exit', (code, signal) => {
  process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
});
