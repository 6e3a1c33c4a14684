/** Invalid options: a TypeError at once, which names the option, the value and what is expected. */
import { describe, expect, test } from 'vitest';
import {
  anonymous,
  connect,
  result,
  ticket,
  wampcra,
  WampError,
  webSocket,
  type ConnectOptions,
  type Session,
} from '../src/index.ts';
import { batchedWebSocket } from '../src/batched.ts';
import { longPoll } from '../src/longpoll.ts';
import { addTestament, getEvents, sessions } from '../src/meta.ts';
import { passthru } from '../src/passthru.ts';
import { rawSocket } from '../src/rawsocket.ts';
import { failure, joined } from './scripted-peer.ts';

/** A session as plain JavaScript has it: everything goes. */
type Plain = Readonly<Record<keyof Session, (...args: unknown[]) => Promise<unknown>>>;

async function plain(): Promise<{ readonly session: Plain; readonly idle: () => Promise<void> }> {
  const { session, peer } = await joined();
  return {
    session: session as unknown as Plain,
    async idle() {
      peer.expectNothing();
      expect(session.state).toBe('open');
      const call = session.call('p', [7]);
      await peer.expect([48, 1, {}, 'p', [7]]);
      peer.send([50, 1, {}, [8]]);
      expect(await call).toBe(8);
    },
  };
}

