/** HELLO ... WELCOME | ABORT. */
import { expect, test } from 'vitest';
import {
  anonymous,
  AuthError,
  connect,
  ConnectError,
  ticket,
  type Authenticator,
  type ConnectOptions,
  type Session,
} from '../src/index.ts';
import { ALL_FEATURES, failure, ScriptedPeer, settle } from './scripted-peer.ts';

const WELCOME = [2, 4711, { roles: ALL_FEATURES }];

/** A peer that has heard HELLO, and the promise of a session. */
async function hello(
  options: Partial<ConnectOptions> = {},
): Promise<{ peer: ScriptedPeer; connecting: Promise<Session>; details: Record<string, unknown> }> {
  const peer = new ScriptedPeer();
  const connecting = connect('ws://scripted/', {
    realm: 'realm1',
    transport: peer.factory,
    clock: peer.clock,
    ...options,
  });
  connecting.catch(() => undefined);
  const [type, realm, details] = await peer.next();
  expect([type, realm]).toEqual([1, 'realm1']);
  return { peer, connecting, details: details as Record<string, unknown> };
}

test('HELLO announces the roles and the features that work, and anonymous (PCR-1, PCI-1, CAN-1, RRT-1, PPT-1, RREV-1, SREV-1)', async () => {
  const { details } = await hello();
  expect(details).toEqual({
    agent: '@wamp/client',
    authmethods: ['anonymous'],
    roles: {
      publisher: {
        features: {
          publisher_identification: true,
          publisher_exclusion: true,
          subscriber_blackwhite_listing: true,
          payload_passthru_mode: true,
        },
      },
      subscriber: {
        features: {
          publisher_identification: true,
          publication_trustlevels: true,
          pattern_based_subscription: true,
          subscription_revocation: true,
          payload_passthru_mode: true,
        },
      },
      caller: {
        features: {
          caller_identification: true,
          call_canceling: true,
          progressive_call_results: true,
          progressive_call_invocations: true,
          payload_passthru_mode: true,
        },
      },
      callee: {
        features: {
          caller_identification: true,
          call_trustlevels: true,
          call_canceling: true,
          call_timeout: true,
          call_reroute: true,
          progressive_call_results: true,
          progressive_call_invocations: true,
          pattern_based_registration: true,
          shared_registration: true,
          registration_revocation: true,
          payload_passthru_mode: true,
        },
      },
    },
  });
});

test('WELCOME opens the session, which has the attributes of the WELCOME', async () => {
  const { peer, connecting } = await hello({ reconnect: false, keepAlive: false });
  const welcome = { realm: 'realm1', authid: 'joe', authrole: 'user', authmethod: 'anonymous' };
  peer.send([2, 9007199254740992, { ...welcome, roles: { broker: { features: { event_history: true } } } }]);
  const session = await connecting;
  expect(session).toMatchObject({
    state: 'open',
    id: 9007199254740992,
    realm: 'realm1',
    authid: 'joe',
    authrole: 'user',
  });
  expect(session.routerFeatures.has('broker')).toBe(true);
  expect(session.routerFeatures.has('broker', 'event_history')).toBe(true);
  expect(session.routerFeatures.has('broker', 'event_retention')).toBe(false);
  expect(session.routerFeatures.has('dealer')).toBe(false);
  expect(await session.ready).toBe(session);
  expect(peer.clock.pending).toBe(0);
  peer.expectNothing();
});

test('what the router does not say is undefined, and the realm is the one asked for', async () => {
  const { peer, connecting } = await hello();
  peer.send(WELCOME);
  expect(await connecting).toMatchObject({ realm: 'realm1', authid: undefined, authrole: undefined });
});

test('a ticket answers CHALLENGE', async () => {
  const { peer, connecting, details } = await hello({ auth: ticket('joe', 'secret') });
  expect(details).toMatchObject({ authmethods: ['ticket'], authid: 'joe' });
  peer.send([4, 'ticket', {}]);
  await peer.expect([5, 'secret', {}]);
  peer.send(WELCOME);
  expect((await connecting).state).toBe('open');
});

