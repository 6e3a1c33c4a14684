/** The maths of authentication, against what others have published, and in ways that only properties show. */
import {
  concat,
  equalBytes,
  cryptosignMessage,
  fromBase64,
  fromHex,
  hmac,
  isScramProof,
  readCryptosign,
  readCryptosignChallenge,
  saslprep,
  scramAuthMessage,
  scramKeys,
  scramProof,
  scramVerifier,
  sha256,
  toBase64,
  toHex,
  utf8,
  wampcraKey,
  wampcraSignature,
  writeCryptosign,
  xor,
  type ScramKeys,
} from '@wamp/protocol/auth';
import { ed25519PublicKey, ed25519Sign, ed25519Verify } from '@wamp/protocol/ed25519';
import fc from 'fast-check';
import { createHmac, pbkdf2Sync } from 'node:crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { scramSaltedPassword } from '../src/auth/scram.ts';
import {
  CRYPTOSIGN,
  CRYPTOSIGN_EXCHANGES,
  SCRAM_RFC_7677,
  SCRAM_SALTED,
  SCRAM_SALTED_FROM,
  SCRAM_WAMP,
  WAMPCRA_KEYS,
  WAMPCRA_SIGNATURES,
} from './auth-vectors.ts';

/** The bytes of hex that is right. */
function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`no hex: ${text}`);
  return bytes;
}

/** The bytes of base64 that is right. */
function base64(text: string): Uint8Array {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw new Error(`no base64: ${text}`);
  return bytes;
}

