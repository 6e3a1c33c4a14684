/** Secrets, and methods `ticket` and `wampcra`. */
import { createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { ticket, wampcra, type Authenticator, type WampcraOptions } from '../src/index.ts';
import { attempt, expectRefusal, welcome, type Attempt } from './attempt.ts';

describe('wampcra', () => {
  const CHALLENGE = '{ "nonce": "ä" ,"session":1}';
  const signed = (key: string): string => createHmac('sha256', key).update(CHALLENGE).digest('base64');

  test('CRA-1 CRA-3 the challenge is signed as it came', async () => {
    const client = await attempt(wampcra('joe', 'secret'));
    client.peer.send([4, 'wampcra', { challenge: CHALLENGE }]);
    await client.peer.expect([5, signed('secret'), {}]);
    welcome(client);
    expect((await client.connecting).state).toBe('open');
  });

  test.each([
    { salt: 'salt123', iterations: 1000, keylen: 16 },
    { salt: 'ünïcode', iterations: 1001, keylen: 64 },
  ])('CRA-4 T-26 a salted password: %j', async (salting) => {
    const client = await attempt(wampcra('joe', 'secret'));
    client.peer.send([4, 'wampcra', { challenge: CHALLENGE, ...salting }]);
    const { salt, iterations, keylen } = salting;
    const key = pbkdf2Sync('secret', salt, iterations, keylen, 'sha256').toString('base64');
    await client.peer.expect([5, signed(key), {}]);
  });

  test('CRA-4 T-5 the defaults are 1,000 iterations and 32 bytes; a salt of null means no salt', async () => {
    const client = await attempt(wampcra('joe', 'secret'));
    client.peer.send([4, 'wampcra', { challenge: CHALLENGE, salt: 'salt' }]);
    const key = pbkdf2Sync('secret', 'salt', 1000, 32, 'sha256').toString('base64');
    await client.peer.expect([5, signed(key), {}]);
    client.peer.send([4, 'wampcra', { challenge: CHALLENGE, salt: null, iterations: null, keylen: null }]);
    await client.peer.expect([5, signed('secret'), {}]);
  });

  test.each([
    {},
    { challenge: 5 },
    { challenge: CHALLENGE, salt: 5 },
    { challenge: CHALLENGE, salt: 's', iterations: 0 },
    { challenge: CHALLENGE, salt: 's', iterations: 1.5 },
    { challenge: CHALLENGE, salt: 's', iterations: 1e9 },
    { challenge: CHALLENGE, salt: 's', iterations: '1000' },
    { challenge: CHALLENGE, salt: 's', keylen: 0 },
    { challenge: CHALLENGE, salt: 's', keylen: 1e6 },
    { challenge: CHALLENGE, salt: 's', keylen: 65 },
  ])('CRA-2 CRA-4 an invalid challenge ends the attempt: %j', async (extra) => {
    const client = await attempt(wampcra('joe', 'secret'));
    client.peer.send([4, 'wampcra', extra]);
    await expectRefusal(client, /CHALLENGE\.Extra/);
  });
});

describe('A11 wampcra bounds the parameters of the router', () => {
  const ask = async (salting: object, options: WampcraOptions = {}): Promise<Attempt> => {
    const client = await attempt(wampcra('joe', 'secret', options));
    client.peer.send([4, 'wampcra', { challenge: '{}', salt: 's', ...salting }]);
    return client;
  };

  test.each([
    [{ iterations: 999 }, 'CHALLENGE.Extra.iterations at a cost of 999; allowed is 1000 to 1000000'],
    [{ iterations: 1_000_001 }, 'at a cost of 1000001'],
    [{ iterations: 500_001, keylen: 64 }, 'for each 32 bytes of keylen, at a cost of 1000002'],
    [{ keylen: 15 }, 'CHALLENGE.Extra.keylen at a cost of 15; allowed is 16 to 64'],
    [{ keylen: 1024, iterations: 10_000_000 }, 'CHALLENGE.Extra.keylen at a cost of 1024'],
  ])('A11 %j is refused', async (salting, said) => {
    await expectRefusal(await ask(salting), new RegExp(said.replaceAll('.', '\\.')));
  });

  test('A11 the bounds are a matter of choice', async () => {
    const client = await ask(
      { iterations: 1, keylen: 128 },
      { bounds: { iterations: [1, 4], keylen: [1, 128] } },
    );
    const key = pbkdf2Sync('secret', 's', 1, 128, 'sha256').toString('base64');
    await client.peer.expect([5, createHmac('sha256', key).update('{}').digest('base64'), {}]);
  });

  test('A11 a router that does not salt can be refused', async () => {
    await expectRefusal(await ask({ salt: null }, { salted: true }), /salt is missing/);
  });

  test('A11 invalid bounds are a TypeError', () => {
    expect(() => wampcra('joe', 's', { bounds: { iterations: [5, 1] } })).toThrow(TypeError);
  });
});

test('A11 the signal of an authenticator is aborted when its answer is not needed any more', async () => {
  const signals: AbortSignal[] = [];
  const slow: Authenticator = {
    method: 'slow',
    hello: () => ({}),
    challenge: (_extra, _transport, signal) => {
      signals.push(signal);
      return new Promise(() => undefined);
    },
  };
  const client = await attempt(slow);
  client.peer.send([4, 'slow', {}]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
  client.peer.clock.advance(30_000);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect(await client.connecting.catch((error: unknown) => error)).toMatchObject({
    uri: 'wamp.error.timeout',
  });
});

test.each([
  ['ticket', ticket, {}],
  ['wampcra', wampcra, { challenge: '{}' }],
])('%s: a secret is fetched anew whenever the router asks', async (method, authenticator, extra) => {
  const fetch = vi.fn(() => Promise.resolve('token'));
  const auth = authenticator('joe', fetch);
  for (let round = 0; round < 2; round += 1) {
    const client = await attempt(auth);
    client.peer.send([4, method, extra]);
    await client.peer.next();
    welcome(client);
    await client.connecting;
  }
  expect(fetch).toHaveBeenCalledTimes(2);
});

test.each([
  ['rejects', () => Promise.reject(new Error('no token')), false],
  ['comes to no text', () => Promise.resolve(undefined as unknown as string), true],
])('a secret that %s ends the attempt', async (_how, secret, fatal) => {
  const client = await attempt(ticket('joe', secret));
  client.peer.send([4, 'ticket', {}]);
  // Where the secret comes from may be out of reach at the moment.
  await expectRefusal(client, undefined, fatal);
});