test('a ticket is fetched when the router asks', async () => {
  let fetched = 0;
  const fetch = (): Promise<string> => Promise.resolve(`token ${++fetched}`);
  const { peer, connecting } = await hello({ auth: ticket('joe', fetch), reconnect: false });
  expect(fetched).toBe(0);
  peer.send([4, 'ticket', {}]);
  await peer.expect([5, 'token 1', {}]);
  peer.send(WELCOME);
  await connecting;
});

test('anonymous may ask for an authid', async () => {
  const { details } = await hello({ auth: anonymous('guest') });
  expect(details).toMatchObject({ authmethods: ['anonymous'], authid: 'guest' });
});

test('of several methods the router picks one, and each adds to HELLO', async () => {
  const second: Authenticator = {
    method: 'second',
    hello: () => Promise.resolve({ authid: 'ignored', authextra: { pubkey: 'ab' } }),
    challenge: (extra) => ({ signature: `signed ${String(extra['nonce'])}`, extra: { nonce: 'n' } }),
  };
  const { peer, connecting, details } = await hello({ auth: [ticket('joe', 'secret'), second, anonymous()] });
  expect(details).toMatchObject({
    authmethods: ['ticket', 'second', 'anonymous'],
    authid: 'joe',
    authextra: { pubkey: 'ab' },
  });
  peer.send([4, 'second', { nonce: 'abc' }]);
  await peer.expect([5, 'signed abc', { nonce: 'n' }]);
  peer.send([4, 'ticket', {}]);
  await peer.expect([5, 'secret', {}]);
  peer.send(WELCOME);
  await connecting;
});

test.each([
  ['wamp.error.no_such_realm', ConnectError, true],
  ['wamp.error.invalid_uri', ConnectError, true],
  ['wamp.error.protocol_violation', ConnectError, true],
  ['wamp.close.system_shutdown', ConnectError, false],
  ['wamp.error.unavailable', ConnectError, false],
  ['wamp.error.authentication_denied', AuthError, true],
  ['wamp.error.authentication_failed', AuthError, false],
  ['wamp.error.no_matching_auth_method', AuthError, true],
  ['wamp.error.no_auth_method', AuthError, true],
  ['wamp.error.not_authorized', AuthError, true],
  ['wamp.error.no_such_role', AuthError, true],
  ['wamp.error.no_such_principal', AuthError, true],
  ['wamp.error.authorization_denied', AuthError, true],
  ['wamp.error.cannot_authenticate', AuthError, true],
])('ABORT %s refuses the session', async (reason, type, fatal) => {
  const { peer, connecting } = await hello();
  peer.send([3, { message: 'for a reason' }, reason]);
  const error = await failure(connecting);
  expect(error).toBeInstanceOf(type);
  expect(error instanceof AuthError).toBe(type === AuthError);
  expect(error).toMatchObject({
    uri: reason,
    fatal,
    message: `${reason}: for a reason (realm realm1, url ws://scripted/)`,
  });
  expect(peer.closed).toBe(true);
  expect(peer.clock.pending).toBe(0);
  peer.expectNothing();
});

test('ABORT keeps its payload', async () => {
  const { peer, connecting } = await hello();
  peer.send([3, {}, 'app.full', ['try later'], { seconds: 5 }]);
  expect(await failure(connecting)).toMatchObject({
    uri: 'app.full',
    args: ['try later'],
    kwargs: { seconds: 5 },
  });
});

test.each(['wamp.error.authentication_denied', 'wamp.error.authentication_failed'])(
  'ABORT %s instead of an answer to AUTHENTICATE refuses the session',
  async (uri) => {
    const { peer, connecting } = await hello({ auth: ticket('joe', 'wrong') });
    peer.send([4, 'ticket', {}]);
    await peer.next();
    peer.send([3, {}, uri]);
    const error = await failure(connecting);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({ uri, fatal: true });
  },
);

