// `npm start`: installs and builds what is missing, then runs the router with the dashboard and the chat.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { isBuilt, noteBuilt, STARTED } from './build-stamp.mjs';
import { addressIn, prepareDemo } from './demo.mjs';
import { printWithConsole } from './demo-console.mjs';
import { install, needsInstall, pnpm, requireNode, root } from './workspace.mjs';

requireNode();

if (needsInstall()) {
  console.log('Installing dependencies, which takes about a minute the first time:');
  finished(await install({ live: true }));
}
if (!isBuilt(root)) {
  console.log('Building what has changed:');
  finished(await build());
  noteBuilt(root);
}

const args = process.argv.slice(2);
const address = addressIn(args);
const demo = address && (await prepareDemo(root, address));
const router = program(
  'apps/router/dist/main.js',
  ['start', ...(demo === undefined ? args : ['--config', demo.configuration])],
  demo === undefined ? 'inherit' : 'pipe',
);
if (demo !== undefined && router.stdout !== null) printWithConsole(router.stdout, demo.origin, demo.password);
const chat = demo && program('apps/chat/dist/service/main.js', []);
let lastStop = -Infinity;

/**
 * @param {string} file
 * @param {readonly string[]} given
 * @param {'inherit' | 'pipe'} stdout
 */
function program(file, given, stdout = 'inherit') {
  return spawn(process.execPath, [file, ...given], {
    cwd: root,
    stdio: ['inherit', stdout, 'inherit'],
    env: { ...process.env, ...demo?.env },
    // In a process group of its own, so that Ctrl-C reaches it through us and only once: twice means "at once".
    detached: process.platform !== 'win32',
  });
}

/** @param {'SIGINT' | 'SIGTERM'} signal */
function stop(signal) {
  // npm passes on the Ctrl-C that the terminal has already sent us.
  if (performance.now() - lastStop < 500) return;
  lastStop = performance.now();
  router.kill(signal);
  chat?.kill(signal);
}

process.on('SIGINT', () => {
  stop('SIGINT');
});
process.on('SIGTERM', () => {
  stop('SIGTERM');
});
// To the router a hang-up means "reload"; here it means that the terminal was closed.
process.on('SIGHUP', () => {
  stop('SIGTERM');
});

// A SIGTERM to npm ends the shell between npm and us, and never reaches us. We see that our parent is gone.
const parent = process.ppid;
if (process.env['npm_lifecycle_event'] !== undefined) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop('SIGTERM');
  }, 250);
  watch.unref();
}

router.on('error', (error) => {
  console.error(`The router did not start: ${error.message}`);
  process.exitCode = 1;
});
router.on('exit', (code, signal) => {
  chat?.kill('SIGTERM');
  process.exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
});

/** Says of each package that it is being built, as soon as that begins. */
function build() {
  const begun = new Set();
  let among = '';
  const filters = STARTED.map((name) => `--filter=${name}...`);
  return pnpm(['exec', 'turbo', 'run', 'build', '--log-order=stream', ...filters], {
    onLine(line) {
      among = /Running build in (\d+) packages/.exec(line)?.[1] ?? among;
      const [, name, outcome] = /^(\S+):build: cache (hit|miss|bypass)/.exec(line) ?? [];
      if (name === undefined || begun.has(name)) return;
      begun.add(name);
      const what = outcome === 'hit' ? 'as it was built before' : 'building ...';
      console.log(`  ${String(begun.size)} of ${among}  ${name}: ${what}`);
    },
  });
}

/** @param {import('./workspace.mjs').Outcome} outcome */
function finished(outcome) {
  if (outcome.ok) return;
  console.error(outcome.output);
  console.error('That failed, so the router was not started.');
  process.exit(1);
}
