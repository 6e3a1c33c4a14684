/** Files that a configuration names as text are UTF-8, or refused with their place. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadConfiguration } from '../src/config/load.ts';
import { CertificateFolder } from './certificates.ts';

const YAML = `
listeners: [{ port: 0 }]
realms:
  - name: realm1
    auth: { ticket: { principals: { joe: { role: user, ticket: { file: secret } } } } }
    roles: { user: { permissions: [] } }
`;
const BOM = '\u{feff}';

let folder: CertificateFolder;
beforeAll(async () => {
  folder = await CertificateFolder.open();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function ticketIn(secret: string | Uint8Array): Promise<unknown> {
  await folder.write('secret', secret);
  const loaded = loadConfiguration(await folder.write('wamp.yaml', YAML), {});
  const source = loaded.configuration.realms[0]?.auth?.ticket;
  return source !== undefined && 'get' in source ? source.get('joe')?.ticket : undefined;
}

function utf16(text: string, mark = BOM): Buffer {
  return Buffer.from(mark + text, 'utf16le');
}

describe('C8 a secret in a file', () => {
  test.each([
    ['as it is', 'pässword\nand more'],
    ['behind the mark of UTF-8', `${BOM}pässword\r\n`],
  ])('%s', async (_what, content) => {
    expect(await ticketIn(content)).toBe('pässword');
  });

  test.each([
    ['UTF-16', utf16('password'), 'the file is UTF-16, expected UTF-8'],
    ['UTF-16 the other way', utf16('password').swap16(), 'the file is UTF-16, expected UTF-8'],
    [
      'UTF-16 without its mark',
      utf16('password', ''),
      'the file holds NUL characters, as UTF-16 does, expected UTF-8',
    ],
    ['Latin-1', Buffer.from('pässword', 'latin1'), 'the file is not UTF-8'],
    ['a mark alone', BOM, 'is empty'],
  ])('in %s is refused', async (_what, content, fault) => {
    const path = 'realms\\[0\\]\\.auth\\.ticket\\.principals\\.joe\\.ticket';
    await expect(ticketIn(content)).rejects.toThrow(
      new RegExp(`wamp\\.yaml:5:\\d\\d: ${path}(\\.file)?: ${fault}$`),
    );
  });
});

test('C8 the configuration file itself', async () => {
  const right = 'listeners: [{ port: 0 }]\nrealms: [{ name: realm1 }]\n';
  expect(
    loadConfiguration(await folder.write('marked.yaml', BOM + right), {}).configuration.realms,
  ).toHaveLength(1);
  const file = await folder.write('utf16.yaml', utf16(right));
  expect(() => loadConfiguration(file, {})).toThrow(/utf16\.yaml:1:1: the file is UTF-16, expected UTF-8$/);
});

test('C8 a certificate behind the mark of UTF-8 is read, and in UTF-16 it is refused', async () => {
  const pem = await readFile(`${folder.path}/certificate.pem`, 'utf8');
  await folder.write('marked.pem', BOM + pem);
  await folder.write('utf16.pem', utf16(pem));
  const yaml = (name: string): string =>
    `listeners: [{ port: 0, tls: { certificate: ${name}, key: key.pem } }]\nrealms: [{ name: realm1 }]\n`;
  const marked = await folder.write('wamp.yaml', yaml('marked.pem'));
  expect(loadConfiguration(marked, {}).configuration.listeners[0]?.tls).toBeDefined();
  const other = await folder.write('wamp.yaml', yaml('utf16.pem'));
  expect(() => loadConfiguration(other, {})).toThrow(/tls\.certificate: the file is UTF-16, expected UTF-8/);
});
