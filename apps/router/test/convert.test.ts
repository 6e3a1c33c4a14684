/** Configurations of Crossbar.io, converted, started, and joined; each has the features of a public example. */
import { generateKeyPairSync } from 'node:crypto';
import { wampcraKey } from '@wamp/protocol/auth';
import { scramCredentials } from '@wamp/router';
import { expect, test } from 'vitest';
import { cryptosign } from '../../../packages/client/src/auth/cryptosign.ts';
import { scram } from '../../../packages/client/src/auth/scram.ts';
import { ticket, wampcra, webSocket } from '../../../packages/client/src/index.ts';
import { longPoll } from '../../../packages/client/src/transports/longpoll.ts';
import { rawSocket } from '../../../packages/client/src/transports/rawsocket.ts';
import { cert } from '../../../packages/router/test/support/certificate.ts';
import { KEPT, OPENED, PAGES, realm, role, router, serve, TCP, web } from './crossbar-configurations.ts';

test('Crossbar.io hello/nodejs: an anonymous client joins, and the page is served', async () => {
  const {
    join: enter,
    notes,
    urls,
  } = await serve(
    router(
      [realm([role('anonymous')])],
      [web({ '/': PAGES, ws: { type: 'websocket', url: 'ws://127.0.0.1:8080/ws' } })],
      { components: [{ type: 'class', classname: 'hello.Session' }] },
    ),
  );
  expect((await enter(1)).authrole).toBe('anonymous');
  expect(await (await fetch(urls[0] ?? '')).text()).toContain('own page');
  expect(notes).toEqual([
    'left out: workers[0].components: components are processes of their own here, and connect as clients',
    KEPT,
    OPENED,
    'left out: workers[0].transports[0].paths.ws.url: clients connect at the path',
  ]);
});

test('Crossbar.io authentication/ticket/static: a client needs its ticket to log in', async () => {
  const auth = { ticket: { type: 'static', principals: { joe: { role: 'frontend', ticket: 'secret!!!' } } } };
  const { join: enter } = await serve(
    router([realm([role('frontend')])], [web({ ws: { type: 'websocket', auth } })]),
  );
  expect((await enter(0, { auth: ticket('joe', 'secret!!!') })).authrole).toBe('frontend');
  await expect(enter(0)).rejects.toThrow('no_matching_auth_method');
});

test('Crossbar.io authentication/wampcra/static: secrets from the environment, a salted one, an inner door', async () => {
  const salting = { salt: 'salt123', iterations: 1000, keylen: 32 };
  const users = {
    plain: { secret: '${MYSECRET}', role: 'frontend' },
    salted: { secret: await wampcraKey('secret2', salting), role: 'frontend', ...salting },
  };
  const auth = { wampcra: { type: 'static', users }, cookie: {} };
  const inner = {
    type: 'rawsocket',
    endpoint: TCP,
    options: { max_message_size: 1_048_576 },
    serializers: ['cbor'],
    auth: { anonymous: { type: 'static', realm: 'realm1', role: 'backend' } },
  };
  const cookie = { store: { type: 'file', filename: 'cookies.dat' } };
  const { join: enter, notes } = await serve(
    router(
      [
        realm([
          role('backend'),
          role('frontend', [{ uri: 'com.example.add2', match: 'exact', allow: { call: true } }]),
        ]),
      ],
      [inner, web({ '/': PAGES, ws: { type: 'websocket', auth, cookie }, info: { type: 'nodeinfo' } })],
    ),
    { MYSECRET: 'hunter2' },
  );
  expect((await enter(0, { transport: rawSocket() })).authrole).toBe('backend');
  expect((await enter(2, { auth: wampcra('plain', 'hunter2') })).authrole).toBe('frontend');
  expect((await enter(2, { auth: wampcra('salted', 'secret2') })).authrole).toBe('frontend');
  // Who comes in by the inner door does so there only.
  await expect(enter(2)).rejects.toThrow();
  expect(notes.slice(0, 3)).toEqual([
    'left out: workers[0].transports[1].paths.ws.auth.cookie: a cookie stands for no log-in here: clients prove each time who they are',
    'left out: workers[0].transports[1].paths.ws.cookie: no cookies are set: clients prove each time who they are',
    'left out: workers[0].transports[1].paths.info: see /health and the start page',
  ]);
});