const bytes = (constraints?: fc.IntArrayConstraints) => fc.uint8Array(constraints);

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each(['with WebCrypto', 'without WebCrypto'])('%s', (which) => {
  /** Without https, pages have no WebCrypto. */
  function prepare(): void {
    if (which === 'without WebCrypto') vi.stubGlobal('crypto', { getRandomValues: () => undefined });
  }

  test.each(WAMPCRA_KEYS)('CRA-4 T-26 keys of $from', async ({ password, salting, key }) => {
    prepare();
    expect(await wampcraKey(password, salting)).toBe(key);
  });

  test.each(WAMPCRA_SIGNATURES)('CRA-3 signatures of $from', async ({ key, challenge, signature }) => {
    prepare();
    expect(await wampcraSignature(key, challenge)).toBe(signature);
  });

  test.each(SCRAM_SALTED)('SCR-9 $cost.kdf', async ({ cost, salted }) => {
    prepare();
    const { password, salt } = SCRAM_SALTED_FROM;
    expect(toHex(await scramSaltedPassword(password, utf8(salt), cost))).toBe(salted);
  });

  test.each([SCRAM_RFC_7677, SCRAM_WAMP])(
    'SCR-8 SCR-5 SCR-7 the exchange with nonce $nonce',
    async (vector) => {
      prepare();
      const cost = { kdf: 'pbkdf2', iterations: vector.iterations } as const;
      const keys = await scramKeys(vector.password, base64(vector.salt), cost);
      const authMessage = await scramAuthMessage(vector);
      const proof = await scramProof(keys, authMessage);
      expect(toHex(keys.storedKey)).toBe(vector.storedKey);
      if ('serverKey' in vector) {
        expect(toHex(keys.serverKey)).toBe(vector.serverKey);
        const salted = await scramSaltedPassword(vector.password, base64(vector.salt), cost);
        expect(toHex(salted)).toBe(vector.saltedPassword);
      }
      expect(toBase64(proof)).toBe(vector.proof);
      expect(toBase64(await scramVerifier(keys.serverKey, authMessage))).toBe(vector.verifier);
      expect(await isScramProof(proof, keys.storedKey, authMessage)).toBe(true);
    },
  );

  test('SHA-256, HMAC and PBKDF2 are what Node has under these names', async () => {
    prepare();
    await fc.assert(
      fc.asyncProperty(bytes({ maxLength: 200 }), bytes({ maxLength: 200 }), async (key, data) => {
        expect(Buffer.from(await hmac(key, data))).toEqual(createHmac('sha256', key).update(data).digest());
        const salting = { salt: toHex(data), iterations: 3, keylen: 40 };
        const derived = pbkdf2Sync(toHex(key), salting.salt, 3, 40, 'sha256').toString('base64');
        expect(await wampcraKey(toHex(key), salting)).toBe(derived);
      }),
      { numRuns: 20 },
    );
    expect(toHex(await sha256(utf8('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});

describe('SCRAM', () => {
  const exchange = {
    authid: 'user',
    clientNonce: 'abc=',
    nonce: 'abc=def=',
    salt: 'c2FsdA==',
    iterations: 4096,
  };
  const text = async (changes: object): Promise<string> =>
    new TextDecoder().decode(await scramAuthMessage({ ...exchange, ...changes }));

  test('SCR-8 the text that is signed, with and without a binding', async () => {
    expect(await text({})).toBe('n=user,r=abc=,r=abc=def=,s=c2FsdA==,i=4096,c=biws,r=abc=def=');
    const binding = { type: 'tls-unique', data: Uint8Array.of(1, 2, 3) };
    const header = Buffer.concat([Buffer.from('p=tls-unique,,'), Buffer.of(1, 2, 3)]).toString('base64');
    expect(await text({ binding })).toBe(`n=user,r=abc=,r=abc=def=,s=c2FsdA==,i=4096,c=${header},r=abc=def=`);
  });

  test.each([
    ['a,b', 'a=2Cb'],
    ['a=b', 'a=3Db'],
    ['=2C,', '=3D2C=2C'],
    ['I\u00adX', 'IX'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['ü', 'ü'],
  ])('SCR-8 T-28 authid %j is written %j', async (authid, written) => {
    expect(await text({ authid })).toMatch(new RegExp(`^n=${written},r=`, 'u'));
  });

  test('T-28 what SASLprep prohibits is refused', async () => {
    await expect(saslprep('bell\u0007')).rejects.toThrow();
    await expect(saslprep('\u0627\u0031')).rejects.toThrow(); // RFC 4013 §3: bidirectional, and ends left to right
    expect(await saslprep('user')).toBe('user');
    await expect(scramAuthMessage({ ...exchange, authid: '\u0007' })).rejects.toThrow();
  });

  test('SCR-8 SCR-9 the same password, however it is typed', async () => {
    const keys = (password: string): Promise<ScramKeys> =>
      scramKeys(password, Uint8Array.of(1), { kdf: 'pbkdf2', iterations: 2 });
    expect(await keys('\u2168')).toEqual(await keys('IX'));
    expect(await keys('ix')).not.toEqual(await keys('IX'));
  });

  test('SCR-6 no other proof is one', async () => {
    const keys = await scramKeys('pencil', utf8('salt'), { kdf: 'pbkdf2', iterations: 2 });
    const authMessage = utf8('message');
    const right = await scramProof(keys, authMessage);
    await fc.assert(
      fc.asyncProperty(fc.nat(31), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const wrong = Uint8Array.from(right, (byte, index) => (index === at ? byte ^ change : byte));
        expect(await isScramProof(wrong, keys.storedKey, authMessage)).toBe(false);
      }),
      { numRuns: 30 },
    );
    for (const wrong of [new Uint8Array(), right.subarray(1), new Uint8Array(33)]) {
      expect(await isScramProof(wrong, keys.storedKey, authMessage)).toBe(false);
    }
    expect(await isScramProof(right, keys.storedKey, utf8('another'))).toBe(false);
  });
});

describe('cryptosign', () => {
  test.each(CRYPTOSIGN)('CSN-3 key $publicKey, channel $channelId', (vector) => {
    const { privateKey, publicKey, challenge, channelId } = vector;
    const message = cryptosignMessage(hex(challenge), channelId === undefined ? undefined : hex(channelId));
    const signature = ed25519Sign(hex(privateKey), message);
    expect(toHex(ed25519PublicKey(hex(privateKey)))).toBe(publicKey);
    expect(toHex(message)).toBe(vector.message);
    expect(writeCryptosign({ signature, message })).toBe(vector.signature + vector.message);
    expect(ed25519Verify(hex(publicKey), message, signature)).toBe(true);
  });

  test.each(CRYPTOSIGN_EXCHANGES)('CSN-3 CSN-5 $what has signed its challenge', (vector) => {
    const { publicKey, challenge, channelId, signature } = vector;
    const read = readCryptosign(signature);
    if (read === undefined) throw new Error('no signature');
    const message = cryptosignMessage(hex(challenge), channelId === undefined ? undefined : hex(channelId));
    expect(toHex(read.message)).toBe(toHex(message));
    expect(ed25519Verify(hex(publicKey), message, read.signature)).toBe(true);
    const other = xor(
      message,
      Uint8Array.from({ length: 32 }, (_, index) => (index === 7 ? 1 : 0)),
    );
    expect(ed25519Verify(hex(publicKey), other, read.signature)).toBe(false);
  });

  test('CSN-3 T-29 a signature is 192 hex digits, and nothing else', () => {
    const right = 'ab'.repeat(96);
    expect(readCryptosign(right)).toBeDefined();
    expect(readCryptosign(right.toUpperCase())).toEqual(readCryptosign(right));
    const wrong: unknown[] = ['', right.slice(2), `${right}ab`, ` ${right.slice(1)}`, `x${right.slice(1)}`];
    for (const text of [...wrong, undefined, null, 5, [right]]) expect(readCryptosign(text)).toBeUndefined();
    for (const text of ['', 'ab', 5, undefined]) expect(readCryptosignChallenge(text)).toBeUndefined();
  });

  test('what is no key verifies nothing', () => {
    const signature = new Uint8Array(64);
    expect(ed25519Verify(new Uint8Array(32), utf8('m'), signature)).toBe(false);
    expect(ed25519Verify(new Uint8Array(5), utf8('m'), signature)).toBe(false);
    expect(ed25519Verify(hex('ff'.repeat(32)), utf8('m'), signature)).toBe(false);
  });
});

describe('bytes', () => {
  test('hex and base64 there and back', () => {
    fc.assert(
      fc.property(bytes(), (data) => {
        expect(toHex(data)).toBe(Buffer.from(data).toString('hex'));
        expect(Buffer.from(hex(toHex(data)))).toEqual(Buffer.from(data));
        expect(Buffer.from(base64(toBase64(data)))).toEqual(Buffer.from(data));
      }),
    );
  });

  test('equal when they are, XOR back when twice, joined in order', () => {
    fc.assert(
      fc.property(bytes({ minLength: 1, maxLength: 40 }), bytes({ maxLength: 40 }), (one, other) => {
        expect(equalBytes(one, Uint8Array.from(one))).toBe(true);
        expect(equalBytes(one, other)).toBe(Buffer.compare(one, other) === 0);
        expect(xor(xor(one, one), one)).toEqual(one);
        expect(concat(one, other)).toEqual(Uint8Array.from([...one, ...other]));
      }),
    );
    expect(() => xor(new Uint8Array(1), new Uint8Array(2))).toThrow(RangeError);
  });
});
