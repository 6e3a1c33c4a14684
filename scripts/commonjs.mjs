// Lets CommonJS projects use a package of ES modules: runs in the folder of the package, after its build.
//
// Node 20.19 and later can `require` an ES module, but TypeScript (`module: node16`) takes declarations of CommonJS only for
// it. So `dist/cjs` has a copy of all declarations, and for each entry of `exports` a module that passes the ES module on:
// there is one instance of it, whoever loads it.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

const to = join('dist', 'cjs');
rmSync(to, { recursive: true, force: true });
for (const file of readdirSync('dist', { recursive: true, encoding: 'utf8' })) {
  if (file.endsWith('.d.ts')) cpSync(join('dist', file), join(to, file));
}
writeFileSync(join(to, 'package.json'), '{ "type": "commonjs" }\n');

/** @typedef {string | { require: { default: string }, default: string }} Entry */
/** @type {unknown} */
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
const { exports } = /** @type {{ exports: Record<string, Entry> }} */ (manifest);
for (const entry of Object.values(exports)) {
  if (typeof entry === 'string') continue;
  const module = entry.require.default;
  const target = relative(dirname(module), entry.default).replaceAll(sep, '/');
  mkdirSync(dirname(module), { recursive: true });
  writeFileSync(module, `'use strict';\nmodule.exports = require('${target}');\n`);
}