test('ABORT while the ticket is still being fetched refuses the session, and the ticket is not sent', async () => {
  let deliver: (ticket: string) => void = () => undefined;
  const fetch = (): Promise<string> => new Promise((resolve) => (deliver = resolve));
  const { peer, connecting } = await hello({ auth: ticket('joe', fetch), reconnect: false });
  peer.send([4, 'ticket', {}]);
  await settle();
  peer.send([3, {}, 'wamp.error.authentication_failed']);
  expect(await failure(connecting)).toBeInstanceOf(AuthError);
  deliver('late');
  await settle();
  peer.expectNothing();
});

const CHALLENGED = [4, 'ticket', {}];
test.each<[string, unknown[][], string | unknown[]]>([
  ['no JSON', [], 'garbage'],
  ['an empty list', [], []],
  ['a dict', [], '{}'],
  ['an unknown type', [], [99]],
  ['a WELCOME without roles', [], [2, 1, {}]],
  ['a WELCOME whose id is no id', [], [2, 0, { roles: {} }]],
  ['a WELCOME whose details are no dict', [], [2, 1, []]],
  ['GOODBYE', [], [6, {}, 'wamp.close.system_shutdown']],
  ['HELLO', [], [1, 'realm1', { roles: {} }]],
  ['ERROR', [], [8, 48, 1, {}, 'app.error']],
  ['SUBSCRIBED', [], [33, 1, 1]],
  ['EVENT', [], [36, 1, 1, {}]],
  ['RESULT', [], [50, 1, {}]],
  ['INVOCATION', [], [68, 1, 1, {}]],
  ['AUTHENTICATE', [], [5, 'x', {}]],
  ['a CHALLENGE of another method', [], [4, 'wampcra', {}]],
  ['a CHALLENGE of a method that takes none', [], [4, 'anonymous', {}]],
  ['WELCOME while the answer is worked out', [CHALLENGED], WELCOME],
  ['a second CHALLENGE while the answer is worked out', [CHALLENGED], CHALLENGED],
])('%s before WELCOME is a protocol violation', async (_what, before, message) => {
  const { peer, connecting } = await hello({ auth: [ticket('joe', 'secret'), anonymous()] });
  for (const earlier of before) peer.send(earlier);
  if (typeof message === 'string') peer.sendText(message);
  else peer.send(message);
  const error = await failure(connecting);
  expect(error).toBeInstanceOf(ConnectError);
  expect(error).toMatchObject({ uri: 'wamp.error.protocol_violation', fatal: true });
  expect(peer.closed).toBe('protocol');
  expect(peer.clock.pending).toBe(0);
  await settle();
  await peer.expect([3, { message: expect.any(String) as string }, 'wamp.error.protocol_violation']);
  peer.expectNothing();
});

test.each<[string, Authenticator]>([
  [
    'throws',
    {
      method: 'm',
      hello: () => ({}),
      challenge: () => {
        throw new Error('no key');
      },
    },
  ],
  ['rejects', { method: 'm', hello: () => ({}), challenge: () => Promise.reject(new Error('no key')) }],
  ['returns nonsense', { method: 'm', hello: () => ({}), challenge: () => 5 as unknown as string }],
  ['returns nothing', { method: 'm', hello: () => ({}), challenge: () => undefined as unknown as string }],
])(
  'an authenticator that %s when challenged ends the attempt, and the router is told',
  async (_how, auth) => {
    const { peer, connecting } = await hello({ auth });
    peer.send([4, 'm', {}]);
    const error = await failure(connecting);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({
      uri: 'wamp.error.authentication_failed',
      fatal: true,
      cause: expect.any(Error) as Error,
    });
    await peer.expect([
      3,
      { message: 'The client cannot authenticate.' },
      'wamp.error.authentication_failed',
    ]);
    expect(peer.closed).toBe(true);
  },
);

