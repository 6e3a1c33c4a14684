/** The configurations that pages of the documentation show: each is right, whole or as a part of one. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FaultyConfiguration } from '../src/config/faults.ts';
import { readConfiguration } from '../src/config/load.ts';
import { CertificateFolder } from './certificates.ts';
import { ENVIRONMENT } from './configurations.ts';

const pages = new URL('../../../docs/', import.meta.url);

/** Blocks of YAML by their place, such as `history.md 1`. */
const BLOCKS = readdirSync(pages)
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) => {
    const page = readFileSync(new URL(name, pages), 'utf8');
    return [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ''], index): [string, string] => [
      `${name} ${index + 1}`,
      yaml,
    ]);
  });

let folder: CertificateFolder;
beforeAll(async () => {
  folder = await CertificateFolder.open();
  for (const name of ['dist', 'docs', 'realms']) mkdirSync(join(folder.path, name));
  // What docs/configuration.md includes.
  writeFileSync(join(folder.path, 'listeners.yaml'), 'listeners: [{}]\n');
  writeFileSync(join(folder.path, 'realms', 'one.yaml'), 'realms: [{ name: realm1 }]\n');
});
afterAll(() => folder[Symbol.asyncDispose]());

function faultsOf(yaml: string): readonly string[] {
  const file = join(folder.path, 'wamp.yaml');
  const environment = {
    ...ENVIRONMENT,
    PORT: '8080',
    ...Object.fromEntries(names(yaml).map((name) => [name, 'some-text'])),
  };
  try {
    readConfiguration(yaml, { file, environment });
    return [];
  } catch (error) {
    if (!(error instanceof FaultyConfiguration)) throw error;
    return error.message.split('\n');
  }
}

function names(yaml: string): readonly string[] {
  return [...yaml.matchAll(/(?<!port: )\$\{(\w+)\}/g)].map(([, name = '']) => name);
}

/** The block as a whole file, beside realms and listeners, and within a realm. */
function readings(block: string): readonly string[] {
  // Secrets are in files of this test.
  const here = block.replaceAll(/file: [^\s,}]+/g, 'file: passphrase');
  const realm = (body: string): string =>
    `listeners: [{}]\nrealms:\n- name: realm1\n${body.replaceAll(/^/gm, '  ')}`;
  const roles = [...here.matchAll(/role: (\w+)/g)].map(([, name = '']) => `${name}: { permissions: [] }`);
  return [
    here,
    `listeners: [{}]\nrealms: [{ name: realm1 }]\n${here}`,
    `listeners: [{}]\n${here}`,
    realm(here),
    `realms: [{ name: realm1 }]\n${here}`,
    realm(`${here}roles: { ${[...new Set(roles)].join(', ')} }\n`),
    realm(`auth: { anonymous: { role: user } }\n${here}`),
  ];
}

test('there are pages with configurations', () => {
  expect(BLOCKS.length).toBeGreaterThan(15);
});

test.each(BLOCKS)('%s is right', (_place, block) => {
  const outcomes = readings(block).map(faultsOf);
  const best = outcomes.reduce((a, b) => (b.length < a.length ? b : a));
  expect(best).toEqual([]);
});
