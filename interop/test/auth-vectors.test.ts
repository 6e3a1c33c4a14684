/** Numbers that others have published, played to our client and to our router, which draw what was drawn there. */
import type * as NodeCrypto from 'node:crypto';
import { wampcra } from '@wamp/client';
import { cryptosign } from '@wamp/client/cryptosign';
import { createRouter, cryptosign as expectSignature } from '@wamp/router';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  CRYPTOSIGN,
  CRYPTOSIGN_EXCHANGES,
  WAMPCRA_KEYS,
  WAMPCRA_SIGNATURES,
} from '../../packages/protocol/test/auth-vectors.ts';
import { Login, welcomed } from '../../packages/router/test/support/login.ts';

/** What the router draws next in place of a random challenge. */
const drawn = vi.hoisted(() => ({ next: undefined as string | undefined }));

vi.mock('node:crypto', async (importOriginal) => {
  const real = await importOriginal<typeof NodeCrypto>();
  const randomBytes = (size: number): Buffer =>
    drawn.next?.length === 2 * size ? Buffer.from(drawn.next, 'hex') : real.randomBytes(size);
  return { ...real, randomBytes };
});

afterEach(() => {
  drawn.next = undefined;
  vi.restoreAllMocks();
});

type Hex = string | undefined;

/** A connection with this channel id, in hex. */
function bound(channelId: Hex): { channelBinding(type: string): Uint8Array | undefined } {
  const data = channelId === undefined ? undefined : Buffer.from(channelId, 'hex');
  return { channelBinding: (type) => (type === 'tls-exporter' ? data : undefined) };
}

function bindingOf(channelId: Hex): 'tls-exporter' | undefined {
  return channelId === undefined ? undefined : 'tls-exporter';
}

/** What the vector's router accepts. */
async function loginWith(
  publicKey: string,
  challenge: string,
  channelId: Hex,
  signature: string,
): Promise<unknown> {
  const users = new Map([['joe', { authorizedKeys: [publicKey], authrole: 'user' }]]);
  const router = createRouter({ realms: ['realm1'], authenticators: [expectSignature(users)] });
  const login = new Login(router, bound(channelId));
  drawn.next = challenge;
  const authextra = { pubkey: publicKey, channel_binding: bindingOf(channelId) ?? null };
  const extra = await login.challenge('cryptosign', { authid: 'joe', authextra });
  expect(extra['challenge']).toBe(challenge);
  return login.authenticate(signature);
}

/** Of somebody who waits. */
const waited = new AbortController().signal;
const first = { attempt: 1 };

describe('cryptosign', () => {
  it.each(CRYPTOSIGN)('CSN-3 our client signs like $publicKey, channel $channelId', async (vector) => {
    const { privateKey, publicKey, challenge, channelId, signature, message } = vector;
    const channelBinding = bindingOf(channelId);
    const auth = cryptosign(privateKey, { channelBinding });
    expect((await auth.hello(first)).authextra).toMatchObject({ pubkey: publicKey });
    const answer = await auth.challenge?.(
      { challenge, channel_binding: channelBinding ?? null },
      bound(channelId),
      waited,
      first,
    );
    expect(answer).toBe(signature + message);
  });

  it.each(CRYPTOSIGN)('CSN-3 our router takes what $publicKey signs, channel $channelId', async (vector) => {
    const { publicKey, challenge, channelId, signature, message } = vector;
    const answer = signature + message;
    expect(await loginWith(publicKey, challenge, channelId, answer)).toEqual(welcomed({ authid: 'joe' }));
  });

  const [clients, routers] = [/client/, /router/].map((who) =>
    CRYPTOSIGN_EXCHANGES.filter(({ what }) => who.test(what)),
  );

  it.each(clients ?? [])('CSN-3 our router takes what $what signs', async (vector) => {
    const { publicKey, challenge, channelId, signature } = vector;
    expect(await loginWith(publicKey, challenge, channelId, signature)).toEqual(welcomed({ authid: 'joe' }));
  });

  it.each(routers ?? [])('CSN-5 our client trusts $what, and no other router', async (vector) => {
    const { publicKey, challenge, channelId, signature } = vector;
    const draw = <T extends ArrayBufferView | null>(bytes: T): T => {
      if (bytes instanceof Uint8Array) bytes.set(Buffer.from(challenge, 'hex'));
      return bytes;
    };
    vi.spyOn(crypto, 'getRandomValues').mockImplementation(draw);
    const channelBinding = bindingOf(channelId);
    const auth = cryptosign(CRYPTOSIGN[0].privateKey, { channelBinding, routerKey: publicKey });
    const trusts = async (proof: string): Promise<boolean> => {
      expect((await auth.hello(first)).authextra).toMatchObject({ challenge });
      const extra = {
        challenge,
        channel_binding: channelBinding ?? null,
        pubkey: publicKey,
        signature: proof,
      };
      return Promise.resolve(auth.challenge?.(extra, bound(channelId), waited, first)).then(
        () => true,
        () => false,
      );
    };
    expect(await trusts(signature)).toBe(true);
    const [digit] = signature;
    expect(await trusts((digit === '0' ? '1' : '0') + signature.slice(1))).toBe(false);
  });
});

describe('wampcra', () => {
  it.each(WAMPCRA_SIGNATURES)('CRA-3 our client signs like $from', async ({ key, challenge, signature }) => {
    expect(await wampcra('joe', key).challenge?.({ challenge }, {}, waited, first)).toBe(signature);
  });

  it.each(WAMPCRA_KEYS)('CRA-4 T-26 our client derives like $from', async ({ password, salting, key }) => {
    for (const { challenge } of WAMPCRA_SIGNATURES) {
      const derived = await wampcra('joe', password).challenge?.(
        { challenge, ...salting },
        {},
        waited,
        first,
      );
      expect(derived).toBe(await wampcra('joe', key).challenge?.({ challenge }, {}, waited, first));
    }
  });
});
