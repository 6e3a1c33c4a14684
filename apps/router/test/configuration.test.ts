/** Configuration files: what they mean, and everything that can be wrong with them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_ATTEMPT_LIMITS, DEFAULT_LIMITS, DEFAULT_QUOTAS, DEFAULT_STORE_LIMITS } from '@wamp/router';
import { summary } from '../src/check.ts';
import { expectation } from '../src/config/explain.ts';
import { FaultyConfiguration } from '../src/config/faults.ts';
import { loadConfiguration, readConfiguration } from '../src/config/load.ts';
import { jsonSchema, type Configuration, type JsonSchema } from '../src/config/schema.ts';
import { CertificateFolder } from './certificates.ts';
import { broken, ENVIRONMENT, EVERYTHING } from './configurations.ts';

let folder: CertificateFolder;

beforeAll(async () => {
  folder = await CertificateFolder.open();
});
afterAll(() => folder[Symbol.asyncDispose]());

function read(yaml: string): Configuration {
  const file = join(folder.path, 'wamp.yaml');
  return readConfiguration(yaml, { file, environment: ENVIRONMENT }).configuration;
}

/** The lines that are printed about it, without the name of the file. */
function faultsOf(yaml: string): readonly string[] {
  try {
    read(yaml);
    return [];
  } catch (error) {
    if (!(error instanceof FaultyConfiguration)) throw error;
    return error.message.split('\n').map((line) => line.replace(join(folder.path, 'wamp.yaml:'), ''));
  }
}

describe('faults are reported with their place', () => {
  test.each(broken())('$name', ({ yaml, faults }) => {
    expect(faultsOf(yaml)).toEqual(faults);
    expect(faults.length).toBeGreaterThan(0);
  });

  test('there are sixty at least, and no secret in any', () => {
    expect(broken().length).toBeGreaterThanOrEqual(60);
    expect(
      broken()
        .flatMap(({ yaml }) => faultsOf(yaml))
        .join(),
    ).not.toContain(ENVIRONMENT.SECRET);
  });
});

