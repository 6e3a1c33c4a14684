/**
 * `npm run getting-started`: follows docs/getting-started.md word by word in an empty folder, with the packages from their
 * packed tarballs, and fails where what is printed differs from the page. `--packed` takes the tarballs that are there.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run, step, StepFailed } from '../release/step.ts';
import { freePort } from './free-port.ts';
import { stepsOf, type Step } from './page.ts';
import { Reader } from './reader.ts';
import { withTarballs } from './tarballs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = 'docs/getting-started.md';
const PORT = 8080;
const [ROUTER, CLIENT] = ['node router.js', 'node client.js'];

const folder = mkdtempSync(join(tmpdir(), 'wamp-getting-started-'));
try {
  if (!process.argv.includes('--packed'))
    await step('npm run tarballs', () => run('node', ['scripts/tarballs.mjs'], { cwd: root }));
  const shown = await follow(stepsOf(readFileSync(join(root, PAGE), 'utf8')));
  console.log(`\n${PAGE} ends with what it promises:\n\n  ${shown.join('\n  ')}`);
} catch (error) {
  if (!(error instanceof StepFailed)) throw error;
  console.error(`FAILED ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @returns what the client of the page prints */
async function follow(steps: readonly Step[]): Promise<readonly string[]> {
  const port = await freePort(PORT).catch(() => freePort(0));
  if (port !== PORT) console.log(`       port ${PORT} is in use: ${port} stands for it`);
  await using reader = new Reader(
    folder,
    new Map([
      [`127.0.0.1:${PORT}`, `127.0.0.1:${port}`],
      [`(${PORT},`, `(${port},`],
    ]),
  );
  for (const each of steps) {
    const name = each.kind === 'write' ? `${each.file} written` : each.command;
    await step(name, () =>
      reader.follow(each.kind === 'run' ? { ...each, command: withTarballs(each.command, root) } : each),
    );
  }
  const prints = (command: string): readonly string[] => {
    const found = steps.find((each) => each.kind === 'run' && each.command === command);
    if (found?.kind === 'run' && found.prints !== undefined) return found.prints;
    throw new StepFailed(`${PAGE} does not say what ${command} prints`);
  };
  const [greeted = ''] = prints(CLIENT);
  await step('client.js again: the first client hears of the greeting too', async () => {
    await reader.start(CLIENT, prints(CLIENT));
    await reader.expectAll(CLIENT, [...prints(CLIENT), greeted]);
  });
  await step('the router stopped and started: service and clients are back by themselves', async () => {
    await reader.stop(ROUTER);
    await reader.start(ROUTER, prints(ROUTER));
    const before = reader.printedBy(CLIENT).length;
    // Each of them tries again on its own, with pauses that grow.
    for (let attempt = 0; reader.printedBy(CLIENT).length === before; attempt += 1) {
      if (attempt === 30)
        throw new StepFailed('the first client hears nothing after the restart of the router');
      await reader.start(CLIENT, prints(CLIENT)).catch(() => undefined);
      await sleep(1000);
    }
  });
  return prints(CLIENT);
}
