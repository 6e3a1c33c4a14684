/** Configurations of Crossbar.io, converted, started, and joined; each has the features of a public example. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wampcraKey } from '@wamp/protocol/auth';
import { scramCredentials } from '@wamp/router';
import { expect, onTestFinished, test } from 'vitest';
import { cryptosign } from '../../../packages/client/src/auth/cryptosign.ts';
import { scram } from '../../../packages/client/src/auth/scram.ts';
import {
  connect,
  ticket,
  wampcra,
  webSocket,
  type ConnectOptions,
  type Session,
} from '../../../packages/client/src/index.ts';
import { longPoll } from '../../../packages/client/src/transports/longpoll.ts';
import { rawSocket } from '../../../packages/client/src/transports/rawsocket.ts';
import { cert, key } from '../../../packages/router/test/support/certificate.ts';
import { FaultyConfiguration } from '../src/config/faults.ts';
import { loadConfiguration } from '../src/config/load.ts';
import { convertCrossbar, noteLine } from '../src/convert/crossbar.ts';
import { start } from '../src/start.ts';
import { Workshop } from './workshop.ts';

type Json = Readonly<Record<string, unknown>>;

const ALL = { call: true, register: true, publish: true, subscribe: true };
const NONE = { call: false, register: false, publish: false, subscribe: false };
const EVERYTHING = [{ uri: '', match: 'prefix', allow: ALL, disclose: { caller: true }, cache: true }];

function role(name: string, permissions: readonly Json[] = EVERYTHING): Json {
  return { name, permissions };
}

function realm(roles: readonly Json[], more: Json = {}, name = 'realm1'): Json {
  return { name, roles, ...more };
}

function router(realms: readonly Json[], transports: readonly Json[], more: Json = {}): Json {
  return { version: 2, workers: [{ type: 'router', realms, transports, ...more }] };
}

const TCP = { type: 'tcp', port: 0 };
const PAGES = { type: 'static', directory: '../web' };

function web(paths: Json, endpoint: Json = TCP): Json {
  return { type: 'web', endpoint, paths };
}

/** A configuration where Crossbar.io has it, beside the folder with its pages. @returns its path */
function folderWith(configuration: Json): string {
  const folder = mkdtempSync(join(tmpdir(), 'wamp-convert-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  for (const each of ['.crossbar', 'web']) mkdirSync(join(folder, each));
  writeFileSync(join(folder, 'web', 'index.html'), '<!doctype html><title>own page</title>');
  writeFileSync(join(folder, '.crossbar', 'server.crt'), cert);
  writeFileSync(join(folder, '.crossbar', 'server.key'), key);
  const file = join(folder, '.crossbar', 'config.json');
  writeFileSync(file, JSON.stringify(configuration));
  return file;
}

/** A router that was started from what a configuration was converted to. */
interface Serving {
  /** What was left out. */
  readonly notes: readonly string[];
  /** Where it is reached: by pages, WebSocket, RawSocket, long-poll. */
  readonly urls: readonly string[];
  /** Joins, until the test is over. */
  readonly join: (url: number, options?: Partial<ConnectOptions>) => Promise<Session>;
}

async function serve(
  configuration: Json,
  environment: Readonly<Record<string, string>> = {},
): Promise<Serving> {
  const file = folderWith(configuration);
  const target = join(file, '..', '..', 'wamp.yaml');
  const { yaml, notes } = convertCrossbar(file, target);
  writeFileSync(target, yaml);
  const running = await start(loadConfiguration(target, environment), false);
  onTestFinished(() => running.stop());
  const [told = ''] = running.greeting.split('\n  realm', 1);
  const urls = told.split(/\s+/).filter((word) => word.includes('://'));
  return {
    notes: notes.map(noteLine),
    urls,
    async join(index, options = {}) {
      const session = await connect(urls[index] ?? '', { realm: 'realm1', reconnect: false, ...options });
      onTestFinished(() => session.close());
      return session;
    },
  };
}

const KEPT =
  'changed: permissions for every URI do not allow wamp.session.kill any more: remove the denial if that is intended';
const OPENED =
  'changed: port 0 is for this machine only, for anonymous clients may do everything: change address to 0.0.0.0 and start with --insecure-dev if that is intended';

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

/** Posts what Crossbar.io would be posted. @returns status and body */
async function post(url: string, body: unknown, headers: Json = {}): Promise<readonly [number, unknown]> {
  const sent = { 'content-type': 'application/json', ...(headers as Readonly<Record<string, string>>) };
  const answer = await fetch(url, { method: 'POST', headers: sent, body: JSON.stringify(body) });
  const text = await answer.text();
  return [answer.status, text.startsWith('{') ? JSON.parse(text) : text];
}

const REST = 'workers[0].transports[0].paths';

test('Crossbar.io rest/publisher: a client joins, and receives what is posted with key and secret only', async () => {
  const options = { key: 'foobar', secret: 'secret', post_body_limit: 8192, timestamp_delta_limit: 10 };
  const publisher = { type: 'publisher', realm: 'realm1', role: 'rest', options };
  const publishing = [{ uri: 'com.', match: 'prefix', allow: { publish: true } }];
  const {
    join: enter,
    notes,
    urls,
  } = await serve(
    router(
      [realm([role('anonymous'), role('rest', publishing)])],
      [web({ '/': PAGES, ws: { type: 'websocket' }, publish: publisher })],
    ),
  );
  const client = await enter(1);
  const heard = new Promise((resolve) => {
    void client.subscribe('com.example.topic', ([first]) => {
      resolve(first);
    });
  });
  // A request of the session that follows SUBSCRIBE is answered after it.
  await client.call('wamp.session.count');
  const url = `${urls.at(-1) ?? ''}/publish`;
  const body = { topic: 'com.example.topic', args: ['hello'] };
  expect(await post(url, body)).toMatchObject([401, {}]);
  const basic = (text: string): Json => ({ authorization: `Basic ${btoa(text)}` });
  expect(await post(url, body, basic('foobar:wrong'))).toMatchObject([401, {}]);
  expect(await post(url, body, basic('foobar:secret'))).toEqual([
    200,
    { publication: expect.any(Number) as number },
  ]);
  expect(await heard).toBe('hello');
  expect((await post(url, { ...body, args: ['x'.repeat(9000)] }, basic('foobar:secret')))[0]).toBe(413);
  // Who may post may not join by WebSocket with it.
  await expect(enter(1, { auth: ticket('foobar', 'secret') })).rejects.toThrow('no_matching_auth_method');
  expect(notes).toEqual([
    `changed: ${REST}.publish: requests go to /publish/publish instead of /publish; signatures are not checked, so clients send key and secret by HTTP Basic authentication, over TLS; answers have publication instead of id; all that role rest may do is offered there`,
    KEPT,
    OPENED,
  ]);
});

test('Crossbar.io rest/caller: a procedure is called by POST at the same path, in the role of the path', async () => {
  const rest = { realm: 'realm1', role: 'rest' };
  const api = {
    type: 'path',
    paths: { call: { type: 'caller', ...rest }, publish: { type: 'publisher', ...rest } },
  };
  const auth = { ticket: { type: 'static', principals: { joe: { role: 'backend', ticket: 'secret' } } } };
  const calling = [{ uri: 'com.example.add2', match: 'exact', allow: { call: true } }];
  const {
    join: enter,
    notes,
    urls,
  } = await serve(
    router(
      [realm([role('backend'), role('rest', calling)])],
      [web({ ws: { type: 'websocket', auth }, api })],
    ),
  );
  const backend = await enter(0, { auth: ticket('joe', 'secret') });
  await backend.register('com.example.add2', ([a, b]) => Number(a) + Number(b));
  const bridge = urls.at(-1) ?? '';
  expect(bridge).toMatch(/\/api$/);
  const sum = { procedure: 'com.example.add2', args: [2, 3] };
  expect(await post(`${bridge}/call`, sum)).toEqual([200, { args: [5], kwargs: {} }]);
  expect(await post(`${bridge}/call`, { procedure: 'com.example.other' })).toMatchObject([403, {}]);
  expect(await post(`${bridge}/publish`, { topic: 'com.example.topic' })).toMatchObject([403, {}]);
  // Nobody came in by WebSocket without a ticket, and nobody does now.
  await expect(enter(0)).rejects.toThrow('no_matching_auth_method');
  expect(notes).toEqual([
    `changed: ${REST}.api.paths.call: requests go to /api/call as before; an error is answered with its HTTP status, and its URI in error; all that role rest may do is offered there`,
    `changed: ${REST}.api.paths.publish: requests go to /api/publish as before; answers have publication instead of id; all that role rest may do is offered there`,
    KEPT,
  ]);
});

test.each([
  ['of an unknown role', { role: 'gone' }, 'no realm realm1 has the role gone'],
  ['with half a signature', { options: { key: 'foobar' } }, 'key and secret need each other'],
  [
    'for some addresses',
    { options: { require_ip: ['10.0.0.0/8'] } },
    'addresses of clients are not checked here: put the path behind a proxy that does it',
  ],
  ['that wants TLS', { options: { require_tls: true } }, 'requires TLS, which its transport does not have'],
  ['with a log-in', { auth: {} }, 'requests with a log-in of their own: see the HTTP bridge'],
  [
    'in another role than anonymous clients have',
    { role: 'other' },
    'realm realm1 has another anonymous from elsewhere, and one is what it may have',
  ],
  [
    'of a role that may do more',
    { realm: 'realm2', role: 'strong' },
    'role strong may also publish and subscribe, which an HTTP bridge offers as well: give the path a role that may only call',
  ],
])('a REST path %s is left out, and nobody posts there', async (_what, more, said) => {
  const caller = { type: 'caller', realm: 'realm1', role: 'anonymous', ...more };
  const { notes, urls } = await serve(
    router(
      [realm([role('anonymous'), role('other', [])]), realm([role('strong')], {}, 'realm2')],
      [web({ ws: { type: 'websocket' }, call: caller })],
    ),
  );
  expect(notes[0]).toBe(`left out: ${REST}.call: ${said}`);
  expect(urls.map((url) => new URL(url).protocol)).toEqual(['ws:']);
  const url = (urls[0] ?? '').replace(/^ws(.*)\/ws$/, 'http$1/call/call');
  // Without a bridge, there is nothing but pages.
  expect((await post(url, { procedure: 'wamp.session.count' }))[0]).toBe(405);
});

test('a REST path never widens what RawSocket or long-poll of its listener admit', async () => {
  const auth = { ticket: { type: 'static', principals: { joe: { role: 'user', ticket: 'secret' } } } };
  const caller = { type: 'caller', realm: 'realm1', role: 'user' };
  const {
    join: enter,
    notes,
    urls,
  } = await serve(
    router(
      [realm([role('user')])],
      [web({ ws: { type: 'websocket', auth }, lp: { type: 'longpoll', auth }, call: caller })],
    ),
  );
  expect(notes[0]).toBe(
    `left out: ${REST}.call: RawSocket or long-poll of the same listener do not admit anonymous to realm realm1: give the bridge a listener of its own`,
  );
  const options = { transport: longPoll(), auth: ticket('joe', 'secret') };
  expect((await enter(urls.length - 1, options)).authrole).toBe('user');
  await expect(enter(urls.length - 1, { transport: longPoll() })).rejects.toThrow('no_matching_auth_method');
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

/** What is written for one role. */
function permissionsFor(permissions: readonly Json[]): readonly unknown[] {
  const file = folderWith(
    router([realm([role('anonymous', permissions)])], [web({ ws: { type: 'websocket' } })]),
  );
  const { yaml } = convertCrossbar(file);
  writeFileSync(join(file, '..', 'wamp.yaml'), yaml);
  const { realms } = loadConfiguration(join(file, '..', 'wamp.yaml'), {}).configuration;
  const found = realms[0]?.roles?.['anonymous'];
  return found !== undefined && 'permissions' in found ? found.permissions : [];
}

test('a longer permission that allows less is written as a denial, for denials win here', () => {
  expect(
    permissionsFor([
      { uri: 'com.example.', match: 'prefix', allow: { ...NONE, call: true, publish: true } },
      { uri: 'com.example.topic', match: 'exact', allow: { ...NONE, publish: true } },
      { uri: 'com.other.*', call: true },
      { uri: 'com..x', match: 'wildcard', allow: ALL },
    ]),
  ).toEqual([
    { uri: 'com.example.', match: 'prefix', allow: ['call', 'publish'] },
    { uri: 'com.example.topic', allow: ['publish'], deny: ['call'] },
    { uri: 'com.other.', match: 'prefix', allow: ['call'] },
    { uri: 'com..x', match: 'wildcard', allow: ['call', 'register', 'publish', 'subscribe'] },
  ]);
});

test('options of the node and of its workers are reported, one by one', () => {
  const whole = router([realm([role('anonymous', [])])], [web({ ws: { type: 'websocket' } })], {
    id: 'router1',
    options: { pythonpath: ['..'] },
  });
  const { notes } = convertCrossbar(folderWith({ ...whole, controller: { id: 'node1', fabric: {} } }));
  expect(notes.map(noteLine)).toEqual([
    'left out: workers[0].options.pythonpath: Python code is not run in the router',
    'left out: controller.fabric: has no counterpart here',
  ]);
});

test('a path whose log-in cannot be converted refuses all clients', async () => {
  const {
    join: enter,
    notes,
    urls,
  } = await serve(
    router(
      [realm([role('anonymous')])],
      [
        web({
          ws: { type: 'websocket' },
          secure: { type: 'websocket', auth: { ticket: { type: 'function', create: 'auth.create' } } },
        }),
      ],
    ),
  );
  expect((await enter(0)).authrole).toBe('anonymous');
  expect(notes.slice(0, 2)).toEqual([
    'left out: workers[0].transports[0].paths.secure.auth.ticket: a function in the process of the router has no counterpart: register a procedure for it',
    'left out: workers[0].transports[0].paths.secure: none of its ways to log in could be converted, so nobody connects there',
  ]);
  const other = (urls[0] ?? '').replace('/ws', '/secure');
  await expect(connect(other, { realm: 'realm1', reconnect: false })).rejects.toThrow();
});

test.each([
  ['no JSON', '{ "version": 2, "workers": [', /config\.json:1:\d+: /],
  ['YAML', 'workers: []', /config\.json:1:1: is no JSON, expected the config\.json of Crossbar\.io/],
  ['a bomb', `${'['.repeat(5000)}${']'.repeat(5000)}`, /config\.json:1:\d+: is nested too deep/],
  ['nothing in it', '{}', /config\.json:1:1: has no router with realms and transports/],
  [
    'values of other types',
    '{ "workers": [1, { "type": "router", "realms": 3, "transports": "x" }] }',
    /1:1: has no router/,
  ],
])('%s is refused with its place', (_what, text, said) => {
  const file = folderWith({});
  writeFileSync(file, text);
  expect(() => convertCrossbar(file)).toThrow(FaultyConfiguration);
  expect(() => convertCrossbar(file)).toThrow(said);
});

test('wamp-router convert writes the file, never over another, and says what it left out', async () => {
  await using workshop = await Workshop.open({});
  const file = folderWith(
    router([realm([role('anonymous')])], [web({ '/': PAGES, ws: { type: 'websocket' } })]),
  );
  const output = join(file, '..', '..', 'wamp.yaml');
  const written = await workshop.run(['convert', file, '--output', output]);
  expect(written).toEqual({
    code: 0,
    stdout: `${output} is written; check it with: wamp-router check --config ${output}\n`,
    stderr: `${KEPT}\n${OPENED}\n`,
  });
  expect(await workshop.run(['check', '--config', output])).toMatchObject({ code: 0 });
  expect(await workshop.run(['convert', file, '--output', output])).toMatchObject({ code: 2, stdout: '' });
  expect((await workshop.run(['convert', file])).stdout).toContain('listeners:');
});
