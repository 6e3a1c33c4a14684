/** Method `cryptosign`, against a router that signs with Node. */
import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { cryptosign, type CryptosignOptions } from '../src/cryptosign.ts';
import { connect } from '../src/index.ts';
import { attempt, expectRefusal, welcome, type Extra } from './attempt.ts';
import { ScriptedPeer } from './scripted-peer.ts';

const PRIVATE = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510';
const PUBLIC = '1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d';
const CHALLENGE = 'ff'.repeat(32);
const CHANNEL = Buffer.from('e973bee24dcea9e20625f949c0e3cd28d632ccbefe4907c2fac2728710f7b160', 'hex');
const router = generateKeyPairSync('ed25519');
const routerKey = Buffer.from(router.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString(
  'hex',
);

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}

/** CSN-5: as the router proves itself. */
function proof(challenge: unknown, channel: Buffer = Buffer.alloc(32), key = router.privateKey): string {
  const message = xor(Buffer.from(String(challenge), 'hex'), channel);
  return sign(null, message, key).toString('hex') + message.toString('hex');
}

test('CSN-1 CSN-3 signs the challenge as the specification requires', async () => {
  const client = await attempt(cryptosign(PRIVATE));
  expect(client.authextra).toEqual({ pubkey: PUBLIC });
  client.peer.send([4, 'cryptosign', { challenge: CHALLENGE, channel_binding: null }]);
  await client.peer.expect([
    5,
    `b32675b221f08593213737bef8240e7c15228b07028e19595294678c90d11c0cae80a357331bfc5cc9fb71081464e6e75013517c2cf067ad566a6b7b728e5d03${CHALLENGE}`,
    {},
  ]);
  welcome(client);
  expect((await client.connecting).state).toBe('open');
});

test('CSN-1 an authid goes into HELLO', async () => {
  const peer = new ScriptedPeer();
  const auth = cryptosign(PRIVATE.toUpperCase(), { authid: 'joe' });
  connect('ws://x/', { realm: 'realm1', transport: peer.factory, auth }).catch(() => undefined);
  await peer.expect([
    1,
    'realm1',
    expect.objectContaining({ authid: 'joe', authmethods: ['cryptosign'], authextra: { pubkey: PUBLIC } }),
  ]);
});

test('an external key signs', async () => {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const keeper = {
    publicKey,
    sign: (message: Uint8Array) => Promise.resolve(sign(null, message, pair.privateKey)),
  };
  const client = await attempt(cryptosign(keeper));
  expect(client.authextra).toEqual({ pubkey: publicKey.toString('hex') });
  client.peer.send([4, 'cryptosign', { challenge: CHALLENGE }]);
  const [, signature] = await client.peer.next();
  const bytes = Buffer.from(String(signature), 'hex');
  expect(verify(null, Buffer.from(CHALLENGE, 'hex'), pair.publicKey, bytes.subarray(0, 64))).toBe(true);
});

test.each([
  {},
  { challenge: 5 },
  { challenge: 'ff' },
  { challenge: 'zz'.repeat(32) },
  { challenge: 'ff'.repeat(33) },
])('CSN-2 an invalid challenge ends the attempt: %j', async (extra) => {
  const client = await attempt(cryptosign(PRIVATE));
  client.peer.send([4, 'cryptosign', extra]);
  await expectRefusal(client);
});

test.each([
  ['tls-unique', createHash('sha256').update('finished').digest()],
  ['tls-exporter', CHANNEL],
] as const)('CSN-3 CSN-4 T-29 bound to %s', async (channelBinding, channelId) => {
  const data = { 'tls-unique': Buffer.from('finished'), 'tls-exporter': CHANNEL };
  const auth = cryptosign(PRIVATE, { channelBinding, routerKey });
  const client = await attempt(auth, (type) => data[type as keyof typeof data]);
  const { challenge } = client.authextra;
  expect(client.authextra).toEqual({ pubkey: PUBLIC, channel_binding: channelBinding, challenge });
  client.peer.send([
    4,
    'cryptosign',
    {
      challenge: CHALLENGE,
      channel_binding: channelBinding,
      pubkey: routerKey,
      signature: proof(challenge, channelId),
    },
  ]);
  const [, signature] = await client.peer.next();
  expect(String(signature).slice(128)).toBe(xor(Buffer.from(CHALLENGE, 'hex'), channelId).toString('hex'));
});