test('an authenticator that fails before HELLO ends the attempt before a transport is opened', async () => {
  const cause = new Error('no key');
  const auth: Authenticator = { method: 'm', hello: () => Promise.reject(cause) };
  let opened = 0;
  const transport = { name: 'never', open: () => Promise.reject(new Error(String(++opened))) };
  const error = await failure(connect('ws://x/', { realm: 'realm1', auth, transport }));
  expect(error).toBeInstanceOf(AuthError);
  expect(error).toMatchObject({ cause });
  expect(opened).toBe(0);
});

test('what the authenticator does not like about WELCOME ends the attempt', async () => {
  const auth: Authenticator = {
    method: 'm',
    hello: () => ({}),
    challenge: () => 'signature',
    welcome: (extra) => {
      if (extra['proof'] !== 'right') throw new Error('not the router');
    },
  };
  const wrong = await hello({ auth });
  wrong.peer.send([4, 'm', {}]);
  await wrong.peer.next();
  wrong.peer.send([2, 1, { roles: {}, authextra: { proof: 'wrong' } }]);
  expect(await failure(wrong.connecting)).toBeInstanceOf(AuthError);
  await wrong.peer.expect([3, { message: expect.any(String) as string }, 'wamp.error.authentication_failed']);
  expect(wrong.peer.closed).toBe(true);

  const right = await hello({ auth });
  right.peer.send([4, 'm', {}]);
  await right.peer.next();
  right.peer.send([2, 1, { roles: {}, authextra: { proof: 'right' } }]);
  expect((await right.connecting).state).toBe('open');
});

test('a router that leaves while WELCOME is being checked refuses the session', async () => {
  const auth: Authenticator = { method: 'm', hello: () => ({}), welcome: () => new Promise(() => undefined) };
  const { peer, connecting } = await hello({ auth });
  peer.send([2, 1, { roles: {}, authmethod: 'm' }]);
  peer.send([6, {}, 'wamp.close.system_shutdown']);
  expect(await failure(connecting)).toMatchObject({ uri: 'wamp.close.system_shutdown', fatal: false });
});

test('a transport that breaks before WELCOME ends the attempt', async () => {
  const { peer, connecting } = await hello();
  peer.drop('connection reset');
  const error = await failure(connecting);
  expect(error).toBeInstanceOf(ConnectError);
  expect(error).toMatchObject({
    uri: 'wamp.error.network_failure',
    fatal: false,
    args: ['connection reset'],
  });
});

test('a transport that cannot be opened ends the attempt', async () => {
  const cause = new Error('refused');
  const transport = { name: 'broken', open: () => Promise.reject(cause) };
  const error = await failure(connect('ws://x/', { realm: 'realm1', transport }));
  expect(error).toBeInstanceOf(ConnectError);
  expect(error).toMatchObject({ uri: 'wamp.error.network_failure', fatal: false, cause });
});

test.each([
  [undefined, 30_000],
  [200, 200],
])('a router that never answers HELLO: connectTimeout %s', async (connectTimeout, ms) => {
  const { peer, connecting } = await hello(connectTimeout === undefined ? {} : { connectTimeout });
  peer.clock.advance(ms - 1);
  expect(peer.closed).toBeUndefined();
  peer.clock.advance(1);
  expect(await failure(connecting)).toMatchObject({
    name: 'ConnectError',
    uri: 'wamp.error.timeout',
    fatal: false,
  });
  expect(peer.closed).toBe(true);
  peer.send(WELCOME);
  await settle();
  peer.expectNothing();
});

