/** Pages of the operator's own, as browsers get them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { get } from 'node:http';
import { brotliCompressSync } from 'node:zlib';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { loadConfiguration } from '../src/config/load.ts';
import { FaultyConfiguration } from '../src/config/faults.ts';
import { logTo } from '../src/log.ts';
import { start, type Running } from '../src/start.ts';

let folder: string;
const SCRIPT = 'console.log("hello");'.repeat(50);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wamp-pages-'));
  const files: Readonly<Record<string, string | Buffer>> = {
    'dist/index.html': '<title>Application</title>',
    'dist/a file.txt': 'a file',
    'dist/main.js': SCRIPT,
    'dist/main.js.br': brotliCompressSync(SCRIPT),
    'dist/assets/x-1234.css': 'p {}',
    'dist/.env': 'SECRET=1',
    'dist/.git/config': 'secret',
    'docs/index.html': '<title>Documents</title>',
    'outside.txt': 'outside',
  };
  for (const [name, body] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), body);
  }
});
afterAll(() => rm(folder, { recursive: true }));

async function serve(pages: string): Promise<Running & { readonly origin: string }> {
  const file = join(folder, 'wamp.yaml');
  await writeFile(file, `listeners: [{ port: 0, pages: ${pages} }]\nrealms: [{ name: realm1 }]\n`);
  const running = await start(loadConfiguration(file), false, logTo({ write: () => undefined }, 'error'));
  onTestFinished(() => running.stop());
  const url = running.greeting.split(/\s+/).find((word) => word.startsWith('http:')) ?? '';
  return { ...running, origin: new URL(url).origin };
}

const BOTH = `{ /: { folder: ./dist, spa: true, cache: 1h }, /docs: ./docs }`;

test('are served by path, with what caches need to know, and without our own security policy', async () => {
  const { origin } = await serve(BOTH);
  const page = await fetch(`${origin}/`);
  expect(await page.text()).toContain('Application');
  expect(page.headers.get('cache-control')).toBe('public, max-age=3600');
  expect(page.headers.get('content-security-policy')).toBeNull();
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  const etag = page.headers.get('etag') ?? '';
  expect((await fetch(`${origin}/`, { headers: { 'if-none-match': etag } })).status).toBe(304);
  expect((await fetch(`${origin}/assets/x-1234.css`)).headers.get('cache-control')).toContain('immutable');
  expect(await (await fetch(`${origin}/docs/`)).text()).toContain('Documents');
  expect(await (await fetch(`${origin}/a%20file.txt`)).text()).toBe('a file');
});

test('have their index page answer for paths of an application, and not for files that are missing', async () => {
  const { origin } = await serve(BOTH);
  const routed = await fetch(`${origin}/users/7`);
  expect([routed.status, await routed.text()]).toEqual([200, expect.stringContaining('Application')]);
  expect((await fetch(`${origin}/missing.js`)).status).toBe(404);
  const { origin: plain } = await serve('{ /: ./dist }');
  expect((await fetch(`${plain}/users/7`)).status).toBe(404);
});

test.each([
  '/.env',
  '/.git/config',
  '/../outside.txt',
  '/%2e%2e/outside.txt',
  '/..%2foutside.txt',
  '/%00',
  '/%',
])('never tell what is hidden or outside: %s', async (path) => {
  const { origin } = await serve('{ /: ./dist }');
  const status = await new Promise((resolve) => {
    const { port } = new URL(origin);
    get({ port, host: '127.0.0.1', path }, (response) => resolve(response.resume().statusCode));
  });
  expect(status).toBe(404);
});

test('are sent compressed as the browser asks, from the file beside them where there is one', async () => {
  const { origin } = await serve(BOTH);
  const encoded = async (accepted: string): Promise<string | null> => {
    const response = await fetch(`${origin}/main.js`, { headers: { 'accept-encoding': accepted } });
    expect(await response.text()).toBe(SCRIPT);
    return response.headers.get('content-encoding');
  };
  expect(await encoded('br, gzip')).toBe('br');
  expect(await encoded('gzip, br;q=0')).toBe('gzip');
  expect(await encoded('identity')).toBeNull();
  expect((await fetch(`${origin}/main.js.br`)).status).toBe(404);
});

test('are read again by a reload, and a folder that is not there is a fault with its place', async () => {
  const running = await serve('{ /docs: ./docs }');
  const { origin } = running;
  await writeFile(join(folder, 'docs', 'index.html'), '<title>Anew</title>');
  expect(await (await fetch(`${origin}/docs/`)).text()).toContain('Documents');
  expect(await running.reload()).toEqual({ ok: true, lines: [] });
  expect(await (await fetch(`${origin}/docs/`)).text()).toContain('Anew');
  await expect(serve('{ /: ./missing }')).rejects.toThrow(FaultyConfiguration);
  await expect(serve('{ /: ./missing }')).rejects.toThrow(/wamp\.yaml:1:\d+: .*there is no such folder/);
});
