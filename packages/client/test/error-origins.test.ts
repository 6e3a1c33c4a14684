/** Errors say what failed and where it was asked for; payloads belong to who is given them. */
import { expect, test } from 'vitest';
import { connect, WampError } from '../src/index.ts';
import { failure, joined } from './scripted-peer.ts';

const here = 'error-origins.test.ts';

function firstLine(error: unknown): string {
  return (error as Error).stack?.split('\n').find((line) => line.startsWith('    at ')) ?? '';
}

test('D6 a failed call names its procedure, and its stack begins where it is awaited', async () => {
  const { session, peer } = await joined();
  const ask = async (): Promise<unknown> => await session.call('app.add');
  const asked = failure(ask());
  await peer.next();
  peer.send([8, 48, 1, {}, 'wamp.error.no_such_procedure']);
  const error = await asked;
  expect(error).toMatchObject({
    message: 'wamp.error.no_such_procedure (procedure app.add)',
    procedure: 'app.add',
  });
  expect(firstLine(error)).toContain(here);
  expect((error as Error).stack).toContain('(procedure app.add)');
});

test('D6 so do publications, subscriptions and registrations', async () => {
  const { session, peer } = await joined();
  const requests: [type: number, subject: object, ask: () => Promise<unknown>][] = [
    [16, { topic: 'app.t' }, () => session.publish('app.t', [], { acknowledge: true })],
    [32, { topic: 'app.t' }, () => session.subscribe('app.t')],
    [64, { procedure: 'app.p' }, () => session.register('app.p', () => 1)],
  ];
  for (const [index, [type, subject, ask]] of requests.entries()) {
    const asked = failure((async () => await ask())());
    peer.send([8, type, index + 1, {}, 'wamp.error.not_authorized', ['no']]);
    const error = await asked;
    const [[field, uri] = []] = Object.entries(subject);
    expect(error).toMatchObject({
      ...subject,
      message: `wamp.error.not_authorized: no (${String(field)} ${String(uri)})`,
    });
    expect(firstLine(error)).toContain(here);
  }
});

test('D6 a failure to connect names realm and URL, and a hint at the transport', async () => {
  const error = await failure(
    (async () => await connect('rs://user:secret@127.0.0.1:9?token=secret', { realm: 'realm1' }))(),
  );
  expect(error).toMatchObject({
    realm: 'realm1',
    url: 'rs://127.0.0.1:9',
    uri: 'wamp.error.invalid_argument',
  });
  expect((error as Error).message).toMatch(/rawSocket\(\), from @wamp\/client\/rawsocket/);
  expect(firstLine(error)).toContain(here);
});

test('D6 the message of a lost connection contains its URI once', async () => {
  const { session, peer } = await joined();
  peer.drop('connection reset');
  const error = await failure(session.call('app.add'));
  expect((error as Error).message).toBe('wamp.error.network_failure: connection reset');
});

test('D6 an exception of a procedure arrives with a message that reveals its class only', async () => {
  const { session, peer } = await joined({ logger: { error: () => undefined } });
  const registering = session.register('app.p', () => {
    throw new TypeError('the password is 1234');
  });
  await peer.next();
  peer.send([65, 1, 9]);
  await registering;
  peer.send([68, 1, 9, {}]);
  await peer.expect([
    8,
    68,
    1,
    {},
    'wamp.error.runtime_error',
    ['app.p failed with a TypeError, whose message stays with the callee.'],
  ]);
});

test('D10 changes that one handler makes to a payload do not affect other handlers', async () => {
  const { session, peer } = await joined();
  const seen: unknown[] = [];
  const spoil = (args: unknown[], event: { kwargs: object; details: object }): void => {
    seen.push(structuredClone([args, event.kwargs, event.details]));
    (args[0] as { list: number[] } | undefined)?.list.push(9);
    args.push('spoilt');
    Object.assign(event.kwargs, { spoilt: true });
    Object.assign(event.details, { spoilt: true });
  };
  const subscribing = [
    session.subscribe('t', spoil),
    session.subscribe('t', spoil),
    session.subscribe('t', spoil),
  ];
  for (const request of [1, 2, 3]) peer.send([33, request, 7]);
  await Promise.all(subscribing);
  peer.send([36, 7, 1, {}, [{ list: [1] }], { a: 1 }]);
  expect(seen).toEqual(Array.from({ length: 3 }, () => [[{ list: [1] }], { a: 1 }, {}]));
  seen.length = 0;
  // Nor is anything left for the next event, be it empty.
  peer.send([36, 7, 2, {}]);
  peer.send([36, 7, 3, {}]);
  expect(seen).toEqual(Array.from({ length: 6 }, () => [[], {}, {}]));
});

test('D10 nothing that a function is given is frozen', async () => {
  const { session, peer } = await joined();
  const call = session.call('p');
  peer.send([50, 1, {}]);
  const whole = await call.full();
  expect([Object.isFrozen(whole.args), Object.isFrozen(whole.kwargs)]).toEqual([false, false]);
  expect(new WampError('a.b').args).toEqual([]);
});
