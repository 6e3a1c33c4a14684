/** Who may come in and what each may do, as a configuration says it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { summary } from '../src/check.ts';
import { readConfiguration, type LoadedConfiguration } from '../src/config/load.ts';
import type { RealmConfiguration } from '../src/config/realms.ts';
import { answer, grantsEverything, type Question } from '../src/rights.ts';
import { CertificateFolder } from './certificates.ts';
import { Workshop } from './workshop.ts';

const KEY = 'ab'.repeat(32);

let folder: CertificateFolder;

beforeAll(async () => {
  folder = await CertificateFolder.open();
});
afterAll(() => folder[Symbol.asyncDispose]());

function read(yaml: string): LoadedConfiguration {
  return readConfiguration(yaml, {
    file: join(folder.path, 'wamp.yaml'),
    environment: { SECRET: 'hunter2' },
  });
}

/** The first realm of a configuration that says this of it. */
function realm(body: string): RealmConfiguration {
  const lines = body.replaceAll(/^/gm, '    ');
  const [first] = read(`listeners: [{}]\nrealms:\n  - name: realm1\n${lines}`).configuration.realms;
  if (first === undefined) throw new Error('there is no realm');
  return first;
}

const everyMethod = `
listeners:
  - tls: { certificate: certificate.pem, key: key.pem, ca: certificate.pem, client_certificates: request }
realms:
  - name: com.example
    auth:
      anonymous: { role: guest }
      ticket:
        principals:
          joe: { role: user, ticket: "\${SECRET}" }
          ann: { role: user, ticket: { file: passphrase } }
      wampcra:
        principals:
          joe: { role: user, secret: plain }
          ann: { role: user, key: a2V5, salt: salt, iterations: 100, keylen: 16 }
          sue: { role: user, key: a2V5, salt: salt }
      scram:
        principals:
          joe: { role: user, password: plain }
          ann: { role: user, kdf: argon2id13, iterations: 2, memory: 64, salt: '00', stored_key: ${KEY}, server_key: ${KEY} }
          sue: { role: user, kdf: pbkdf2, iterations: 4096, salt: '00', stored_key: ${KEY}, server_key: ${KEY} }
      cryptosign:
        principals: { joe: { role: user, authorized_keys: [${KEY}] } }
        router_key: ${KEY}
      tls:
        principals: { localhost: { role: user } }
        identify: fingerprint
    roles:
      guest: { permissions: [{ uri: com.example.time, allow: [call] }] }
      user:
        permissions:
          - { uri: com.example.*, allow: { call: true, subscribe: true }, disclose: { caller: true } }
          - { uri: 'com.example.{authid}', match: exact, allow: [register], deny: [publish] }
      backend: { authorizer: { procedure: com.example.authorize, timeout: 100ms } }
  - name: com.example.dynamic
    auth:
      anonymous: { procedure: com.example.anonymous }
      wampcra: { procedure: com.example.authenticate, realm: com.example }
      jwt: { key: certificate.pem, audience: wamp, role_claim: role }
    roles: { user: { permissions: [] } }
`;