describe('what is right is understood', () => {
  test('two lines are enough', () => {
    expect(read('listeners: [{}]\nrealms: [{ name: realm1 }]\n')).toEqual({
      listeners: [
        {
          address: '127.0.0.1',
          port: 8080,
          transports: ['websocket', 'rawsocket', 'longpoll'],
          websocketPaths: ['/ws', '/'],
          longpollPath: '/lp',
          compression: false,
          rawsocketPings: 'auto',
          trustedProxies: [],
          proxyProtocol: false,
          forwardingHeader: 'none',
          origins: [],
          pages: true,
          paths: {},
        },
      ],
      realms: [
        {
          name: 'realm1',
          uriRules: 'loose',
          disclosure: true,
          quotas: DEFAULT_QUOTAS,
          stores: DEFAULT_STORE_LIMITS,
          history: [],
          trustLevels: {},
          slowConsumers: 'disconnect',
        },
      ],
      realmTemplates: [],
      strictRequestIds: false,
      limits: DEFAULT_LIMITS,
      attempts: DEFAULT_ATTEMPT_LIMITS,
      drain: 10_000,
      log: { level: 'warn', format: 'auto' },
      admin: {},
      reload: { watch: false },
    });
  });

  test('everything that can be said', () => {
    const { listeners, realms, realmTemplates, ...rest } = read(EVERYTHING);
    expect(rest).toEqual({
      strictRequestIds: true,
      agent: 'hal',
      cluster: {
        name: 'prod',
        node: 'one',
        deadAfter: 30_000,
        isolated: 'end',
        nats: {
          servers: ['nats://10.0.0.1:4222', 'nats://10.0.0.2:4222'],
          user: 'router',
          password: 'hunter2',
          replicas: 1,
        },
      },
      limits: {
        helloTimeout: 500,
        authenticateTimeout: 120_000,
        authorizeTimeout: 3_600_000,
        goodbyeTimeout: 0,
        handshakeSize: 512,
        messageSize: 2 ** 24,
        discardSize: 2 ** 25,
        queueSize: 2 ** 30,
        slowConsumerTimeout: 3000,
        keptSize: 2 ** 31,
        longPollSize: 3 * 2 ** 20,
        pingInterval: 0,
        pingTimeout: 60_000,
        connectionsPerAddress: 20,
        handshakes: 10,
        handshakesWaiting: 1000,
        handshakePatience: 10_000,
        messagesPerSecond: 30,
        bytesPerSecond: 40 * 1024,
        messagesPerSecondPerAddress: 50,
        bytesPerSecondPerAddress: 2 ** 20,
        ratePatience: 60_000,
      },
      attempts: {
        perAuthid: 1,
        perAddress: 2,
        firstWait: 3000,
        longestWaitOfAuthid: 4000,
        longestPace: 8000,
        longestLine: 9000,
        longestWaitOfAddress: 5000,
        memory: 6000,
        size: 7,
      },
      drain: 1000,
      log: { level: 'debug', format: 'pretty' },
      admin: {
        listener: { address: '10.0.0.1', port: 9000 },
        socket: '/run/admin.sock',
        realm: {
          name: 'com.example.operators',
          uriRules: 'loose',
          disclosure: true,
          quotas: DEFAULT_QUOTAS,
          stores: DEFAULT_STORE_LIMITS,
          history: [],
          trustLevels: {},
          slowConsumers: 'disconnect',
          auth: { ticket: new Map([['olga', { authrole: 'operator', ticket: 'hunter2' }]]) },
          roles: { operator: { permissions: [{ uri: 'wamp.admin.*', allow: ['call'] }] } },
        },
        payloads: ['operator'],
      },
      tracing: {
        endpoint: 'https://collector.example/v1/traces',
        headers: { authorization: 'hunter2' },
        serviceName: 'main',
        ratio: 0.25,
        honorParents: false,
        queueSize: 100,
        batchSize: 10,
        interval: 1000,
        timeout: 2000,
        attempts: 3,
      },
      store: { path: './events.db', writeFirst: false, synchronous: 'normal', interval: 20 },
      reload: { watch: true },
    });
    expect(realmTemplates).toMatchObject([
      {
        ...{ name: 'com.example.*', maxRealms: 20, maxRealmsPerAddress: 2, idle: 300_000, maxSessions: 9 },
        ...{ cluster: false, uriRules: 'strict', disclosure: true, slowConsumers: 'drop_oldest' },
        auth: { ticket: { procedure: 'com.example.authenticate', realm: 'two' } },
        roles: { guest: { permissions: [{ uri: 'com.*', allow: ['call'] }] } },
        stores: { retainedBytes: 3072, retainedExpiry: 0, historyBytes: 2 ** 20 },
        ...{ history: [{ topic: 'com.a', match: 'exact', depth: 100 }], trustLevels: { guest: 1 } },
      },
      { name: 'org.*.live', maxRealms: 100, maxRealmsPerAddress: 10, idle: 600_000 },
    ]);
    expect(realms[0]).toEqual({
      name: 'com.example.hunter2.${x}',
      uriRules: 'strict',
      disclosure: false,
      quotas: {
        calls: 5,
        invocations: 6,
        subscriptions: 0,
        patternSubscriptions: 9,
        registrations: 8,
        patternRegistrations: 4,
        testamentBytes: 1024,
        waitingCallBytes: 2048,
        undecidedBytes: 3072,
      },
      stores: { retainedBytes: 4096, retainedExpiry: 300_000, historyBytes: 6144 },
      maxSessions: 7,
      cluster: false,
      history: [
        { topic: 'com.a', match: 'prefix', depth: 5, age: 3_600_000 },
        { topic: 'com..b', match: 'wildcard', depth: 100 },
      ],
      trustLevels: { staff: 3, guest: 0 },
      slowConsumers: { guest: 'drop_oldest' },
      webhooks: [
        {
          ...{ topic: 'com..b', match: 'wildcard', target: 'https://app.example/hook', secret: 'hunter2' },
          ...{ timeout: 1000, attempts: 2, firstDelay: 3000, longestDelay: 240_000 },
          ...{ queueSize: 5120, deadLetterSize: 6144, allowPrivate: true },
        },
      ],
    });
    expect(realms.map(({ name }) => name).slice(1)).toEqual(['two', 'three']);
    expect(listeners).toMatchObject([
      {
        address: '0.0.0.0',
        port: 8081,
        transports: ['websocket'],
        websocketPaths: ['/wamp'],
        compression: true,
        origins: ['https://app.example', 'http://localhost:5173'],
        httpBridges: [
          {
            ...{ path: '/api', realm: 'two', bodySize: 2048, bodyTimeout: 2000, callTimeout: 3000 },
            ...{ heartbeat: 4000, sessionIdle: 5000, sessionAge: 7000, sessions: 6, cookie: 'sid' },
          },
        ],
        pages: false,
        tls: {
          passphrase: 'open sesame',
          requestCert: true,
          rejectUnauthorized: false,
          minVersion: 'TLSv1.2',
        },
      },
      { unix: '/run/wamp.sock', transports: ['longpoll', 'rawsocket'], longpollPath: '/poll' },
    ]);
  });

  test('check tells it without secrets', () => {
    const said = summary(read(EVERYTHING.replace('com.example.${SECRET}.$${x}', 'one')));
    expect(said.split('\n')).toEqual([
      'listener 0.0.0.0 port 8081: websocket at /wamp, HTTP for two at /api, TLS for CN=localhost until 2126-10-30, ' +
        'client certificates requested, origins https://app.example http://localhost:5173, ' +
        'only realm two, only by anonymous, websocket at /internal, only realm three',
      'listener /run/wamp.sock: longpoll at /poll, rawsocket, pages',
      'realm one: anonymous, everything allowed',
      'realm two: anonymous, everything allowed',
      'realm three: anonymous, everything allowed',
      'realm template com.example.*: ticket by com.example.authenticate; roles guest (1 permission); up to 20 realms, each until 300 s without sessions',
      'realm template org.*.live: anonymous, everything allowed; up to 100 realms, each until 600 s without sessions',
      'admin realm com.example.operators: ticket for 1 principal; roles operator (1 permission)',
    ]);
    expect(said).not.toContain('sesame');
  });
});

