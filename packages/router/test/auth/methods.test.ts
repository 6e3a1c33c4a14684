/** The authenticators, each with credentials from a map, a function and a procedure; what clients say is computed by Node alone. */
import { createHash, createHmac, generateKeyPairSync, pbkdf2Sync, sign, type KeyObject } from 'node:crypto';
import type { Dict } from '@wamp/protocol';
import {
  createRouter,
  cryptosign,
  scram,
  scramCredentials,
  ticket,
  wampcra,
  wampcraCredentials,
  type Authenticator,
  type Router,
} from '@wamp/router';
import { describe, expect, test } from 'vitest';
import { DENIED, FAILED, Login, welcomed } from '../support/login.ts';

function start(authenticator: Authenticator, log: unknown[] = []): Router {
  return createRouter({
    realms: ['realm1'],
    authenticators: [authenticator],
    log: (...entry) => log.push(entry),
  });
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

describe('anonymous', () => {
  test.each([{}, { authid: 'joe' }, { authmethods: undefined, authid: 'joe' }])(
    'ANON-1 T-25 whoever comes is let in under a random name, whatever it calls itself: %j',
    async (details) => {
      const router = createRouter({ realms: ['realm1'] });
      const names = new Set<unknown>();
      for (let number = 0; number < 3; number += 1) {
        const welcome = await new Login(router).hello('anonymous', details);
        expect(welcome).toEqual(
          welcomed({ authrole: 'anonymous', authmethod: 'anonymous', authprovider: 'static' }),
        );
        names.add((welcome[2] as Dict)['authid']);
      }
      expect(names.size).toBe(3);
      expect([...names]).not.toContain('joe');
    },
  );
});

describe('wampcra', () => {
  const users = new Map([
    ['joe', { secret: 'secret', authrole: 'user' }],
    ['ann', { secret: 'pass', authrole: 'admin', authid: 'ann@home', authextra: { x_note: 1 } }],
  ]);

  function signed(extra: Dict, secret: string): string {
    const { challenge, salt, iterations, keylen } = extra as Record<string, string | undefined>;
    const key =
      salt === undefined
        ? secret
        : pbkdf2Sync(secret, salt, Number(iterations), Number(keylen), 'sha256').toString('base64');
    return hmac(key, String(challenge)).toString('base64');
  }

  test('CRA-1 CRA-2 CRA-3 CRA-5 the right signature opens the door', async () => {
    const login = new Login(start(wampcra(users)));
    const extra = await login.challenge('wampcra', { authid: 'joe' });
    expect(Object.keys(extra)).toEqual(['challenge']);
    const challenge = JSON.parse(String(extra['challenge'])) as Dict;
    expect(challenge).toEqual({
      authid: 'joe',
      authrole: 'user',
      authmethod: 'wampcra',
      authprovider: 'static',
      nonce: expect.stringMatching(/^[\da-f]{32}$/) as string,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      session: expect.any(Number) as number,
    });
    const welcome = await login.authenticate(signed(extra, 'secret'));
    expect(welcome).toEqual(
      welcomed({ authid: 'joe', authrole: 'user', authmethod: 'wampcra', authprovider: 'static' }),
    );
    expect(welcome[1]).toBe(challenge['session']);
  });

  test('AUTH-2 the effective authid and authextra are the credentials’', async () => {
    const login = new Login(start(wampcra(users)));
    const extra = await login.challenge('wampcra', { authid: 'ann' });
    expect(await login.authenticate(signed(extra, 'pass'))).toEqual(
      welcomed({ authid: 'ann@home', authrole: 'admin', authextra: { x_note: 1 } }),
    );
  });

  test('CRA-4 T-26 a derived key, and a password that is derived at login', async () => {
    const derived = await wampcraCredentials('secret', { iterations: 10 });
    const salting = { salt: 'salt123', iterations: 10, keylen: 16 };
    const both = new Map([
      ['joe', { ...derived, authrole: 'user' }],
      ['ann', { secret: 'secret', ...salting, authrole: 'user' }],
    ]);
    for (const authid of ['joe', 'ann']) {
      const login = new Login(start(wampcra(both)));
      const extra = await login.challenge('wampcra', { authid });
      expect(extra).toMatchObject(authid === 'ann' ? salting : { iterations: 10, keylen: 32 });
      expect(await login.authenticate(signed(extra, 'secret'))).toEqual(welcomed({ authid }));
    }
  });

  test.each([
    ['another secret', 'joe', (extra: Dict) => signed(extra, 'guess')],
    ['no signature', 'joe', () => ''],
    ['a signature of something else', 'joe', () => signed({ challenge: '{}' }, 'secret')],
    ['a stranger', 'eve', (extra: Dict) => signed(extra, 'secret')],
    ['nobody', undefined, (extra: Dict) => signed(extra, '')],
    ['an inherited name', 'constructor', (extra: Dict) => signed(extra, 'secret')],
  ])('AUTH-4 T-25 %s is denied like all', async (_what, authid, signature) => {
    const login = new Login(start(wampcra(users)));
    const extra = await login.challenge('wampcra', authid === undefined ? {} : { authid });
    expect(await login.authenticate(signature(extra))).toEqual(DENIED);
  });

  test('T-25 an unknown authid is challenged like the others, and always in the same way', async () => {
    const salted = new Map([
      ['joe', { ...(await wampcraCredentials('secret', { iterations: 10 })), authrole: 'clerk' }],
    ]);
    const router = start(wampcra(salted, { decoyKey: 'key' }));
    const again = start(wampcra(salted, { decoyKey: 'key' }));
    const shapes = [];
    for (const [place, authid] of [
      [router, 'joe'],
      [router, 'eve'],
      [router, 'eve'],
      [again, 'eve'],
      [router, 'mal'],
    ] as const) {
      const { challenge, salt, ...rest } = await new Login(place).challenge('wampcra', { authid });
      const {
        nonce: _,
        timestamp: __,
        session: ___,
        authid: ____,
        ...told
      } = JSON.parse(String(challenge)) as Dict;
      shapes.push({ rest, told, length: String(salt).length, salt });
    }
    const [joe, eve, eveAgain, eveElsewhere, mal] = shapes;
    expect(eve).toEqual({ ...joe, salt: eve?.salt });
    expect(eveAgain).toEqual(eve);
    expect(eveElsewhere).toEqual(eve);
    expect(new Set([joe?.salt, eve?.salt, mal?.salt]).size).toBe(3);
  });

  test.each([
    {},
    { secret: '' },
    { secret: 5 },
    { key: 'k' },
    { secret: 's', key: 'k', salt: 's' },
    { secret: 's', salt: '' },
    { secret: 's', iterations: 0 },
  ])('invalid credentials are refused at once: %j', (credentials) => {
    const source = new Map([['joe', { authrole: 'user', ...credentials }]]) as never;
    expect(() => wampcra(source)).toThrow(TypeError);
  });

  test('a role is a must', () => {
    expect(() => wampcra(new Map([['joe', { secret: 's' }]]) as never)).toThrow('authrole');
    expect(() => wampcra(new Map([['joe', null]]) as never)).toThrow(TypeError);
  });
});

describe('wamp-scram', () => {
  const NONCE = 'rOprNGfwEbeRWgbNEkqO';
  const COST = { kdf: 'pbkdf2', iterations: 4096 } as const;
  const SALT = Buffer.from('0123456789abcdef');

  async function start2(): Promise<Router> {
    const stored = await scramCredentials('pencil', { ...COST, salt: SALT });
    return start(scram(new Map([['user', { ...stored, authrole: 'clerk' }]])));
  }

  /** By RFC 5802. */
  function answer(
    extra: Dict,
    password: string,
    authid = 'user',
    gs2: Buffer = Buffer.from('n,,'),
  ): [string, string] {
    const { nonce, salt, iterations } = extra as Record<string, string>;
    const salted = pbkdf2Sync(password, Buffer.from(salt ?? '', 'base64'), Number(iterations), 32, 'sha256');
    const message = `n=${authid},r=${NONCE},r=${nonce ?? ''},s=${salt ?? ''},i=${iterations ?? ''},c=${gs2.toString('base64')},r=${nonce ?? ''}`;
    const clientKey = hmac(salted, 'Client Key');
    const signature = hmac(createHash('sha256').update(clientKey).digest(), message);
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
    return [proof.toString('base64'), hmac(hmac(salted, 'Server Key'), message).toString('base64')];
  }

  const HELLO = { authid: 'user', authextra: { nonce: NONCE, channel_binding: null } };

  test('SCR-1 SCR-3 SCR-5 SCR-6 SCR-7 SCR-9 both prove that they know the password', async () => {
    const login = new Login(await start2());
    const extra = await login.challenge('wamp-scram', HELLO);
    expect(extra).toEqual({
      nonce: expect.stringMatching(/^rOprNGfwEbeRWgbNEkqO[\w+/]{32}$/) as string,
      salt: SALT.toString('base64'),
      kdf: 'pbkdf2',
      iterations: 4096,
      memory: null,
    });
    const [proof, verifier] = answer(extra, 'pencil');
    expect(await login.authenticate(proof, { nonce: extra['nonce'], channel_binding: null })).toEqual(
      welcomed({ authid: 'user', authrole: 'clerk', authmethod: 'wamp-scram', authextra: { verifier } }),
    );
  });

  test.each<[string, string, (extra: Dict) => Dict]>([
    ['another password', 'guess', ({ nonce }) => ({ nonce })],
    ['no nonce', 'pencil', () => ({})],
    ['another nonce', 'pencil', () => ({ nonce: NONCE })],
    ['a binding out of nowhere', 'pencil', ({ nonce }) => ({ nonce, channel_binding: 'tls-unique' })],
    ['data of a binding out of nowhere', 'pencil', ({ nonce }) => ({ nonce, cbind_data: 'AAAA' })],
  ])('SCR-6 AUTH-4 %s is denied', async (_what, password, extra) => {
    const login = new Login(await start2());
    const challenge = await login.challenge('wamp-scram', HELLO);
    const [proof] = answer(challenge, password);
    expect(await login.authenticate(proof, extra(challenge))).toEqual(DENIED);
  });

  test('SCR-2 T-25 an unknown authid is challenged like the others, always in the same way, and denied', async () => {
    const router = await start2();
    const salts = new Set<unknown>();
    for (const authid of ['eve', 'eve', 'constructor']) {
      const login = new Login(router);
      const extra = await login.challenge('wamp-scram', { ...HELLO, authid });
      expect(extra).toMatchObject({ kdf: 'pbkdf2', iterations: 4096, memory: null });
      expect(Buffer.from(String(extra['salt']), 'base64')).toHaveLength(16);
      salts.add(extra['salt']);
      const [proof] = answer(extra, 'pencil', authid);
      expect(await login.authenticate(proof, { nonce: extra['nonce'] })).toEqual(DENIED);
    }
    expect(salts.size).toBe(2);
  });

  test.each([
    ['no nonce', { authextra: {} }, /nonce/],
    ['a nonce that is no base64', { authextra: { nonce: ',' } }, /nonce/],
    ['a nonce that is no text', { authextra: { nonce: 5 } }, /nonce/],
    [
      'a binding that there is not',
      { authextra: { nonce: NONCE, channel_binding: 'tls-unique' } },
      /channel_binding/,
    ],
    [
      'a binding that nobody knows',
      { authextra: { nonce: NONCE, channel_binding: 'magic' } },
      /channel_binding/,
    ],
    ['a name with a bell in it', { authid: '\u0007', authextra: { nonce: NONCE } }, /authid/],
  ])('SCR-1 SCR-2 a HELLO with %s is refused', async (_what, details, message) => {
    const [type, told, reason] = await new Login(await start2()).hello('wamp-scram', {
      ...HELLO,
      ...details,
    });
    expect([type, reason]).toEqual([3, 'wamp.error.authentication_failed']);
    expect((told as Dict)['message']).toMatch(message);
  });

  test('SCR-5 SCR-6 bound to the channel', async () => {
    const router = await start2();
    const data = Buffer.from('finished');
    const underlay = { channelBinding: (type: string) => (type === 'tls-unique' ? data : undefined) };
    const gs2 = Buffer.concat([Buffer.from('p=tls-unique,,'), data]);
    const hello = { ...HELLO, authextra: { nonce: NONCE, channel_binding: 'tls-unique' } };
    for (const [cbind, header, right] of [
      [data, gs2, true],
      [Buffer.from('other'), gs2, false],
      [data, Buffer.from('n,,'), false],
    ] as const) {
      const login = new Login(router, underlay);
      const extra = await login.challenge('wamp-scram', hello);
      const [proof] = answer(extra, 'pencil', 'user', header);
      const repeated = {
        nonce: extra['nonce'],
        channel_binding: 'tls-unique',
        cbind_data: cbind.toString('base64'),
      };
      expect(await login.authenticate(proof, repeated)).toEqual(
        right ? welcomed({ authid: 'user' }) : DENIED,
      );
    }
  });
});

describe('cryptosign', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pubkey = hexOf(publicKey);
  const users = new Map([['joe', { authorizedKeys: [pubkey], authrole: 'user' }]]);

  function hexOf(key: KeyObject): string {
    return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  }

  function signed(extra: Dict, key: KeyObject = privateKey, channelId = Buffer.alloc(32)): string {
    const challenge = Buffer.from(String(extra['challenge']), 'hex');
    const message = Buffer.from(challenge.map((byte, index) => byte ^ (channelId[index] ?? 0)));
    return sign(null, message, key).toString('hex') + message.toString('hex');
  }

  test.each([{ authid: 'joe' }, {}])('CSN-1 CSN-2 CSN-3 the key opens the door: %j', async (details) => {
    const login = new Login(start(cryptosign(users)));
    const extra = await login.challenge('cryptosign', { ...details, authextra: { pubkey } });
    expect(extra).toEqual({
      challenge: expect.stringMatching(/^[\da-f]{64}$/) as string,
      channel_binding: null,
    });
    expect(await login.authenticate(signed(extra))).toEqual(
      welcomed({ authid: 'joe', authrole: 'user', authmethod: 'cryptosign', authprovider: 'static' }),
    );
  });

  const stranger = generateKeyPairSync('ed25519');
  test.each<[string, Dict, (extra: Dict) => string]>([
    [
      'a stranger’s key',
      { pubkey: hexOf(stranger.publicKey) },
      (extra) => signed(extra, stranger.privateKey),
    ],
    ['somebody else’s public key', { pubkey }, (extra) => signed(extra, stranger.privateKey)],
    ['a signature of something else', { pubkey }, () => signed({ challenge: 'ab'.repeat(32) })],
    ['half a signature', { pubkey }, (extra) => signed(extra).slice(0, 128)],
    ['another message behind it', { pubkey }, (extra) => signed(extra).slice(0, 128) + 'ab'.repeat(32)],
    ['no signature', { pubkey }, () => ''],
  ])('CSN-3 T-25 %s is denied', async (_what, authextra, signature) => {
    for (const details of [{ authid: 'joe' }, {}, { authid: 'eve' }]) {
      const login = new Login(start(cryptosign(users)));
      const extra = await login.challenge('cryptosign', { ...details, authextra });
      expect(await login.authenticate(signature(extra))).toEqual(DENIED);
    }
  });

  test('CSN-1 a key that two have names neither', async () => {
    const both = new Map([...users, ['ann', { authorizedKeys: [pubkey.toUpperCase()], authrole: 'user' }]]);
    for (const [details, right] of [
      [{}, false],
      [{ authid: 'ann' }, true],
    ] as const) {
      const login = new Login(start(cryptosign(both)));
      const extra = await login.challenge('cryptosign', { ...details, authextra: { pubkey } });
      expect(await login.authenticate(signed(extra))).toEqual(right ? welcomed({ authid: 'ann' }) : DENIED);
    }
  });

  test.each([{}, { pubkey: 5 }, { pubkey: 'ab' }, { pubkey, challenge: 5 }, { pubkey, challenge: 'ab' }])(
    'CSN-1 CSN-5 a HELLO that lacks what it takes is refused: %j',
    async (authextra) => {
      const [type, , reason] = await new Login(start(cryptosign(users))).hello('cryptosign', { authextra });
      expect([type, reason]).toEqual([3, 'wamp.error.authentication_failed']);
    },
  );

  test('CSN-3 CSN-4 CSN-5 bound to the channel, and the router proves itself', async () => {
    const routerKey = '4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510';
    const router = start(cryptosign(users, { routerKey }));
    const channelId = createHash('sha256').update('exported').digest();
    const underlay = { channelBinding: (type: string) => (type === 'tls-exporter' ? channelId : undefined) };
    const challenge = 'ff'.repeat(32);
    for (const [type, bound] of [
      ['tls-exporter', true],
      ['tls-unique', false],
    ] as const) {
      const login = new Login(router, underlay);
      const extra = await login.challenge('cryptosign', {
        authextra: { pubkey, channel_binding: type, challenge },
      });
      expect(extra).toMatchObject({
        channel_binding: bound ? type : null,
        pubkey: '1adfc8bfe1d35616e64dffbd900096f23b066f914c8c2ffbb66f6075b96e116d',
      });
      const message = Buffer.from(String(extra['signature']), 'hex').subarray(64);
      expect(message.every((byte, index) => byte === (0xff ^ (bound ? (channelId[index] ?? 0) : 0)))).toBe(
        true,
      );
      const answer = signed(extra, privateKey, bound ? channelId : undefined);
      expect(await login.authenticate(answer)).toEqual(welcomed({ authid: 'joe' }));
    }
    const login = new Login(router, underlay);
    const extra = await login.challenge('cryptosign', {
      authextra: { pubkey, channel_binding: 'tls-exporter' },
    });
    expect(extra['signature']).toBeUndefined();
    expect(await login.authenticate(signed(extra))).toEqual(DENIED);
  });

  test('T-29 trustroots and certificates are ignored', async () => {
    const login = new Login(start(cryptosign(users)));
    const authextra = { pubkey, trustroot: '0x0', certificates: [[{}, 'ab']] };
    const extra = await login.challenge('cryptosign', { authextra });
    expect(await login.authenticate(signed(extra))).toEqual(welcomed({ authid: 'joe' }));
  });
});

