// `npm run bench`, `npm run clients`: installs and builds what is missing, then measures.
import { spawn } from 'node:child_process';
import { install, needsInstall, pnpm, requireNode, root } from './workspace.mjs';

requireNode();

if (needsInstall()) {
  console.log('Installing dependencies ...');
  finished(await install());
}
console.log('Building ...');
finished(await pnpm(['exec', 'turbo', 'run', 'build', '--filter=@wamp/bench']));

const [first, ...rest] = process.argv.slice(2);
const program =
  first === 'clients'
    ? ['bench/dist/clients/main.js', ...rest]
    : ['bench/dist/main.js', ...process.argv.slice(2)];
const bench = spawn(process.execPath, program, {
  cwd: root,
  stdio: 'inherit',
});
// It ends its peers, and then we end.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => bench.kill(signal));
}
bench.on('exit', (code) => {
  process.exitCode = code ?? 1;
});

/** @param {import('./workspace.mjs').Outcome} outcome */
function finished(outcome) {
  if (outcome.ok) return;
  console.error(outcome.output);
  console.error('That failed, so nothing was measured.');
  process.exit(1);
}