test('Crossbar.io authentication/scram/static: a client proves to know its password', async () => {
  const { kdf, iterations, memory, salt, storedKey, serverKey } = await scramCredentials('pencil', {
    kdf: 'argon2id13',
    iterations: 4,
    memory: 4096,
  });
  expect(kdf).toBe('argon2id13');
  const keys = { 'stored-key': storedKey, 'server-key': serverKey };
  const principals = { joe: { role: 'user', kdf: 'argon2id-13', iterations, memory, salt, ...keys } };
  const { join: enter } = await serve(
    router(
      [realm([role('user')])],
      [web({ ws: { type: 'websocket', auth: { scram: { type: 'static', principals } } } })],
    ),
  );
  expect((await enter(0, { auth: scram('joe', 'pencil') })).authrole).toBe('user');
});

test('Crossbar.io authentication/cryptosign/static: a device signs with its key, on a plain WebSocket transport', async () => {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const hex = (text = ''): string => Buffer.from(text, 'base64url').toString('hex');
  const principals = { device1: { realm: 'devices', role: 'device', authorized_keys: [hex(jwk.x)] } };
  const auth = { cryptosign: { type: 'static', principals } };
  const { join: enter } = await serve(
    router(
      [realm([role('device')], {}, 'devices')],
      [{ type: 'websocket', serializers: ['json'], endpoint: TCP, auth }],
    ),
  );
  expect((await enter(0, { realm: 'devices', auth: cryptosign(hex(jwk.d)) })).authrole).toBe('device');
});

test('Crossbar.io authentication/ticket/dynamic: a service says who comes in', async () => {
  const dynamicAuth = { ticket: { type: 'dynamic', authenticator: 'com.example.authenticate' } };
  const { join: enter } = await serve(
    router(
      [
        realm([
          role('authenticator'),
          role('frontend', [{ uri: 'com.', match: 'prefix', allow: { call: true } }]),
        ]),
      ],
      [
        { type: 'rawsocket', endpoint: TCP, auth: { anonymous: { type: 'static', role: 'authenticator' } } },
        web({ ws: { type: 'websocket', auth: dynamicAuth } }),
      ],
    ),
  );
  const service = await enter(0, { transport: rawSocket() });
  await service.register('com.example.authenticate', ([, , details]) => {
    const { ticket: shown } = details as { readonly ticket: string };
    return shown === 'secret' ? 'frontend' : { allow: false };
  });
  expect((await enter(1, { auth: ticket('joe', 'secret') })).authrole).toBe('frontend');
  await expect(enter(1, { auth: ticket('joe', 'wrong') })).rejects.toThrow();
});

test('Crossbar.io authentication/cryptosign/dynamic: a service in a realm of its own names the realm of the client', async () => {
  const dynamicAuth = {
    ticket: {
      type: 'dynamic',
      authenticator: 'com.example.authenticate',
      'authenticator-realm': 'services',
    },
  };
  const services = { anonymous: { type: 'static', realm: 'services', role: 'authenticator' } };
  const user = role('user', [{ uri: 'com.', match: 'prefix', allow: { call: true } }]);
  const { join: enter, notes } = await serve(
    router(
      [realm([user]), realm([user], {}, 'tenant'), realm([role('authenticator')], {}, 'services')],
      [
        { type: 'rawsocket', endpoint: TCP, auth: services },
        web({ ws: { type: 'websocket', auth: dynamicAuth } }),
      ],
    ),
  );
  const service = await enter(0, { realm: 'services', transport: rawSocket() });
  await service.register('com.example.authenticate', ([, authid]) => {
    return { realm: String(authid), role: authid === 'services' ? 'authenticator' : 'user' };
  });
  const joined = await enter(1, { auth: ticket('tenant', 'any') });
  expect([joined.realm, joined.authrole]).toEqual(['tenant', 'user']);
  // Whoever registers in the realm of the procedure decides who comes in.
  await expect(enter(1, { auth: ticket('services', 'any') })).rejects.toThrow('authentication_failed');
  expect(notes).toContain(
    'changed: workers[0].transports[1].paths.ws.auth.ticket: the procedure may put clients into realm1, tenant, but not into services, its own: leave in realms only those that it names',
  );
});

