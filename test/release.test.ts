/** The parts of the release check that need no registry: advisories, tarballs, the closing table. */
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import changelog from '../scripts/changelog.mjs';
import { tarballsFor } from '../scripts/packages.mjs';
import { knownFaults, readAudit } from '../scripts/release/advisories.ts';
import { closingTable } from '../scripts/release/closing-table.ts';
import { faultsIn } from '../scripts/release/published.ts';
import { filesOf } from '../scripts/release/tarball.ts';

test('a version with a known advisory is reported, and a fixed one is not', () => {
  const installed = ['8.16.0', '8.17.1', '8.21.0', '10.0.0'].map((version) => ({ name: 'ws', version }));
  expect(knownFaults(installed)).toEqual([
    'ws@8.16.0: GHSA-3h5v-q93c-6h6q, fixed in 8.17.1',
    'ws@8.16.0: GHSA-96hv-2xvq-fx4p, fixed in 8.21.0',
    'ws@8.17.1: GHSA-96hv-2xvq-fx4p, fixed in 8.21.0',
  ]);
});

test('npm audit: what the registry reports, or that it gave no report', () => {
  const vulnerabilities = { ws: { severity: 'high', range: '8.0.0 - 8.20.1' } };
  const report = JSON.stringify({ auditReportVersion: 2, vulnerabilities }, undefined, 2);
  expect(readAudit(`npm warn something\n${report}\n`)).toEqual({
    asked: true,
    faults: ['ws 8.0.0 - 8.20.1: high'],
  });
  expect(readAudit('{\n  "auditReportVersion": 2\n}')).toEqual({ asked: true, faults: [] });
  expect(readAudit('{\n  "statusCode": 405\n}')).toEqual({ asked: false, why: 'npm audit got 405' });
  expect(readAudit('npm error network')).toEqual({ asked: false, why: 'npm audit got no answer' });
});

/** A file in a tarball: its header, and its contents. */
function entry(name: string, contents: string, type = '0'): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write(contents.length.toString(8).padStart(11, '0'), 124);
  header.write(type, 156);
  return Buffer.concat([header, Buffer.from(contents.padEnd(Math.ceil(contents.length / 512) * 512, '\0'))]);
}

test('the files of a tarball are found by their names, also by long ones', () => {
  const long = `dist/${'long-'.repeat(40)}.js`;
  const record = `path=package/${long}\n`;
  const packed = gzipSync(
    Buffer.concat([
      entry('package/package.json', '{}'),
      entry('PaxHeader', `${record.length + 4} ${record}`, 'x'),
      entry('package/dist/long', 'x'.repeat(600)),
      Buffer.alloc(1024),
    ]),
  );
  const files = [...filesOf(packed)].map(([name, contents]) => [name, contents.length]);
  expect(files).toEqual([
    ['package.json', 2],
    [long, 600],
  ]);
});

test('the closing table has a row for each package', () => {
  const row = { version: '0.1.0', packed: 1234, unpacked: 56_789, dependencies: 2 };
  expect(closingTable([{ ...row, name: '@wamp/client', uses: ['ES modules', 'Vite'] }])).toBe(
    'package       version  packed  unpacked  dependencies  what was run\n' +
      '@wamp/client  0.1.0    1.2 kB   56.8 kB             2  ES modules, Vite',
  );
});

test('a package is installed from tarballs with those of the packages that it needs, which come first', () => {
  const names = (name: string): readonly string[] =>
    tarballsFor(name).map((file) => file.replace(/^wamp-(.*)-\d.*$/, '$1'));
  expect(names('@wamp/protocol')).toEqual(['protocol']);
  expect(names('@wamp/client')).toEqual(['protocol', 'client']);
  const [server, ...needed] = names('@wamp/router-server').toReversed();
  expect(server).toBe('router-server');
  expect(new Set(needed)).toEqual(
    new Set(['protocol', 'router', 'store-sqlite', 'http-bridge', 'cluster-nats', 'opentelemetry']),
  );
});

/** The faults of a package that contains one more file than it should have. */
function faultsWith(file: string, contents = '', name = '@wamp/client'): readonly string[] {
  const files = {
    'package.json': '{}',
    'README.md': '',
    'dist/cjs/package.json': '{}',
    'dist/index.d.ts': '',
    [file]: contents,
  };
  const bytes = Object.entries(files).map(([path, text]) => [path, Buffer.from(text)] as const);
  return faultsIn(name, new Map(bytes), ['/home/ann/', 'C:\\Users\\ann\\']);
}

test.each([
  'test/index.test.js',
  'dist/index.test.js',
  'dist/session.spec.js',
  'dist/index.js.map',
  'dist/tsconfig.tsbuildinfo',
  'src/index.ts',
  'dist/index.ts',
  'tsconfig.json',
  '.env',
  '.npmrc',
  'web/index.html',
])('%s in @wamp/client is a fault', (file) => {
  expect(faultsWith(file)).toEqual([`${file} does not belong in a package`]);
});

test('compiled files are none, nor are the pages of @wamp/router-server, unless they are tests', () => {
  expect(faultsWith('dist/testing/index.js')).toEqual([]);
  expect(faultsWith('web/index.html', '', '@wamp/router-server')).toEqual([]);
  expect(faultsWith('web/page.test.js', '', '@wamp/router-server')).toHaveLength(1);
});

test.each(['at /home/ann/wamp/x.ts', String.raw`"C:\\Users\\ann\\wamp"`, 'file:///C:/Users/ann/wamp'])(
  'a path of this machine is a fault in a package: %s',
  (text) => {
    expect(faultsWith('dist/index.js', text)).toEqual([
      expect.stringMatching(/^dist\/index\.js contains .*ann/),
    ]);
  },
);

test('a changelog has the text of a changeset as an item, and no list of updated dependencies', async () => {
  const summary = 'First release.\n\n- **Calls** and events.\n  - Nested.\n';
  expect(await changelog.getReleaseLine({ summary })).toBe(
    '- First release.\n\n  - **Calls** and events.\n    - Nested.',
  );
  expect(await changelog.getDependencyReleaseLine()).toBe('');
});
