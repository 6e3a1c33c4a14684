// `npm run docs`: builds the site of the documentation with the reference of all packages, and serves it; `--build` only builds.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { install, needsInstall, requireNode, root, runTool } from './workspace.mjs';

/** The packages with a reference of their own, in folder `api` of the site. */
const PACKAGES = ['protocol', 'client', 'router', 'react', 'store-sqlite', 'http-bridge', 'opentelemetry'];
const TYPES = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
});
const site = join(root, 'docs', '.vitepress', 'dist');

requireNode();
if (needsInstall()) await step('Installing dependencies', install());
await step('Building the pages', runTool('vitepress', ['build', 'docs']));
const configs = PACKAGES.map((name) => `packages/${name}/tsconfig.build.json`);
await step('Building the packages', runTool('typescript', ['-b', ...configs]));
for (const name of PACKAGES) await step(`Building the reference of @wamp/${name}`, reference(name));

if (process.argv.includes('--build')) console.log(`The site is in ${site}`);
else serve(Number(process.env['PORT'] ?? 8090));

/** @param {string} name */
function reference(name) {
  const folder = `packages/${name}`;
  const own =
    name === 'client'
      ? ['--options', `${folder}/typedoc.json`, '--treatWarningsAsErrors', 'false']
      : entriesOf(folder);
  return runTool('typedoc', [...own, '--out', join(site, 'api', name), '--disableGit', '--hideGenerator']);
}

/** @param {string} folder */
function entriesOf(folder) {
  return [
    ...['--entryPoints', `${folder}/src/index.ts`, '--tsconfig', `${folder}/tsconfig.build.json`],
    ...['--readme', `${folder}/README.md`, '--name', `@wamp/${folder.replace('packages/', '')}`],
    ...['--sourceLinkTemplate', 'https://github.com/wamp-ts/wamp/blob/main/{path}#L{line}'],
  ];
}

/**
 * @param {string} what
 * @param {Promise<import('./workspace.mjs').Outcome>} outcome
 */
async function step(what, outcome) {
  const { ok, output, seconds } = await outcome;
  console.log(`${what}: ${ok ? 'done' : 'failed'} in ${seconds.toFixed(1)} s`);
  if (ok) return;
  console.error(output);
  process.exit(1);
}

/** @param {number} port */
function serve(port) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const path = normalize(decodeURIComponent(pathname.endsWith('/') ? `${pathname}index.html` : pathname));
    readFile(join(site, extname(path) === '' ? `${path}.html` : path)).then(
      (bytes) =>
        response
          .writeHead(200, { 'Content-Type': TYPES[extname(path) || '.html'] ?? 'application/octet-stream' })
          .end(bytes),
      () => response.writeHead(404, { 'Content-Type': 'text/plain' }).end('There is no such page.'),
    );
  });
  server.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  server.listen(port, '127.0.0.1', () => {
    console.log(`The documentation is at http://127.0.0.1:${String(port)}/`);
  });
}