test('Crossbar.io authorization/dynamic/container: a procedure decides what a role may do', async () => {
  const auth = {
    ticket: {
      type: 'static',
      principals: {
        judge: { role: 'authorizer', ticket: 'a' },
        joe: { role: 'frontend', ticket: 'b' },
      },
    },
  };
  const { join: enter } = await serve(
    router(
      [realm([role('authorizer'), { name: 'frontend', authorizer: 'com.example.auth' }])],
      [web({ ws: { type: 'websocket', auth } })],
    ),
  );
  const judge = await enter(0, { auth: ticket('judge', 'a') });
  await judge.register('com.example.auth', ([, uri]) => uri === 'com.example.allowed');
  const joe = await enter(0, { auth: ticket('joe', 'b') });
  await joe.subscribe('com.example.allowed', () => undefined);
  await expect(joe.subscribe('com.example.denied', () => undefined)).rejects.toThrow('not_authorized');
});

test('Crossbar.io wss/python: a client joins over TLS', async () => {
  const tls = { certificate: 'server.crt', key: 'server.key', dhparam: 'dhparam.pem', ciphers: 'ECDHE' };
  const {
    join: enter,
    notes,
    urls,
  } = await serve(
    router([realm([role('anonymous')])], [web({ '/': PAGES, ws: { type: 'websocket' } }, { ...TCP, tls })]),
  );
  expect(urls[1]).toMatch(/^wss:/);
  expect(
    (await enter(1, { transport: webSocket({ tls: { ca: cert, servername: 'localhost' } }) })).authrole,
  ).toBe('anonymous');
  expect(notes.slice(0, 2)).toEqual([
    'left out: workers[0].transports[0].endpoint.tls.dhparam: the curves of TLS are used',
    'left out: workers[0].transports[0].endpoint.tls.ciphers: those of Node are used',
  ]);
});

test('Crossbar.io exclude_subscribers: one port for RawSocket, WebSocket and pages', async () => {
  const universal = {
    type: 'universal',
    endpoint: TCP,
    rawsocket: { serializers: ['cbor', 'json'] },
    websocket: { ws: { type: 'websocket' } },
    web: { paths: { '/': { ...PAGES, options: { enable_directory_listing: true } } } },
  };
  const { join: enter, notes } = await serve(router([realm([role('anonymous')])], [universal]));
  expect((await enter(1)).authrole).toBe('anonymous');
  expect((await enter(2, { transport: rawSocket() })).authrole).toBe('anonymous');
  expect(notes[0]).toBe(
    'left out: workers[0].transports[0].web.paths["/"].options.enable_directory_listing: folders are not listed',
  );
});

test('Crossbar.io demos/chat: a client joins by long-poll at its path', async () => {
  const { join: enter, urls } = await serve(
    router(
      [realm([role('anonymous')])],
      [web({ ws: { type: 'websocket' }, lp: { type: 'longpoll', options: {} } })],
    ),
  );
  expect(urls.at(-1)).toMatch(/\/lp$/);
  expect((await enter(urls.length - 1, { transport: longPoll() })).authrole).toBe('anonymous');
});

test('Crossbar.io event-history: events are recorded, and a client reads them', async () => {
  const store = { type: 'memory', 'event-history': [{ uri: 'com.example.history', limit: 3 }] };
  const { join: enter } = await serve(
    router([realm([role('anonymous')], { store })], [web({ ws: { type: 'websocket' } })]),
  );
  const session = await enter(0);
  const { id } = await session.subscribe('com.example.history', () => undefined);
  for (const number of [1, 2, 3, 4]) {
    await session.publish('com.example.history', [number]);
  }
  const events = await session.call('wamp.subscription.get_events', [id]);
  // The oldest of the three that are kept.
  expect(events).toMatchObject({ args: [2] });
});