describe('authentication', () => {
  test('every method that there is', () => {
    const [first, second] = read(everyMethod).configuration.realms;
    expect(first?.auth).toEqual({
      anonymous: 'guest',
      ticket: new Map([
        ['joe', { authrole: 'user', ticket: 'hunter2' }],
        ['ann', { authrole: 'user', ticket: 'open sesame' }],
      ]),
      wampcra: new Map<string, unknown>([
        ['joe', { authrole: 'user', secret: 'plain' }],
        ['ann', { authrole: 'user', key: 'a2V5', salt: 'salt', iterations: 100, keylen: 16 }],
        ['sue', { authrole: 'user', key: 'a2V5', salt: 'salt', iterations: 1000, keylen: 32 }],
      ]),
      scram: new Map<string, unknown>([
        ['joe', { authrole: 'user', password: 'plain' }],
        [
          'ann',
          {
            authrole: 'user',
            kdf: 'argon2id13',
            iterations: 2,
            memory: 64,
            salt: '00',
            storedKey: KEY,
            serverKey: KEY,
          },
        ],
        [
          'sue',
          { authrole: 'user', kdf: 'pbkdf2', iterations: 4096, salt: '00', storedKey: KEY, serverKey: KEY },
        ],
      ]),
      cryptosign: { source: new Map([['joe', { authrole: 'user', authorizedKeys: [KEY] }]]), routerKey: KEY },
      tls: { source: new Map([['localhost', { authrole: 'user' }]]), identify: 'fingerprint' },
    });
    expect(second?.auth).toMatchObject({
      anonymous: { procedure: 'com.example.anonymous' },
      wampcra: { procedure: 'com.example.authenticate', realm: 'com.example' },
      jwt: {
        audience: 'wamp',
        authidClaim: 'sub',
        role: { claim: 'role' },
        keys: { key: expect.anything() as object },
      },
    });
  });

  test('check tells of it without a secret', () => {
    const [, ...realms] = summary(read(everyMethod).configuration).split('\n');
    expect(realms).toEqual([
      'realm com.example: anonymous as guest, ticket for 2 principals, wampcra for 3 principals, ' +
        'scram for 3 principals, cryptosign for 1 principal, tls for 1 principal; ' +
        'roles guest (1 permission), user (2 permissions), backend (asks com.example.authorize)',
      'realm com.example.dynamic: anonymous by com.example.anonymous, jwt, wampcra by com.example.authenticate; ' +
        'roles user (0 permissions)',
    ]);
  });
});

describe('authorization', () => {
  const ask = (question: Partial<Question>): string => {
    const { permitted, line } = answer(read(everyMethod), {
      role: 'user',
      action: 'call',
      uri: 'com.example.add',
      ...question,
    });
    return `${permitted ? 'yes' : 'no'} ${line.replace(join(folder.path, '/'), '')}`;
  };

  test.each<[Partial<Question>, string]>([
    [{}, 'yes disclosed: wamp.yaml:32:13: roles.user.permissions[0] allows action call'],
    [
      { action: 'subscribe', uri: 'com.example', match: 'prefix' },
      'no denied: wamp.yaml:31:9: no permission of role user allows action subscribe',
    ],
    [
      { action: 'subscribe', uri: 'com.example.', match: 'prefix' },
      'yes permitted: wamp.yaml:32:13: roles.user.permissions[0] allows action subscribe',
    ],
    [
      { action: 'register', uri: 'com.example.joe', authid: 'joe' },
      'yes permitted: wamp.yaml:33:13: roles.user.permissions[1] allows action register',
    ],
    [
      { action: 'register', uri: 'com.example.joe', authid: 'ann' },
      'no denied: wamp.yaml:31:9: no permission of role user allows action register',
    ],
    [
      { action: 'publish', uri: 'com.example.joe', authid: 'joe' },
      'no denied: wamp.yaml:33:13: roles.user.permissions[1] denies action publish',
    ],
    [{ role: 'backend' }, 'no asked: wamp.yaml:34:16: role backend has an authorizer of its own'],
    [
      { realm: 'com.example.dynamic' },
      'no denied: wamp.yaml:40:20: no permission of role user allows action call',
    ],
  ])('%j', (question, told) => {
    expect(ask(question)).toBe(told);
  });

  test('a realm or a role that does not exist is not asked about', () => {
    expect(() => ask({ realm: 'com.elsewhere' })).toThrow('there is no realm com.elsewhere');
    expect(() => ask({ role: 'root' })).toThrow('realm com.example has no role root');
  });

  test('without roles, all clients may do everything', () => {
    const question: Question = { role: 'anybody', action: 'call', uri: 'com.example' };
    expect(answer(read('listeners: [{}]\nrealms: [{ name: realm1 }]\n'), question).permitted).toBe(true);
  });
});

