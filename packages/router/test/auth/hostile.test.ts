/** What somebody could try who wants in, or wants to know who is there. */
import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
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
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { Attempts } from '../../src/auth/attempts.ts';
import { ManualClock } from '@wamp/router/testing';
import { DENIED, FAILED, Login, welcomed } from '../support/login.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function start(authenticator: Authenticator): Router {
  return createRouter({ realms: ['realm1'], authenticators: [authenticator], attempts: false });
}

describe('an answer to another challenge', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const pubkey = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  const role = { authrole: 'user' };

  test.each<[string, Authenticator, Dict, (extra: Dict) => string]>([
    [
      'wampcra',
      wampcra(new Map([['joe', { secret: 's', ...role }]])),
      {},
      ({ challenge }) => createHmac('sha256', 's').update(String(challenge)).digest('base64'),
    ],
    [
      'cryptosign',
      cryptosign(new Map([['joe', { authorizedKeys: [pubkey], ...role }]])),
      { pubkey },
      ({ challenge }) => {
        const message = Buffer.from(String(challenge), 'hex');
        return Buffer.concat([sign(null, message, privateKey), message]).toString('hex');
      },
    ],
  ])(
    'CRA-5 CSN-3 lets nobody in, be it of another session or an earlier one: %s',
    async (method, with_, authextra, answer) => {
      const router = start(with_);
      const [first, second] = [new Login(router), new Login(router)];
      const challenge = await first.challenge(method, { authid: 'joe', authextra });
      const other = await second.challenge(method, { authid: 'joe', authextra });
      expect(other['challenge']).not.toEqual(challenge['challenge']);
      expect(await second.authenticate(answer(challenge))).toEqual(DENIED);
      expect(await first.authenticate(answer(challenge))).toEqual(welcomed({ authid: 'joe' }));
      const third = new Login(router);
      await third.challenge(method, { authid: 'joe', authextra });
      expect(await third.authenticate(answer(challenge))).toEqual(DENIED);
    },
  );

  test('SCR-6 refuses a client that repeats a nonce', async () => {
    const stored = await scramCredentials('pencil', { kdf: 'pbkdf2', iterations: 4096 });
    const router = start(scram(new Map([['joe', { ...stored, ...role }]])));
    const nonces = new Set<unknown>();
    for (let round = 0; round < 3; round += 1) {
      const hello = { authid: 'joe', authextra: { nonce: 'AAAA', channel_binding: null } };
      const extra = await new Login(router).challenge('wamp-scram', hello);
      nonces.add(extra['nonce']);
    }
    expect(nonces.size).toBe(3);
  });

  test('SES-10 is not asked for twice', async () => {
    const login = new Login(start(ticket(new Map([['joe', { ticket: 's', ...role }]]))));
    await login.challenge('ticket', { authid: 'joe' });
    login.client.send([5, 'guess', {}], [5, 's', {}]);
    const [, , reason] = await login.heard();
    expect(reason).toBe('wamp.error.protocol_violation');
  });
});

describe('T-25 a challenge', () => {
  /** What it says, but for what is another each time. */
  async function told(router: Router, authid: string): Promise<unknown> {
    const { challenge, ...extra } = await new Login(router).challenge('wampcra', { authid });
    const said = JSON.parse(String(challenge)) as Dict;
    return { extra, ...said, authid: said['authid'] === authid, nonce: 0, timestamp: 0, session: 0 };
  }

  test('CRA-2 does not tell under which name a user will come in', async () => {
    const users = new Map([['joe', { secret: 's', authrole: 'user', authid: 'joe@home' }]]);
    const router = start(wampcra(users));
    expect(await told(router, 'joe')).toEqual(await told(router, 'eve'));
  });

  test('CRA-2 does not tell, where a function knows the users, which role they have', async () => {
    const router = start(
      wampcra(({ authid }) => (authid === 'joe' ? { secret: 's', authrole: 'admin' } : undefined)),
    );
    expect(await told(router, 'joe')).toEqual(await told(router, 'eve'));
  });

  test.each(['salt123', 'ab'.repeat(40), 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJCrze8SNFZ4kA=='])(
    'CRA-4 has a salt like the others’, such as %s',
    async (salt) => {
      const key = await wampcraCredentials('s', { salt, iterations: 10 });
      const router = start(wampcra(new Map([['joe', { ...key, authrole: 'user' }]])));
      const saltFor = async (authid: string): Promise<string> =>
        String((await new Login(router).challenge('wampcra', { authid }))['salt']);
      const [known, strange] = [await saltFor('joe'), await saltFor('eve')];
      expect(strange).toHaveLength(known.length);
      expect(/^[\da-f]+$/.test(strange)).toBe(/^[\da-f]+$/.test(known));
    },
  );

  test.each([8, 16, 24, 40])('SCR-2 has a salt like the others’, such as one of %d bytes', async (size) => {
    const stored = await scramCredentials('s', {
      kdf: 'pbkdf2',
      iterations: 10,
      salt: Buffer.alloc(size, 7),
    });
    const router = start(scram(new Map([['joe', { ...stored, authrole: 'user' }]])));
    const saltFor = async (authid: string): Promise<string> => {
      const hello = { authid, authextra: { nonce: 'AAAA' } };
      return String((await new Login(router).challenge('wamp-scram', hello))['salt']);
    };
    expect(await saltFor('eve')).toHaveLength((await saltFor('joe')).length);
  });
});

describe('names', () => {
  const users = new Map([['joe', { ticket: 's', authrole: 'user' }]]);

  test.each(['', 'Joe', 'joe ', 'joe\0', 'jo\u200be', 'jоe', '__proto__', 'constructor', 'x'.repeat(60_000)])(
    'T-25 %j is not joe',
    async (authid) => {
      const login = new Login(start(ticket(users)));
      await login.challenge('ticket', { authid });
      expect(await login.authenticate('s')).toEqual(DENIED);
    },
  );

  test.each([5, null, ['joe'], { toString: 'joe' }, true])('AUTH-1 %j is no name', async (authid) => {
    const [type, , reason] = await new Login(start(ticket(users))).hello('ticket', { authid });
    if (authid === null) expect(type).toBe(4);
    else expect([type, reason]).toEqual([3, 'wamp.error.protocol_violation']);
  });

  test('threat 28: long ones that fail take no room', () => {
    const attempts = new Attempts(new ManualClock(), { perAuthid: 1 });
    collect();
    const before = process.memoryUsage().heapUsed;
    const long = (number: number): string => `${number}`.padEnd(60_000, 'x');
    for (let number = 0; number < 500; number += 1)
      attempts.failed({ realm: 'realm1', authid: long(number) });
    collect();
    // They would be 30 MB.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
    expect(attempts.expected({ realm: 'realm1', authid: long(7) })).toBeGreaterThan(0);
    expect(attempts.expected({ realm: 'realm1', authid: `${long(7)}x` })).toBe(0);
  });
});

test('T-27 what a procedure or a function wants derived is bounded', async () => {
  const digest = createHash('sha256').update('x').digest('hex');
  const source = { authrole: 'user', secret: digest, salt: 's', iterations: 1e12 };
  expect(await new Login(start(wampcra(() => source))).hello('wampcra', { authid: 'joe' })).toEqual(FAILED);
  expect(() => wampcra(new Map([['joe', source]]))).toThrow('iterations');
});
