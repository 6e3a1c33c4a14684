/** Method `wamp-scram`, against a router that computes by RFC 5802 and with nothing of ours. */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { expect, test } from 'vitest';
import { ticket, type Authenticator } from '../src/index.ts';
import { scramKeys } from '@wamp/protocol/auth';
import { scram, type ScramOptions } from '../src/scram.ts';
import { attempt, expectRefusal, welcome, type Attempt, type Extra } from './attempt.ts';

const SALT = Buffer.from('0123456789abcdef');
const PBKDF2 = { kdf: 'pbkdf2', iterations: 4096, memory: null };

/** What a router that knows the password `pencil` computes, by RFC 5802 and nothing of ours. */
class Router {
  readonly nonce: string;
  readonly #salted: Buffer;
  readonly #client: string;
  readonly #iterations: number;
  readonly #gs2: Buffer;

  constructor(client: unknown, iterations = 4096, gs2: Buffer = Buffer.from('n,,')) {
    this.#client = String(client);
    this.nonce = `${this.#client}c2VydmVy`;
    this.#iterations = iterations;
    this.#gs2 = gs2;
    this.#salted = pbkdf2Sync('pencil', SALT, iterations, 32, 'sha256');
  }

  get challenge(): Extra {
    const { nonce } = this;
    return { nonce, salt: SALT.toString('base64'), ...PBKDF2, iterations: this.#iterations };
  }

  get #message(): string {
    const { nonce } = this;
    const [salt, gs2] = [SALT.toString('base64'), this.#gs2.toString('base64')];
    return `n=user,r=${this.#client},r=${nonce},s=${salt},i=${this.#iterations},c=${gs2},r=${nonce}`;
  }

  get proof(): string {
    const key = hmac(this.#salted, 'Client Key');
    const signature = hmac(createHash('sha256').update(key).digest(), this.#message);
    return Buffer.from(key.map((byte, index) => byte ^ (signature[index] ?? 0))).toString('base64');
  }

  get verifier(): string {
    return hmac(hmac(this.#salted, 'Server Key'), this.#message).toString('base64');
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** A client that has answered the challenge rightly. */
async function answered(auth: Authenticator = scram('user', 'pencil')): Promise<[Attempt, Router]> {
  const client = await attempt(auth);
  const router = new Router(client.authextra['nonce']);
  client.peer.send([4, 'wamp-scram', router.challenge]);
  await client.peer.expect([5, router.proof, { nonce: router.nonce, channel_binding: null }]);
  return [client, router];
}

test('SCR-1 T-28 HELLO carries 24 random bytes, and no binding', async () => {
  const nonces = new Set<unknown>();
  for (let round = 0; round < 5; round += 1) {
    const { authextra } = await attempt(scram('user', 'pencil'));
    expect(authextra).toEqual({
      nonce: expect.stringMatching(/^[\w+/]{32}$/) as string,
      channel_binding: null,
    });
    nonces.add(authextra['nonce']);
  }
  expect(nonces.size).toBe(5);
});

test.each(['', 'v='])(
  'SCR-5 SCR-7 T-28 both prove that they know the password (prefix "%s")',
  async (prefix) => {
    const [client, router] = await answered();
    welcome(client, { authextra: { verifier: prefix + router.verifier } });
    expect((await client.connecting).state).toBe('open');
  },
);

test('SCR-9 argon2id13', async () => {
  const client = await attempt(scram('user', 'pencil'));
  const nonce = `${String(client.authextra['nonce'])}c2VydmVy`;
  const cost = { kdf: 'argon2id13', iterations: 2, memory: 8192 };
  client.peer.send([4, 'wamp-scram', { nonce, salt: SALT.toString('base64'), ...cost }]);
  const [, signature] = await client.peer.next();
  expect(Buffer.from(String(signature), 'base64')).toHaveLength(32);
});

test.each<[string, Extra]>([
  ['is missing', {}],
  ['is no text', { verifier: 5 }],
  ['is of another password', { verifier: Buffer.alloc(32).toString('base64') }],
])('SCR-7 a proof of the router that %s ends the attempt', async (_what, authextra) => {
  const [client] = await answered();
  welcome(client, { authextra });
  await expectRefusal(client, /does not know the password/);
});

test('SCR-7 a proof serves once', async () => {
  const auth = scram('user', 'pencil');
  const [first, router] = await answered(auth);
  welcome(first, { authextra: { verifier: router.verifier } });
  await first.connecting;
  const [second] = await answered(auth);
  welcome(second, { authextra: { verifier: router.verifier } });
  await expectRefusal(second);
});

test('two attempts at a time do not disturb each other', async () => {
  const auth = scram('user', 'pencil');
  const [one, other] = [await answered(auth), await answered(auth)];
  for (const [client, router] of [other, one]) {
    welcome(client, { authextra: { verifier: router.verifier } });
    expect((await client.connecting).state).toBe('open');
  }
});

test.each([{ authmethod: 'wamp-scram' }, { authmethod: 'anonymous' }, {}])(
  'SCR-7 a router that proves nothing is not joined: WELCOME %j without a CHALLENGE',
  async (details) => {
    const client = await attempt(scram('user', 'pencil'));
    welcome(client, details);
    await expectRefusal(client, /has not proved who it is/);
  },
);

test('a router may let us in by another method that we have offered', async () => {
  const client = await attempt([scram('user', 'pencil'), ticket('user', 'secret')]);
  welcome(client, { authmethod: 'ticket' });
  expect((await client.connecting).state).toBe('open');
});

test('SES-11 SCR-7 the proof is asked for after a second factor, too', async () => {
  for (const right of [true, false]) {
    const client = await attempt([scram('user', 'pencil'), ticket('user', '123456')]);
    const router = new Router(client.authextra['nonce']);
    client.peer.send([4, 'wamp-scram', router.challenge]);
    await client.peer.next();
    client.peer.send([4, 'ticket', {}]);
    await client.peer.expect([5, '123456', {}]);
    welcome(client, { authextra: right ? { verifier: router.verifier } : {} });
    if (right) expect((await client.connecting).state).toBe('open');
    else await expectRefusal(client);
  }
});

const good = { salt: SALT.toString('base64'), ...PBKDF2 };
test.each<[string, (nonce: string) => Extra]>([
  ['nothing', () => ({})],
  ['no nonce', () => good],
  ['a nonce that is not ours', () => ({ ...good, nonce: 'x'.repeat(44) })],
  ['our nonce alone', (nonce) => ({ ...good, nonce })],
  ['our nonce in another place', (nonce) => ({ ...good, nonce: `c2VydmVy${nonce}` })],
  ['no salt', (nonce) => ({ ...good, nonce: `${nonce}ab`, salt: undefined })],
  ['a salt that is no base64', (nonce) => ({ ...good, nonce: `${nonce}ab`, salt: '###' })],
  ['an unknown kdf', (nonce) => ({ ...good, nonce: `${nonce}ab`, kdf: 'md5' })],
  ['a dialect of the kdf', (nonce) => ({ ...good, nonce: `${nonce}ab`, kdf: 'argon2id-13', memory: 512 })],
  ['no iterations', (nonce) => ({ ...good, nonce: `${nonce}ab`, iterations: null })],
  ['half an iteration', (nonce) => ({ ...good, nonce: `${nonce}ab`, iterations: 4096.5 })],
  ['no memory', (nonce) => ({ ...good, nonce: `${nonce}ab`, kdf: 'argon2id13' })],
])('SCR-3 SCR-4 a challenge with %s ends the attempt', async (_what, extra) => {
  const client = await attempt(scram('user', 'pencil'));
  client.peer.send([4, 'wamp-scram', extra(String(client.authextra['nonce']))]);
  await expectRefusal(client);
});

test.each([
  ['pbkdf2', 4095, null],
  ['pbkdf2', 1_000_001, null],
  ['argon2id13', 1, 16_383],
  ['argon2id13', 32, 4095],
  ['argon2id13', 5, 262_144],
  ['argon2id13', 1, 262_145],
  ['argon2id13', 1, 1_048_576],
])('A11 SCR-4 %s at a cost that is suspicious ends the attempt: %d × %s', async (kdf, iterations, memory) => {
  const client = await attempt(scram('user', 'pencil'));
  const nonce = `${String(client.authextra['nonce'])}ab`;
  client.peer.send([4, 'wamp-scram', { ...good, nonce, kdf, iterations, memory }]);
  await expectRefusal(client, /cost/);
});

test('SCR-4 the bounds are configurable', async () => {
  const options: ScramOptions = { bounds: { pbkdf2: [1, 5000] } };
  const client = await attempt(scram('user', 'pencil', options));
  const router = new Router(client.authextra['nonce'], 1);
  client.peer.send([4, 'wamp-scram', router.challenge]);
  await client.peer.expect([5, router.proof, { nonce: router.nonce, channel_binding: null }]);
  const other = await attempt(scram('user', 'pencil', options));
  other.peer.send([4, 'wamp-scram', new Router(other.authextra['nonce'], 5001).challenge]);
  await expectRefusal(other);
});

test('A11 argon2id13 stops when connect has given up', async () => {
  const client = await attempt(scram('user', 'pencil'));
  const nonce = `${String(client.authextra['nonce'])}c2VydmVy`;
  let asked = 0;
  const goOn = (): void => {
    asked += 1;
    throw new Error('given up');
  };
  const cost = { kdf: 'argon2id13', iterations: 4, memory: 262_144 } as const;
  // A gibibyte of work, of which next to nothing is done.
  await expect(scramKeys('pencil', SALT, { ...cost, memory: 4096 }, goOn)).rejects.toThrow('given up');
  expect(asked).toBe(1);
  client.peer.send([4, 'wamp-scram', { nonce, salt: SALT.toString('base64'), ...cost }]);
  client.peer.clock.advance(30_000);
  expect(await client.connecting.catch((error: unknown) => error)).toMatchObject({
    uri: 'wamp.error.timeout',
  });
});

test('SCR-5 bound to the channel', async () => {
  const data = Buffer.from('finished');
  const auth = scram('user', 'pencil', { channelBinding: 'tls-unique' });
  const client = await attempt(auth, (type) => (type === 'tls-unique' ? data : undefined));
  expect(client.authextra).toMatchObject({ channel_binding: 'tls-unique' });
  const gs2 = Buffer.concat([Buffer.from('p=tls-unique,,'), data]);
  const router = new Router(client.authextra['nonce'], 4096, gs2);
  client.peer.send([4, 'wamp-scram', router.challenge]);
  await client.peer.expect([
    5,
    router.proof,
    { nonce: router.nonce, channel_binding: 'tls-unique', cbind_data: data.toString('base64') },
  ]);
});

test.each([undefined, (): undefined => undefined])(
  'SCR-5 a binding that the transport does not have ends the attempt',
  async (channelBinding) => {
    const auth = scram('user', 'pencil', { channelBinding: 'tls-unique' });
    const client = await attempt(auth, channelBinding);
    client.peer.send([4, 'wamp-scram', new Router(client.authextra['nonce']).challenge]);
    await expectRefusal(client, /no channel binding/);
  },
);
