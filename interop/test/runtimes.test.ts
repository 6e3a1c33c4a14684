/** The client in Deno, in Bun, and in a page and a worker of Chromium, each against a real router. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { defaultFeatures } from '@wamp/router';
import { build, defaultClientConditions, type Rolldown } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browserRequired, findBrowser, noBrowser } from '../../scripts/find-browser.ts';
import { lacking } from './support/requirements.ts';
import { startRouter, type Listening } from './support/router.ts';
import { output, programOf, RUNTIMES } from './support/runtimes.ts';

const STEPS = [
  'connected: open',
  'called: 5',
  'streamed: 1 2 3',
  'heard: hello',
  'cut: the call was sent',
  'resumed: open',
  'recovered: missed true',
  'called again: 50',
  'closed: closed',
];
const support = (name: string): string => fileURLToPath(new URL(`support/${name}`, import.meta.url));

let router: Listening;
let pages: Server;
let browser: Browser | undefined;
const sockets = new Set<Socket>();

/** A router that breaks the connections of all clients when they ask for it, and publishes while they are away. */
beforeAll(async () => {
  const history = [{ topic: 'com.example.log', depth: 100 }] as const;
  router = await startRouter({ realms: ['realm1'], features: defaultFeatures({ history }) });
  router.server.on('connection', (socket) => sockets.add(socket));
  const local = router.router.join('realm1');
  await local.register('com.example.cut', () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    void local.publish('com.example.log', ['missed']);
    return new Promise(() => undefined);
  });
  pages = await serve(await bundled());
});
afterAll(async () => {
  await browser?.close();
  pages.closeAllConnections();
  pages.close();
  await router.close();
});

/** The smoke test for pages: its modules by their names, `smoke.js` and what it imports. */
async function bundled(): Promise<ReadonlyMap<string, string>> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@wamp/source', ...defaultClientConditions] },
    build: {
      write: false,
      lib: { entry: support('smoke-page.ts'), formats: ['es'], fileName: () => 'smoke.js' },
    },
  });
  const [{ output: files }] = built as [Rolldown.RolldownOutput];
  return new Map(files.map((file) => [`/${file.fileName}`, 'code' in file ? file.code : '']));
}

/** A page that loads `smoke.js`, and the modules. */
async function serve(modules: ReadonlyMap<string, string>): Promise<Server> {
  const server = createServer(({ url = '' }, response) => {
    const module = modules.get(url);
    response.setHeader('content-type', module === undefined ? 'text/html' : 'text/javascript');
    response.end(module ?? (url === '/' ? '<script type="module" src="/smoke.js"></script>' : ''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

for (const runtime of RUNTIMES) {
  test(`the client runs in ${runtime.name}`, async ({ skip }) => {
    const program = programOf(runtime);
    if (program === undefined)
      lacking(
        `no ${runtime.name} found: set ${runtime.variable}, or run node scripts/fetch-runtimes.mjs`,
        skip,
      );
    const printed = await output(program, [...runtime.args, support('smoke-main.ts'), router.url]);
    const { agent, steps } = JSON.parse(printed) as { readonly agent: string; readonly steps: string[] };
    console.log(`client in ${agent}`);
    expect(steps).toEqual(STEPS);
  });
}

/** Chromium; undefined where there is none, and none is required. */
async function opened(): Promise<Browser | undefined> {
  const found = await findBrowser();
  if (found === null && browserRequired) throw new Error(noBrowser);
  browser ??= found === null ? undefined : await chromium.launch(found);
  return browser;
}

/** What is found under a name: `/` runs the test, any other page is empty. */
function urlOf(name: string): string {
  const { port } = pages.address() as AddressInfo;
  return `http://127.0.0.1:${port}${name}#${encodeURIComponent(router.url)}`;
}

test('the client runs in a page of Chromium', async ({ skip }) => {
  const page = await ((await opened()) ?? skip(noBrowser)).newPage();
  await page.goto(urlOf('/'));
  console.log(`client in a page of Chromium ${page.context().browser()?.version() ?? ''}`);
  await expect.poll(() => page.evaluate('typeof told')).toBe('object');
  expect(await page.evaluate('told')).toEqual(STEPS);
});

test('the client runs in a worker of Chromium', async ({ skip }) => {
  const page = await ((await opened()) ?? skip(noBrowser)).newPage();
  await page.goto(urlOf('/empty'));
  const inWorker = `new Promise((resolve, reject) => {
    const worker = new Worker('/smoke.js' + location.hash, { type: 'module' });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  })`;
  expect(await page.evaluate(inWorker)).toEqual(STEPS);
});
