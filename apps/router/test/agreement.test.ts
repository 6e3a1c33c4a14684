/** What the configuration alone decides, `check` decides as `start` does. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cert } from '../../../packages/router/test/support/certificate.ts';
import { loadConfiguration } from '../src/config/load.ts';
import { CannotStart } from '../src/failure.ts';
import { rehearse } from '../src/prepare.ts';
import { start } from '../src/start.ts';
import { CertificateFolder } from './certificates.ts';
import { shortCertificate, shortKey } from './short-key.ts';
import { Workshop } from './workshop.ts';

const OPEN = 'realms: [{ name: realm1 }]';
const CLOSED =
  'realms: [{ name: realm1, auth: { anonymous: { role: user } }, roles: { user: { permissions: [{ uri: com.example, allow: [call] }] } } }]';
const FREE = 'port: 0, pages: false';

let folder: CertificateFolder;
beforeAll(async () => {
  folder = await CertificateFolder.open();
});
afterAll(() => folder[Symbol.asyncDispose]());

/** The exit code of a command that comes to an end, or to listening. */
async function codeOf(command: Promise<unknown>): Promise<number> {
  try {
    await command;
    return 0;
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    return error.exitCode;
  }
}

/** The exit codes of `check` and of `start` for a configuration. */
async function codesOf(yaml: string, insecureDev = false): Promise<readonly [check: number, start: number]> {
  const file = await folder.write('wamp.yaml', yaml);
  const check = async (): Promise<void> => rehearse(loadConfiguration(file), insecureDev);
  const begin = async (): Promise<void> => (await start(loadConfiguration(file), insecureDev)).stop();
  return [await codeOf(check()), await codeOf(begin())];
}

/** Listeners, one a line. */
function listening(realms: string, ...listeners: readonly string[]): string {
  return `${realms}\nlisteners:\n${listeners.map((each) => `  - { ${each} }\n`).join('')}`;
}

describe('C2 check and start agree', () => {
  const long = `/tmp/${'x'.repeat(103)}`;
  test.each([
    ['an open realm on the loopback', listening(OPEN, `address: 127.0.0.1, ${FREE}`), 0],
    ['an open realm on a loopback written out', listening(OPEN, `address: '::ffff:127.0.0.1', ${FREE}`), 0],
    ['an open realm on ::', listening(OPEN, `address: '::', ${FREE}`), 2],
    ['an open realm on :: written out', listening(OPEN, `address: '0:0:0:0:0:0:0:0', ${FREE}`), 2],
    ['an open realm on 0.0.0.0', listening(OPEN, `address: 0.0.0.0, ${FREE}`), 2],
    ['an open realm on the number 0', listening(OPEN, `address: '0', ${FREE}`), 2],
    ['an open realm on half an address', listening(OPEN, `address: '127.1', ${FREE}`), 2],
    ['a closed realm on every address', listening(CLOSED, `address: 0.0.0.0, ${FREE}`), 0],
    ['an address in brackets', listening(CLOSED, `address: '[::1]', ${FREE}`), 2],
    ['an address with a port', listening(CLOSED, `address: '127.0.0.1:80', ${FREE}`), 2],
    ['no name', listening(CLOSED, `address: 'a b', ${FREE}`), 2],
    ['a path of 108 bytes', listening(CLOSED, `unix: ${long}, pages: false`), 2],
    [
      'a path of 108 bytes, fewer characters',
      listening(CLOSED, `unix: /tmp/${'ü'.repeat(52)}, pages: false`),
      2,
    ],
    [
      'one address in two spellings',
      listening(CLOSED, "address: '::1', port: 9", "address: '0:0::1', port: 9"),
      2,
    ],
    [
      'an address, and the same as one of IPv6',
      listening(CLOSED, 'address: 127.0.0.1, port: 9', "address: '::ffff:7f00:1', port: 9"),
      2,
    ],
    ['one path in two spellings', listening(CLOSED, 'unix: /tmp/a.sock', 'unix: /tmp/./b/../a.sock'), 2],
    ['no realm', `realms: []\nlisteners: [{ ${FREE} }]`, 2],
    ['no such role', listening(CLOSED.replace('role: user', 'role: guest'), FREE), 2],
  ])('%s', async (_what, yaml, code) => {
    expect(await codesOf(yaml)).toEqual([code, code]);
  });

  test('C2 --insecure-dev allows to both what it allows', async () => {
    expect(await codesOf(listening(OPEN, `address: 0.0.0.0, ${FREE}`), true)).toEqual([0, 0]);
  });

  test('C2 a certificate that can be read, with a key that TLS takes to be too short', async () => {
    await folder.write('short.pem', shortCertificate);
    await folder.write('short-key.pem', shortKey);
    const tls = 'tls: { certificate: short.pem, key: short-key.pem }';
    expect(await codesOf(listening(CLOSED, `${FREE}, ${tls}`))).toEqual([2, 2]);
  });

  test('C2 authorities of which the second is no certificate', async () => {
    const broken = cert.replace(/\n[^\n]+\n(?=-----END)/, '\n!!!!\n');
    await folder.write('authorities.pem', `${cert}\n${broken}`);
    const tls = 'tls: { certificate: certificate.pem, key: key.pem, ca: authorities.pem }';
    const [check, begin] = await codesOf(listening(CLOSED, `${FREE}, ${tls}`));
    expect(check).toBe(begin);
  });
});

test('C2 wamp-router check ends with 2 where start does, and says the same', async () => {
  await using workshop = await Workshop.open({});
  const file = await folder.write('exposed.yaml', listening(OPEN, `address: '::', ${FREE}`));
  const [checked, started] = [
    await workshop.run(['check', '--config', file]),
    await workshop.run(['start', '--config', file]),
  ];
  expect(checked).toEqual(started);
  expect(checked.code).toBe(2);
  expect((await workshop.run(['check', '--insecure-dev', '--config', file])).code).toBe(0);
});
