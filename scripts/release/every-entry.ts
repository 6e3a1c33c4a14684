/** A blank project that loads and compiles every entry point of every published package. */
import type { BlankProject } from './blank-projects.ts';

/** Packages that users add themselves: peers, and types of what has none of its own. */
const BESIDES = ['react', 'jose', '@types/node', '@types/react'];

/** Imports each entry, and requires it: both have to give the same objects. */
function loader(entries: readonly string[]): string {
  return `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
const entries = ${JSON.stringify(entries, null, 2)};
for (const entry of entries) {
  const [imported, required] = [await import(entry), require(entry)];
  for (const name of Object.keys(imported))
    if (name !== 'module.exports' && imported[name] !== required[name])
      throw new Error(\`\${entry}: \${name} differs between import and require\`);
}
console.log(\`\${entries.length} entries loaded\`);
`;
}

/** Uses the types of each entry. */
function importsOf(entries: readonly string[]): string {
  const lines = entries.map((entry, index) => `import * as entry${index} from '${entry}';`);
  return `${lines.join('\n')}\nexport const all = [${entries.map((_, index) => `entry${index}`).join(', ')}];\n`;
}

/** All declarations are checked, those of the packages included. */
function tsconfig(module: string, moduleResolution: string, include: string): string {
  return JSON.stringify({
    compilerOptions: {
      ...{ strict: true, skipLibCheck: false, types: ['node'], target: 'es2022', noEmit: true },
      ...{ lib: ['es2022', 'dom', 'dom.asynciterable'], module, moduleResolution },
    },
    include: [include],
  });
}

/**
 * @param packages the packages of this repository
 * @param entries what can be imported of them, such as `@wamp/client/cbor`
 * @param tool a development tool with its pinned version
 */
export function everyEntry(
  packages: readonly string[],
  entries: readonly string[],
  tool: (name: string) => string,
): BlankProject {
  return {
    name: 'every entry: import, require, and types under node16, nodenext, bundler',
    short: 'every entry',
    dependencies: [...packages, ...BESIDES.map(tool), tool('typescript')],
    files: {
      'load.mjs': loader(entries),
      'main.ts': importsOf(entries),
      'module/package.json': '{"type":"module"}',
      'module/main.ts': importsOf(entries),
      'commonjs.json': tsconfig('node16', 'node16', 'main.ts'),
      'module.json': tsconfig('node16', 'node16', 'module'),
      'nodenext.json': tsconfig('nodenext', 'nodenext', 'main.ts'),
      'bundler.json': tsconfig('esnext', 'bundler', 'module'),
    },
    commands: [
      ...['commonjs', 'module', 'nodenext', 'bundler'].map((name) => [
        'npx',
        'tsc',
        '--project',
        `${name}.json`,
      ]),
      ['node', 'load.mjs'],
    ],
    prints: `${entries.length} entries loaded`,
  };
}

/** The same under pnpm, where a package sees only what it depends on itself. @param pnpm the pinned one */
export function everyEntryUnderPnpm(
  packages: readonly string[],
  entries: readonly string[],
  tool: (name: string) => string,
  pnpm: string,
): BlankProject {
  return {
    name: 'every entry under pnpm, which hides what a package does not depend on',
    short: 'pnpm',
    dependencies: [...packages, ...['react', 'jose'].map(tool)],
    installer: ['npx', '-y', pnpm, 'add', '--prefer-offline'],
    files: { 'load.mjs': loader(entries) },
    commands: [['node', 'load.mjs']],
    prints: `${entries.length} entries loaded`,
  };
}