test('connectTimeout bounds an authenticator and a transport that hang, and a late transport is closed', async () => {
  const hangs = new ScriptedPeer();
  const auth: Authenticator = { method: 'm', hello: () => new Promise(() => undefined) };
  const waiting = connect('ws://x/', { realm: 'realm1', auth, transport: hangs.factory, clock: hangs.clock });
  await settle();
  hangs.clock.advance(30_000);
  expect(await failure(waiting)).toMatchObject({ uri: 'wamp.error.timeout' });

  const late = new ScriptedPeer();
  let open: () => void = () => undefined;
  const transport = {
    name: 'late',
    open: () => new Promise<typeof late.transport>((resolve) => (open = () => resolve(late.transport))),
  };
  const opening = connect('ws://x/', { realm: 'realm1', transport, clock: late.clock });
  await settle();
  late.clock.advance(30_000);
  expect(await failure(opening)).toMatchObject({ uri: 'wamp.error.timeout' });
  open();
  await settle();
  expect(late.closed).toBe(true);
  late.expectNothing();
});

test('an aborted signal stops connecting, with its reason', async () => {
  const before = new ScriptedPeer();
  const reason = new Error('changed my mind');
  const options = { realm: 'realm1', transport: before.factory, clock: before.clock };
  expect(await failure(connect('ws://x/', { ...options, signal: AbortSignal.abort(reason) }))).toBe(reason);
  before.expectNothing();
  expect(before.clock.pending).toBe(0);

  const controller = new AbortController();
  const { peer, connecting } = await hello({ signal: controller.signal });
  controller.abort(reason);
  expect(await failure(connecting)).toBe(reason);
  expect(peer.closed).toBe(true);
  expect(peer.clock.pending).toBe(0);
});

test('a signal that is aborted in the same turn as WELCOME stops connecting, too', async () => {
  const controller = new AbortController();
  const { peer, connecting } = await hello({ signal: controller.signal });
  peer.send(WELCOME);
  const reason = new Error('changed my mind');
  controller.abort(reason);
  expect(await failure(connecting)).toBe(reason);
  await peer.expect([6, {}, 'wamp.close.close_realm']);
});

test('a signal that is aborted later leaves the session alone', async () => {
  const controller = new AbortController();
  const { peer, connecting } = await hello({ signal: controller.signal });
  peer.send(WELCOME);
  const session = await connecting;
  controller.abort();
  await settle();
  expect(session.state).toBe('open');
  expect(peer.closed).toBeUndefined();
});

test('the URL may be a function, a URL or a string, and nothing else', async () => {
  const peer = new ScriptedPeer();
  const urls: string[] = [];
  const transport = {
    name: 'scripted',
    open: (url: URL) => {
      urls.push(url.href);
      return Promise.reject(new Error('enough'));
    },
  };
  const options = { realm: 'realm1', transport, clock: peer.clock };
  await failure(connect('ws://a/ws', options));
  await failure(connect(new URL('ws://b/ws'), options));
  await failure(connect(() => Promise.resolve('ws://c/ws'), options));
  expect(urls).toEqual(['ws://a/ws', 'ws://b/ws', 'ws://c/ws']);
  expect(await failure(connect('/relative', options))).toBeInstanceOf(TypeError);
  const cause = new Error('no address');
  expect(await failure(connect(() => Promise.reject(cause), options))).toMatchObject({ cause, fatal: false });
  expect(peer.clock.pending).toBe(0);
});

test('an authextra that cannot be written ends the attempt', async () => {
  const peer = new ScriptedPeer();
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const auth: Authenticator = { method: 'm', hello: () => ({ authextra: cycle }) };
  const options = { realm: 'realm1', auth, transport: peer.factory, clock: peer.clock };
  expect(await failure(connect('ws://x/', options))).toMatchObject({ name: 'ConnectError', fatal: true });
  expect(peer.closed).toBe(true);
  expect(peer.clock.pending).toBe(0);
});

test('a session that ends at once is closed when connect resolves', async () => {
  const { peer, connecting } = await hello({ reconnect: false });
  peer.send(WELCOME);
  peer.send([6, {}, 'wamp.close.system_shutdown']);
  const session = await connecting;
  expect(session.state).toBe('closed');
  expect(await session.closed).toMatchObject({ reason: 'wamp.close.system_shutdown' });
});