/** What a function throws. */
function thrown(act: () => unknown): Error {
  try {
    void act();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('It threw nothing.');
}

const handler = (): number => 1;
const cases: [what: string, act: (session: Plain) => unknown, message: string][] = [
  [
    "publish excludeAuthid: 'joe'",
    (s) => s.publish('t', [], { excludeAuthid: 'joe' }),
    'Option excludeAuthid of publish: expected a list of strings, got "joe".',
  ],
  [
    "publish exclude: ['5']",
    (s) => s.publish('t', [], { exclude: ['5'] }),
    'Option exclude of publish: expected a list of ids, got ["5"].',
  ],
  [
    "publish retain: 'yes'",
    (s) => s.publish('t', [], { retain: 'yes' }),
    'Option retain of publish: expected true or false, got "yes".',
  ],
  [
    'publish retain: null',
    (s) => s.publish('t', [], { retain: null }),
    'Option retain of publish: expected true or false, got null.',
  ],
  [
    'publish exclude_me',
    (s) => s.publish('t', [], { exclude_me: false }),
    'Unknown option exclude_me of publish: expected excludeMe, got false.',
  ],
  [
    'publish extra: { exclude_authid }',
    (s) => s.publish('t', [], { extra: { exclude_authid: 'joe' } }),
    'Option extra of publish: expected exclude_authid: a list of strings, got {"exclude_authid":"joe"}.',
  ],
  [
    'publish signal: a controller',
    (s) => s.publish('t', [], { signal: new AbortController() }),
    'Option signal of publish: expected an AbortSignal, got {}.',
  ],
  [
    'publish passthru',
    (s) => s.publish('t', [], { passthru: 'wamp' }),
    'Option passthru of publish: expected a passthru, or a list of them, got "wamp".',
  ],
  [
    'publish options: 5',
    (s) => s.publish('t', [], 5),
    'The options of publish: expected a plain object, got 5.',
  ],
  [
    'publish options: null',
    (s) => s.publish('t', [], null),
    'The options of publish: expected a plain object, got null.',
  ],
  [
    'publish options as payload',
    (s) => s.publish('t', { acknowledge: true, retain: true }),
    'Option acknowledge, retain of publish: expected a payload before options; if these are keyword arguments, {} behind them, got {"acknowledge":true,"retain":true}.',
  ],
  [
    'call options as payload',
    (s) => s.call('p', { timeout: 500 }),
    'Option timeout of call: expected a payload before options; if these are keyword arguments, {} behind them, got {"timeout":500}.',
  ],
  [
    'B3 call with options as a fourth argument',
    (s) => s.call('p', [1], {}, { timeout: 5 }),
    'The arguments of call: expected options, with kwargs among them, as the last one, got {"timeout":5}.',
  ],
  [
    'B3 publish with options as a fourth argument',
    (s) => s.publish('t', [1], {}, { acknowledge: true }),
    'The arguments of publish: expected options, with kwargs among them, as the last one, got {"acknowledge":true}.',
  ],
  [
    'B3 register with options as a fourth argument',
    (s) => s.register('p', () => 1, {}, { invoke: 'first' }),
    'The arguments of register: expected options, with kwargs among them, as the last one, got {"invoke":"first"}.',
  ],
  [
    'B3 subscribe with options as a fourth argument',
    (s) => s.subscribe('t', () => undefined, {}, { match: 'prefix' }),
    'The arguments of subscribe: expected options, with kwargs among them, as the last one, got {"match":"prefix"}.',
  ],
  [
    'call timeOut',
    (s) => s.call('p', [], { timeOut: 5 }),
    'Unknown option timeOut of call: expected timeout, got 5.',
  ],
  [
    'call tiemout',
    (s) => s.call('p', [], { tiemout: 5 }),
    'Unknown option tiemout of call: expected timeout, got 5.',
  ],
  [
    'call with keyword arguments for options',
    (s) => s.call('p', [], { colour: 'red' }),
    'Unknown option colour of call: expected timeout, discloseMe, signal, passthru, cancelMode, offline, extra, kwargs, idempotent, onProgress, got "red".',
  ],
  [
    "call timeout: '5s'",
    (s) => s.call('p', [], { timeout: '5s' }),
    'Option timeout of call: expected milliseconds, a number that is not negative, got "5s".',
  ],
  [
    'call timeout: NaN',
    (s) => s.call('p', [], { timeout: NaN }),
    'Option timeout of call: expected milliseconds, a number that is not negative, got NaN.',
  ],
  [
    "call cancelMode: 'abort'",
    (s) => s.call('p', [], { cancelMode: 'abort' }),
    'Option cancelMode of call: expected one of skip, kill, killnowait, got "abort".',
  ],
  [
    'call onProgress: true',
    (s) => s.call('p', [], { onProgress: true }),
    'Option onProgress of call: expected a function, got true.',
  ],
  [
    'call extra: { rkey: 5 }',
    (s) => s.call('p', [], { extra: { rkey: 5 } }),
    'Option extra of call: expected rkey: a string, got {"rkey":5}.',
  ],
  [
    'call input',
    (s) => s.call('p', [], { input: [] }),
    'Unknown option input of call: expected timeout, discloseMe, signal, passthru, cancelMode, offline, extra, kwargs, idempotent, onProgress, got [].',
  ],
  [
    'stream input: 5',
    (s) => s.stream('p', [], { input: 5 }),
    'Option input of stream: expected an iterable, got 5.',
  ],
  [
    'stream buffer: { size }',
    (s) => s.stream('p', [], { buffer: { size: 5 } }),
    'Unknown option size of buffer: expected max, maxBytes, overflow, got 5.',
  ],
  [
    'stream buffer: { max: 0 }',
    (s) => s.stream('p', [], { buffer: { max: 0 } }),
    'Option max of buffer: expected an integer from 1, got 0.',
  ],
  [
    "subscribe match: 'regex'",
    (s) => s.subscribe('t', handler, { match: 'regex' }),
    'Option match of subscribe: expected one of exact, prefix, wildcard, got "regex".',
  ],
  [
    'subscribe(topic, undefined, options)',
    (s) => s.subscribe('t', undefined, { match: 'prefix' }),
    'The handler of subscribe: expected a function; without one, options follow the topic, got undefined.',
  ],
  [
    'subscribe(topic, undefined)',
    (s) => s.subscribe('t', undefined),
    'The handler of subscribe: expected a function; without one, options follow the topic, got undefined.',
  ],
  [
    'subscribe(topic, options, handler)',
    (s) => s.subscribe('t', {}, handler),
    'The handler of subscribe: expected a function; without one, options follow the topic, got {}.',
  ],
  [
    "register invoke: 'rr'",
    (s) => s.register('p', handler, { invoke: 'rr' }),
    'Option invoke of register: expected one of single, first, last, roundrobin, random, load, got "rr".',
  ],
  [
    "register concurrency: '2'",
    (s) => s.register('p', handler, { concurrency: '2' }),
    'Option concurrency of register: expected an integer from 0, got "2".',
  ],
  [
    'register onProgress',
    (s) => s.register('p', handler, { onProgress: handler }),
    'Unknown option onProgress of register: expected match, invoke, concurrency, forceReregister, discloseCaller, forwardTimeout, signal, passthru, extra, got () => 1.',
  ],
  ['register without a handler', (s) => s.register('p', {}), 'The handler: expected a function, got {}.'],
  [
    "on('lose')",
    (s) => s.on('lose', handler),
    'The event of on: expected one of state, open, lost, retry, restored, close, error, frame, got "lose".',
  ],
  ['on without a listener', (s) => s.on('lost'), 'The handler: expected a function, got undefined.'],
];

test.each(cases)('B3 %s is a TypeError at once, and the session lives on', async (_what, act, message) => {
  const { session, idle } = await plain();
  const error = thrown(() => act(session));
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toBe(message);
  await idle();
});

test('B3 an unknown mode of cancel is a TypeError, and the call continues', async () => {
  const { session, peer } = await joined();
  for (const call of [session.call('p'), session.stream('p')]) {
    const act = (): void => call.cancel('bogus' as 'kill');
    expect(thrown(act).message).toBe(
      'The mode of cancel: expected one of skip, kill, killnowait, got "bogus".',
    );
  }
  await peer.next();
  await peer.next();
  peer.expectNothing();
});

test('B3 keyword arguments with the names of options are passed with options', async () => {
  const { session, peer } = await joined();
  session.call('p', { timeout: 5 }, {}).catch(() => undefined);
  await peer.expect([48, 1, {}, 'p', [], { timeout: 5 }]);
  session.call('p', { timeout: 5, colour: 'red' }).catch(() => undefined);
  await peer.expect([48, 2, {}, 'p', [], { timeout: 5, colour: 'red' }]);
});

test('B3 an option that is undefined is not set', async () => {
  const { session, peer } = await joined();
  void session.publish('t', [], { exclude: undefined, retain: true, signal: undefined });
  await peer.expect([16, 1, { retain: true }, 't']);
});

test('B3 the stack of such a TypeError begins where the application called', async () => {
  const { session } = await plain();
  for (const act of [
    () => session.publish('t', [], { retain: 5 }),
    () => session.call('p', 5),
    () => session.subscribe('t', undefined),
    () => new WampError('not a uri'),
    () => webSocket({ tls: 5 } as object),
  ]) {
    const [, first] = (thrown(act).stack ?? '').split('\n');
    expect(first).toContain('option-checks.test.ts');
  }
});

describe('B3 connect', () => {
  test.each<[unknown, string]>([
    [undefined, 'The options of connect: expected a plain object, got undefined.'],
    ['realm1', 'The options of connect: expected a plain object, got "realm1".'],
    [{}, 'Option realm of connect: expected a string, got undefined.'],
    [{ realm: 5 }, 'Option realm of connect: expected a string, got 5.'],
    [{ realm: 'r', relm: 1 }, 'Unknown option relm of connect: expected realm, got 1.'],
    [
      { realm: 'r', auth: 'ticket' },
      'Option auth of connect: expected an authenticator, such as ticket(…), or a list of them, got "ticket".',
    ],
    [
      { realm: 'r', serializers: ['json'] },
      'Option serializers of connect: expected a list of serializers, such as [json], got ["json"].',
    ],
    [
      { realm: 'r', serializers: [] },
      'Option serializers of connect: expected a list of serializers, such as [json], got [].',
    ],
    [
      { realm: 'r', transport: webSocket },
      'Option transport of connect: expected a factory of transports, such as webSocket(), got function',
    ],
    [
      { realm: 'r', connectTimeout: -1 },
      'Option connectTimeout of connect: expected milliseconds, a number that is not negative, got -1.',
    ],
    [
      { realm: 'r', exposeErrors: 'yes' },
      'Option exposeErrors of connect: expected true or false, got "yes".',
    ],
  ])('rejects %o', async (options, message) => {
    const error = await failure(connect('ws://127.0.0.1:1/', options as ConnectOptions));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message.slice(0, message.length)).toBe(message);
  });
});