describe('what is published', () => {
  test('the JSON Schema is up to date', async () => {
    const schema = JSON.stringify(jsonSchema(), undefined, 2);
    await expect(`${schema}\n`).toMatchFileSnapshot('../schema/wamp.schema.json');
  });

  test('the reference is up to date', async () => {
    const lines = reference(jsonSchema(), '');
    const text = `# Configuration reference\n\n${ORIGIN_OF_REFERENCE}\n\n${lines.join('\n')}\n`;
    await expect(text).toMatchFileSnapshot('../../../docs/configuration-reference.md');
  });

  test('the explanation shows what is right', () => {
    const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
    const [
      whole = '',
      ,
      entrances = '',
      templates = '',
      ,
      proxies = '',
      auth = '',
      dynamic = '',
      roles = '',
    ] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = '']) => yaml);
    expect(faultsOf(whole)).toEqual([]);
    expect(faultsOf(entrances)).toEqual([]);
    expect(faultsOf(`listeners: [{}]\nrealms: [{ name: com.example.service }]\n${templates}`)).toEqual([]);
    expect(faultsOf(proxies)).toEqual([]);
    const realm = (body: string): string =>
      `listeners: [{}]\nrealms:\n- name: realm1\n${body.replaceAll(/^/gm, '  ')}`;
    const environment = auth
      .replace('${JOE_TICKET}', '${SECRET}')
      .replaceAll('/run/secrets/joe', 'passphrase');
    expect(faultsOf(realm(environment + roles))).toEqual([]);
    expect(faultsOf(realm(dynamic + roles))).toEqual([]);
  });

  test('the example is right', () => {
    const file = fileURLToPath(new URL('../deploy/wamp.yaml', import.meta.url));
    expect(loadConfiguration(file, {}).configuration.realms.map(({ name }) => name)).toEqual(['realm1']);
  });
});

const ORIGIN_OF_REFERENCE =
  'Every key that a configuration file may have, with what is expected of its value. A test writes this page from the\n' +
  'schema; [configuration.md](configuration.md) explains what it is about.';

/** A line for each key of a schema; a star stands for any name, and what alternatives share is told once. */
function reference(schema: JsonSchema, above: string): readonly string[] {
  return [...new Set(linesOf(schema, above))];
}

function linesOf(
  { properties = {}, required = [], anyOf = [], ...others }: JsonSchema,
  above: string,
): readonly string[] {
  const named = Object.entries(properties).flatMap(([key, part]) => {
    const path = above + key;
    const fallback =
      part.type === 'object' || part.default === undefined
        ? ''
        : ` Default: \`${JSON.stringify(part.default)}\`.`;
    const must = required.includes(key) ? ' Required.' : fallback;
    const what = part.description === undefined ? '' : ` ${part.description}`;
    const line = `- \`${path}\`:${what} Expected: ${expectation(part)}.${must}`;
    return [line, ...linesOf(part, `${path}.`), ...linesOf(part.items ?? {}, `${path}[].`)];
  });
  const any = others.additionalProperties;
  return [
    ...named,
    ...(any === undefined || any === false ? [] : linesOf(any, `${above}*.`)),
    ...anyOf.flatMap((each) => linesOf(each, above)),
  ];
}

test('C7 the reference has every key that the schema knows, also below names and in alternatives', () => {
  const page = readFileSync(new URL('../../../docs/configuration-reference.md', import.meta.url), 'utf8');
  const told = new Set(
    [...page.matchAll(/^- `([^`]+)`:/gm)].map(([, path = '']) => path.split(/[.[\]]+/).at(-1)),
  );
  const keys = [...JSON.stringify(jsonSchema()).matchAll(/"properties":\{/g)];
  expect(keys.length).toBeGreaterThan(20);
  const known = new Set<string>();
  const collect = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    if ('properties' in part) for (const key of Object.keys(part.properties as object)) known.add(key);
    for (const below of Object.values(part)) collect(below);
  };
  collect(jsonSchema());
  expect([...known].filter((key) => !told.has(key))).toEqual([]);
  expect(page).toContain('`realms[].auth.ticket.principals.*.role`');
  expect(page).toContain('`realms[].roles.*.permissions[].uri`');
});