describe('whether anonymous clients may do everything', () => {
  const all = 'call, register, publish, subscribe';
  test.each<[name: string, body: string, everything: boolean]>([
    ['nothing is said', 'disclosure: true', true],
    ['their role may', `roles: { anonymous: { permissions: [{ uri: '*', allow: [${all}] }] } }`, true],
    [
      'another role is theirs, and may',
      `auth: { anonymous: { role: guest } }\nroles: { guest: { permissions: [{ uri: '', match: prefix, allow: [${all}] }] } }`,
      true,
    ],
    [
      'their role may not publish',
      "roles: { anonymous: { permissions: [{ uri: '*', allow: [call, register, subscribe] }] } }",
      false,
    ],
    [
      'something is denied',
      `roles: { anonymous: { permissions: [{ uri: '*', allow: [${all}] }, { uri: com.secret, deny: [${all}] }] } }`,
      false,
    ],
    [
      'somebody else is asked',
      'roles: { anonymous: { authorizer: { procedure: com.example.authorize } } }',
      false,
    ],
    [
      'nobody is anonymous',
      `auth: { ticket: { principals: {} } }\nroles: { anonymous: { permissions: [{ uri: '*', allow: [${all}] }] } }`,
      false,
    ],
    [
      'another role may',
      `roles: { anonymous: { permissions: [] }, admin: { permissions: [{ uri: '*', allow: [${all}] }] } }`,
      false,
    ],
  ])('%s', (_, body, everything) => {
    expect(grantsEverything(realm(body))).toBe(everything);
  });
});

describe('the program', () => {
  test('explains, and says no by its exit code', async () => {
    await using workshop = await Workshop.open({});
    const file = await folder.write(
      'explained.yaml',
      'listeners: [{}]\nrealms: [{ name: realm1, roles: { anonymous: { permissions: [{ uri: com.example.*, allow: [call] }] } } }]\n',
    );
    const explain = (...words: string[]) => workshop.run(['check', '--config', file, '--explain', ...words]);
    expect(await explain('anonymous', 'call', 'com.example.add')).toEqual({
      code: 0,
      stdout: `permitted: ${file}:2:62: roles.anonymous.permissions[0] allows action call\n`,
      stderr: '',
    });
    expect(await explain('anonymous', 'register', 'com.example.add')).toMatchObject({ code: 3, stderr: '' });
    expect(await explain('anonymous', 'delete', 'com.example.add')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'wamp-router: --explain: the action is call, or register, or publish, or subscribe\n',
    });
    expect(await explain('anonymous')).toMatchObject({
      code: 2,
      stderr: 'wamp-router: --explain asks for a role, an action and a URI\n',
    });
  });

  test('listens on all addresses once no client may do everything', async () => {
    await using workshop = await Workshop.open({});
    const yaml =
      'listeners: [{ address: 0.0.0.0, port: 0, pages: false }]\nrealms: [{ name: realm1, roles: { anonymous: { permissions: [] } } }]\n';
    await using router = await workshop.startFrom(await folder.write('everywhere.yaml', yaml));
    expect(router.greeting).toMatch(/^wamp-router listening: ws:\/\/0\.0\.0\.0:\d+\/[^\n]*\n[^]* realm1: /);
  });
});

describe('the configurations in the documentation', () => {
  test.each([
    ['authentication', 1],
    ['authorization', 0],
  ])('%s.md', (page, index) => {
    const text = readFileSync(new URL(`../../../docs/${page}.md`, import.meta.url), 'utf8');
    const yaml = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)][index]?.[1] ?? '';
    const environment = { JOE_PASSWORD: 'pencil', JOE_TICKET: 'ticket' };
    const loaded = readConfiguration(yaml, { file: join(folder.path, 'wamp.yaml'), environment });
    const question = { role: 'user', authid: 'joe', action: 'call', uri: 'com.example.add' } as const;
    expect(answer(loaded, question).permitted).toBe(true);
    expect(answer(loaded, { ...question, action: 'publish' }).permitted).toBe(false);
  });
});