describe('secrets', () => {
  test('are in no log', async () => {
    const log: unknown[] = [];
    const secrets = ['s3cret-ticket', 's3cret-cra'];
    for (const authenticator of [
      ticket(new Map([['joe', { ticket: 's3cret-ticket', authrole: 'user' }]])),
      wampcra(new Map([['joe', { secret: 's3cret-cra', authrole: 'user' }]])),
      ticket({ verify: () => Promise.reject(new Error('down')) }),
    ]) {
      for (const signature of [...secrets, 'wr0ng-guess']) {
        const login = new Login(start(authenticator, log));
        await login.challenge(authenticator.method, { authid: 'joe' });
        await login.authenticate(signature);
      }
    }
    expect(log.length).toBeGreaterThan(5);
    const text = log.map((entry) => JSON.stringify(entry) + String((entry as unknown[]).flat())).join('\n');
    expect(text).toContain('authentication denied');
    for (const secret of [...secrets, 'wr0ng-guess']) expect(text).not.toContain(secret);
  });

  test('AUTH-4 an error of an authenticator is logged, and not disclosed to the client', async () => {
    const log: unknown[] = [];
    const router = start(ticket({ verify: () => Promise.reject(new Error('the database is down')) }), log);
    const login = new Login(router);
    await login.challenge('ticket', { authid: 'joe' });
    expect(await login.authenticate('x')).toEqual(FAILED);
    expect(log).toContainEqual([
      'warn',
      'authentication failed',
      expect.objectContaining({
        realm: 'realm1',
        authid: 'joe',
        method: 'ticket',
        error: expect.any(Error) as Error,
      }),
    ]);
  });
});