test.each<[string, () => unknown, string]>([
  ['webSocket', () => webSocket({ Websocket: 5 } as object), 'expected WebSocket, got 5'],
  [
    'batchedWebSocket',
    () => batchedWebSocket({ tls: true } as object),
    'Option tls of webSocket: expected a plain object',
  ],
  [
    'tls without its secret',
    () => rawSocket({ tls: { passphrase: 1234 } } as object),
    'Option passphrase of tls: expected a string, got number.',
  ],
  [
    'rawSocket',
    () => rawSocket({ maxMessageSize: '5' } as object),
    'expected bytes, a number from 1, got "5"',
  ],
  ['longPoll', () => longPoll({ batch: true } as object), 'expected batched, got true'],
  [
    'passthru',
    () => passthru({ scheme: 'own' }),
    'expected wamp, mqtt, or a name that starts with x_, got "own"',
  ],
  ['anonymous', () => anonymous(5 as never), 'authid: expected a string, got 5'],
  ['ticket', () => ticket('joe', 5 as never), 'The secret: expected a string, got number'],
  ['wampcra', () => wampcra(undefined as never, 's'), 'authid: expected a string, got undefined'],
  ['result', () => result('text' as never), 'The args of result: expected a list, got "text".'],
  [
    'WampError',
    () => new WampError('a.b', 'text' as never),
    'The args of an error: expected a list, got "text".',
  ],
])('B3 %s', (_what, act, message) => {
  const error = thrown(act);
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toContain(message);
});

