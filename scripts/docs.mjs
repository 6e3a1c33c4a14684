// `npm run docs`: builds the site of the documentation with the reference of all packages, and serves it; `--build` only builds.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { siteServer } from './site/serve.mjs';
import { install, needsInstall, requireNode, root, runTool } from './workspace.mjs';

/** The packages with a reference of their own, in folder `api` of the site. */
const PACKAGES = [
  'protocol',
  'client',
  'router',
  'react',
  'store-sqlite',
  'http-bridge',
  'opentelemetry',
  'cluster-nats',
];
const SOURCES = 'https://github.com/wamp-ts/wamp/blob/main/';
const site = join(root, 'docs', '.vitepress', 'dist');

requireNode();
if (needsInstall()) await step('Installing dependencies', install());
await step('Building the pages', runTool('vitepress', ['build', 'docs']));
const configs = PACKAGES.map((name) => `packages/${name}/tsconfig.build.json`);
await step('Building the packages', runTool('typescript-7', ['-b', ...configs]));
for (const name of PACKAGES) {
  await step(`Building the reference of @wamp/${name}`, reference(name));
  await linkToSources(name);
}
await step('Checking all links', runTool('tsx', ['scripts/site/check.ts', site]), true);

if (process.argv.includes('--build')) console.log(`The site is in ${site}`);
else serve(Number(process.env['PORT'] ?? 8090));

/**
 * What a package has from another one of ours is linked to its built types, and what it has from others to where they are
 * installed, neither of which is in the repository: it links to the source without a line, or to nothing.
 * @param {string} name
 */
async function linkToSources(name) {
  const folder = join(site, 'api', name);
  const own = `packages/${name}/src/`;
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith('.html')) continue;
    const html = await readFile(join(folder, file), 'utf8');
    const linked = html
      .replaceAll(/<a href="[^"]*\/node_modules\/[^"]*"[^>]*>(.*?)<\/a>/g, '$1')
      .replaceAll(/packages\/[\w-]+\/src\/\.\.\/dist\/([^"#]+)\.d\.ts#L\d+/g, `${own}$1.ts`)
      .replaceAll(
        /packages\/[\w-]+\/src\/(?:\.\.\/)+([\w-]+)\/dist\/([^"#]+)\.d\.ts#L\d+/g,
        'packages/$1/src/$2.ts',
      );
    await writeFile(join(folder, file), linked);
  }
}

/** @param {string} name */
function reference(name) {
  const folder = `packages/${name}`;
  const own =
    name === 'client'
      ? ['--options', `${folder}/typedoc.json`, '--treatWarningsAsErrors', 'false']
      : entriesOf(folder);
  return runTool('typedoc', [
    ...own,
    ...['--out', join(site, 'api', name), '--disableGit', '--hideGenerator'],
    // What our classes inherit from those of others has no source here.
    '--excludeExternals',
    ...['--sourceLinkTemplate', `${SOURCES}${folder}/src/{path}#L{line}`],
  ]);
}

/** @param {string} folder */
function entriesOf(folder) {
  return [
    ...['--entryPoints', `${folder}/src/index.ts`, '--tsconfig', `${folder}/tsconfig.build.json`],
    ...['--readme', `${folder}/README.md`, '--name', `@wamp/${folder.replace('packages/', '')}`],
  ];
}

/**
 * @param {string} what
 * @param {Promise<import('./workspace.mjs').Outcome>} outcome
 * @param {boolean} [shows] whether what it prints is shown
 */
async function step(what, outcome, shows = false) {
  const { ok, output, seconds } = await outcome;
  console.log(`${what}: ${ok ? 'done' : 'failed'} in ${seconds.toFixed(1)} s`);
  if (ok && shows) console.log(`  ${output.trim()}`);
  if (ok) return;
  console.error(output);
  process.exit(1);
}

/** @param {number} port */
function serve(port) {
  const server = siteServer(site);
  server.on('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  server.listen(port, '127.0.0.1', () => {
    console.log(`The documentation is at http://127.0.0.1:${String(port)}/`);
  });
}
