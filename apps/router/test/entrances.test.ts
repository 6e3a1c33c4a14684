/** Who may come in by a listener, or by one path of it, and how long the messages there may be. */
import { connect } from 'node:net';
import { json, type Transport } from '@wamp/protocol';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  LongPollEnd,
  RawSocketEnd,
  WebSocketEnd,
} from '../../../packages/router/test/support/client-ends.ts';
import { readConfiguration } from '../src/config/load.ts';
import { FaultyConfiguration } from '../src/config/faults.ts';
import { refuseExposure } from '../src/prepare.ts';
import { start } from '../src/start.ts';

const REALMS = `
realms:
  - name: public
  - name: backend
    auth: { anonymous: { role: guest }, ticket: { principals: { joe: { role: user, ticket: secret } } } }
    roles: { guest: { permissions: [] }, user: { permissions: [] } }
`;

function load(listeners: string): ReturnType<typeof readConfiguration> {
  return readConfiguration(`listeners:\n${listeners}${REALMS}`, { file: 'wamp.yaml', environment: {} });
}

/** Where a client reaches a transport of the only listener. */
async function serve(listener: string): Promise<(scheme: string, path?: string) => string> {
  const running = await start(load(`  - { port: 0, pages: false, ${listener} }\n`), false);
  onTestFinished(() => running.stop());
  const { host } = new URL(/ws:\/\/\S+/.exec(running.greeting)?.[0] ?? '');
  return (scheme, path = '/ws') => `${scheme}://${host}${path}`;
}

/** What comes of HELLO: the longest message that WELCOME tells, the reason of an ABORT, or the method of a CHALLENGE. */
async function hello(end: Transport, realm: string, authmethods?: readonly string[]): Promise<unknown> {
  const heard = new Promise<readonly unknown[]>((resolve) => {
    end.listener = {
      frame: (bytes) => {
        resolve(json.decodePayload(bytes, 1).args ?? []);
      },
      violation: (error) => {
        resolve([error]);
      },
      closed: (why) => {
        resolve([why]);
      },
    };
  });
  const methods = authmethods === undefined ? {} : { authmethods };
  const details = { roles: { caller: {} }, authid: 'joe', ...methods };
  end.send(json.encodePayload([1, realm, details], {}, 1));
  const [type, first, second] = await heard;
  end.close();
  if (type === 2) return (second as { readonly x_max_message_size: number }).x_max_message_size;
  return type === 3 ? second : first;
}

const webSocket = (url: string): Promise<Transport> => WebSocketEnd.connect(url, json);
const [NO_REALM, NO_METHOD] = ['wamp.error.no_such_realm', 'wamp.error.no_matching_auth_method'];
const MEBIBYTE = 2 ** 20;

test('C6 a listener lets in by its methods, into its realms, with every transport', async () => {
  const to = await serve('auth: { realms: [backend], methods: [ticket] }, message_size: 2MiB');
  const ends = [
    () => webSocket(to('ws')),
    () => RawSocketEnd.connect(connect(Number(new URL(to('http')).port), '127.0.0.1'), json),
    () => LongPollEnd.connect(to('http', '/lp'), json),
  ];
  for (const end of ends) {
    expect(await hello(await end(), 'public')).toBe(NO_REALM);
    expect(await hello(await end(), 'nowhere')).toBe(NO_REALM);
    expect(await hello(await end(), 'backend', ['anonymous'])).toBe(NO_METHOD);
    expect(await hello(await end(), 'backend')).toBe('wamp.error.authentication_required');
    expect(await hello(await end(), 'backend', ['anonymous', 'ticket'])).toBe('ticket');
  }
});

test('C6 a listener says how long its messages may be, in the place of the limits', async () => {
  const to = await serve('message_size: 2MiB, compression: true');
  const { port } = new URL(to('http'));
  expect(await hello(await webSocket(to('ws')), 'public')).toBe(2 * MEBIBYTE);
  expect(await hello(await WebSocketEnd.connect(to('ws'), json, { perMessageDeflate: true }), 'public')).toBe(
    2 * MEBIBYTE,
  );
  expect(await hello(await RawSocketEnd.connect(connect(Number(port), '127.0.0.1'), json), 'public')).toBe(
    2 * MEBIBYTE,
  );
  expect(await hello(await LongPollEnd.connect(to('http', '/lp'), json), 'public')).toBe(2 * MEBIBYTE);
});

test('C6 a path has rules of its own, and those of the listener do not hold there', async () => {
  const to = await serve(
    'auth: { realms: [public] }, message_size: 2MiB, paths: { /inside: { auth: { realms: [backend] }, message_size: 4MiB }, /free: {} }',
  );
  expect(await hello(await webSocket(to('ws')), 'backend', ['ticket'])).toBe(NO_REALM);
  expect(await hello(await webSocket(to('ws', '/inside')), 'backend', ['ticket'])).toBe('ticket');
  expect(await hello(await webSocket(to('ws', '/inside')), 'backend', ['anonymous'])).toBe(4 * MEBIBYTE);
  expect(await hello(await webSocket(to('ws', '/inside')), 'public')).toBe(NO_REALM);
  expect(await hello(await webSocket(to('ws', '/free')), 'public')).toBe(MEBIBYTE);
});

describe('C6 rules that no client can meet are refused', () => {
  test.each([
    ['auth: { realms: [bakend] }', 'auth.realms[0]: is no realm of this file'],
    [
      'auth: { methods: [scram] }',
      'auth.methods: admits no client, expected a method that one of the realms uses',
    ],
    ['auth: { realms: [public], methods: [ticket] }', 'auth.methods: admits no client'],
    ['paths: { /a: { auth: { realms: [x] } } }', 'paths["/a"].auth.realms[0]: is no realm of this file'],
    ['auth: { methods: [jwt] }', 'auth.methods[0]: is not one of the choices'],
    ['transports: [rawsocket], paths: { /a: {} }', 'paths: has no effect'],
    ['paths: { a: {} }', 'paths.a: is not well-formed, expected a path such as /ws'],
    ['message_size: 2', 'message_size: is a number, expected a size such as 64KiB or 1MiB'],
  ])('%s', (listener, fault) => {
    expect(() => load(`  - { ${listener} }\n`)).toThrow(FaultyConfiguration);
    expect(() => load(`  - { ${listener} }\n`)).toThrow(`listeners[0].${fault}`);
  });
});

test('C6 an open realm is no danger where no client can join it', () => {
  const exposed = (rules: string): (() => void) => {
    const loaded = load(`  - { address: 0.0.0.0, ${rules} }\n`);
    return () => {
      refuseExposure(loaded.configuration.listeners, loaded);
    };
  };
  expect(exposed('auth: { realms: [backend] }')).not.toThrow();
  expect(exposed('auth: { methods: [ticket] }')).not.toThrow();
  expect(exposed('auth: { methods: [anonymous] }')).toThrow(/refusing to listen on 0\.0\.0\.0/);
  expect(exposed('auth: { realms: [backend] }, paths: { /open: {} }')).toThrow(/refusing to listen/);
});