test('B3 the helpers for meta procedures reject', async () => {
  const { session, peer } = await joined();
  for (const promise of [
    getEvents(session, 1, { limit: '5' as never }),
    addTestament(session, 't', [], { acknowledge: true } as object),
    sessions(session).kill(1, { reasn: 'a.b' } as object),
  ]) {
    expect(await failure(promise)).toBeInstanceOf(TypeError);
  }
  peer.expectNothing();
});

describe('B1', () => {
  test.each(['User not found', '', 'a..b', 'x#y', '.', 'x'.repeat(600)])(
    '%j is no URI of an error',
    (uri) => {
      expect(thrown(() => new WampError(uri))).toBeInstanceOf(TypeError);
    },
  );

  test.each(['User not found', '', 'a..b'])('%j is never sent as one', async (uri) => {
    const errors: Error[] = [];
    const { session, peer } = await joined();
    session.on('error', (error) => errors.push(error));
    const error = new WampError('app.fine', ['why'], { a: 1 });
    Object.assign(error, { uri });
    const registering = session.register('p', () => Promise.reject(error));
    await peer.next();
    peer.send([65, 1, 9]);
    await registering;
    peer.send([68, 1, 9, {}]);
    await peer.expect([8, 68, 1, {}, 'wamp.error.runtime_error', ['why'], { a: 1, uri }]);
  });

  test('a router that says one is understood, and the session lives on', async () => {
    const { session, peer } = await joined();
    const call = session.call('p');
    peer.send([8, 48, 1, {}, 'User not found', ['why']]);
    expect(await failure(call)).toMatchObject({
      uri: 'wamp.error.runtime_error',
      args: ['why'],
      kwargs: { uri: 'User not found' },
    });
    expect(session.state).toBe('open');
    peer.send([6, {}, 'not a uri']);
    expect(await session.closed).toMatchObject({ reason: 'not a uri' });
  });
});