test.each<[string, CryptosignOptions, Extra]>([
  ['none, where we asked for one', { channelBinding: 'tls-exporter' }, {}],
  ['null, where we asked for one', { channelBinding: 'tls-exporter' }, { channel_binding: null }],
  ['another than we asked for', { channelBinding: 'tls-exporter' }, { channel_binding: 'tls-unique' }],
  ['one, where we asked for none', {}, { channel_binding: 'tls-exporter' }],
])('CSN-4 a binding of the router that is %s ends the attempt', async (_what, options, extra) => {
  const client = await attempt(cryptosign(PRIVATE, options), () => CHANNEL);
  client.peer.send([4, 'cryptosign', { challenge: CHALLENGE, ...extra }]);
  await expectRefusal(client, /does not bind/);
});

test('CSN-4 a binding that the transport does not have ends the attempt', async () => {
  const client = await attempt(cryptosign(PRIVATE, { channelBinding: 'tls-exporter' }));
  client.peer.send([4, 'cryptosign', { challenge: CHALLENGE, channel_binding: 'tls-exporter' }]);
  await expectRefusal(client, /no channel binding/);
});

test('CSN-5 a router that has the key is joined', async () => {
  const client = await attempt(cryptosign(PRIVATE, { routerKey }));
  const signature = proof(client.authextra['challenge']);
  client.peer.send([4, 'cryptosign', { challenge: CHALLENGE, pubkey: routerKey, signature }]);
  await client.peer.next();
  welcome(client);
  expect((await client.connecting).state).toBe('open');
});

const stranger = generateKeyPairSync('ed25519');
test.each<[string, (challenge: unknown) => Extra]>([
  ['has none', () => ({})],
  ['names none', (challenge) => ({ signature: proof(challenge) })],
  ['names another', (challenge) => ({ pubkey: PUBLIC, signature: proof(challenge) })],
  [
    'has another',
    (challenge) => ({ pubkey: routerKey, signature: proof(challenge, undefined, stranger.privateKey) }),
  ],
  ['has signed something else', () => ({ pubkey: routerKey, signature: proof('ab'.repeat(32)) })],
  ['has signed in part', (challenge) => ({ pubkey: routerKey, signature: proof(challenge).slice(0, 128) })],
])('CSN-5 a router that %s is not joined', async (_what, extra) => {
  const client = await attempt(cryptosign(PRIVATE, { routerKey }));
  client.peer.send([4, 'cryptosign', { challenge: CHALLENGE, ...extra(client.authextra['challenge']) }]);
  await expectRefusal(client, /router/);
});

test('CSN-5 a proof serves once', async () => {
  const auth = cryptosign(PRIVATE, { routerKey });
  const first = await attempt(auth);
  const extra = { challenge: CHALLENGE, pubkey: routerKey, signature: proof(first.authextra['challenge']) };
  first.peer.send([4, 'cryptosign', extra]);
  await first.peer.next();
  const second = await attempt(auth);
  second.peer.send([4, 'cryptosign', extra]);
  await expectRefusal(second, /not the one/);
});

test('CSN-5 a router that proves nothing is not joined', async () => {
  const client = await attempt(cryptosign(PRIVATE, { routerKey }));
  welcome(client, { authmethod: 'cryptosign' });
  await expectRefusal(client, /has not proved who it is/);
});

test.each(['', 'ab', 'zz'.repeat(32), 'ab'.repeat(64)])('an invalid key is refused at once: %s', (key) => {
  expect(() => cryptosign(key)).toThrow(TypeError);
  expect(() => cryptosign(PRIVATE, { routerKey: key })).toThrow(TypeError);
});
