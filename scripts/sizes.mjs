// `npm run size`: the sizes of bundles for browsers, built with Vite and gzipped. Needs a build. With `--check`, compares them with
// scripts/sizes.json; with `--others`, shows other clients beside them, built with the same options.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { root } from './workspace.mjs';

/** The folder of the programs to bundle; the dependencies of `bench` are found from there. */
const folder = join(root, 'bench', 'node_modules', '.sizes');
/** @type {unknown} */
const read = JSON.parse(readFileSync(join(root, 'scripts', 'sizes.json'), 'utf8'));
const limits = /** @type {Readonly<Record<string, number>>} */ (read);

/** @param {string} path */
const ours = (path) => JSON.stringify(join(root, 'packages', path));
const CONNECT = `import { connect } from ${ours('client/dist/index.js')}; globalThis.used = connect;`;
/** @param {string} path */
const beside = (path) => `${CONNECT} import * as more from ${ours(path)}; globalThis.more = { ...more };`;

/** The programs to bundle. @type {Readonly<Record<string, string>>} */
const programs = {
  '@wamp/client, connect': CONNECT,
  '@wamp/client, all exports': `import * as all from ${ours('client/dist/index.js')}; globalThis.used = { ...all };`,
  '@wamp/client/contract beside connect': beside('client/dist/contract/index.js'),
  '@wamp/client/store beside connect': beside('client/dist/store/index.js'),
  '@wamp/client/testing beside connect': beside('client/dist/testing/index.js'),
  '@wamp/react beside connect': beside('react/dist/index.js'),
};
/** @type {Readonly<Record<string, string>>} */
const others = {
  wampy: `import { Wampy } from 'wampy'; globalThis.used = Wampy;`,
  'socket.io-client': `import { io } from 'socket.io-client'; globalThis.used = io;`,
  centrifuge: `import { Centrifuge } from 'centrifuge'; globalThis.used = Centrifuge;`,
  '@nats-io/nats-core': `import { wsconnect } from '@nats-io/nats-core'; globalThis.used = wsconnect;`,
  autobahn: `import autobahn from 'autobahn'; globalThis.used = autobahn.Connection;`,
};

/**
 * @param {string} code
 * @returns {Promise<{ main: number, later: number }>} the bytes loaded with the program, and those loaded when needed
 */
async function weigh(code) {
  const input = join(folder, 'program.js');
  writeFileSync(input, code);
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    root: folder,
    build: {
      write: false,
      modulePreload: false,
      rolldownOptions: { input, external: ['react'] },
    },
  });
  const results = /** @type {import('vite').Rolldown.RolldownOutput[]} */ ([result].flat());
  const output = results.flatMap((each) => each.output);
  const chunks = output.filter((each) => each.type === 'chunk');
  /** @type {Set<string>} */
  const first = new Set();
  /** @param {string} name */
  const add = (name) => {
    if (first.has(name)) return;
    first.add(name);
    chunks.find(({ fileName }) => fileName === name)?.imports.forEach(add);
  };
  for (const chunk of chunks) if (chunk.isEntry) add(chunk.fileName);
  const sizes = { main: 0, later: 0 };
  for (const { fileName, code } of chunks)
    sizes[first.has(fileName) ? 'main' : 'later'] += gzipSync(code, { level: 9 }).length;
  return sizes;
}

/** @param {number} bytes */
const kilobytes = (bytes) => (bytes / 1000).toFixed(1).padStart(6);

mkdirSync(folder, { recursive: true });
try {
  console.log(`${'kB, gzipped'.padEnd(40)} at first  later  limit`);
  const all = process.argv.includes('--others') ? { ...programs, ...others } : programs;
  let base = 0;
  for (const [name, code] of Object.entries(all)) {
    const { main, later } = await weigh(code);
    if (name === '@wamp/client, connect') base = main;
    const more = name.endsWith(' beside connect') ? main - base : main;
    const limit = limits[name];
    const isOver = limit !== undefined && more > limit * 1000;
    if (isOver && process.argv.includes('--check')) process.exitCode = 1;
    console.log(
      `${name.padEnd(40)} ${kilobytes(more)}   ${kilobytes(later)}  ${limit?.toFixed(1) ?? ''}${isOver ? ' EXCEEDED' : ''}`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
