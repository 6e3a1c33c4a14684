/** Method `jwt`: the key that verifies JSON Web Tokens, and the claims that are required. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { jwtAlgorithms, type JwtKeys, type JwtRules } from '@wamp/router/jwt';
import type { Files } from './files.ts';
import { contents, secret, text, textIn } from './kinds.ts';
import { role } from './source.ts';

/** A key shorter than the hash would weaken HS256 (RFC 7518 §3.2). */
const LEAST_SECRET = 32;

export function jwt(files: Files): z.ZodType<JwtRules> {
  return z
    .strictObject({
      key: publicKey(files)
        .exactOptional()
        .describe('File with the public key of the issuer, or its certificate (PEM).'),
      jwks: keySet(files).exactOptional().describe('File with the public keys of the issuer (JWKS).'),
      jwks_url: keyPlace()
        .exactOptional()
        .describe(
          'The URL of the public keys of the issuer (JWKS). No other URL is used, whatever a token says.',
        ),
      secret: secret(files)
        .refine((value) => Buffer.byteLength(value) >= LEAST_SECRET, {
          message: `is too short, expected ${LEAST_SECRET} bytes at least`,
        })
        .transform((value): JwtKeys => ({ secret: Buffer.from(value) }))
        .exactOptional()
        .describe('The secret that is shared with the issuer (HMAC).'),
      audience: text('the audience of the tokens').describe(
        'The audience, which claim `aud` of a token must contain.',
      ),
      issuer: text('the issuer of the tokens')
        .exactOptional()
        .describe('The issuer, which claim `iss` of a token must equal.'),
      authid_claim: text('the name of a claim')
        .default('sub')
        .describe('The claim that contains the authid.'),
      role_claim: text('the name of a claim').exactOptional().describe('The claim that contains the role.'),
      role: role().exactOptional().describe('The role of all tokens, instead of role_claim.'),
    })
    .transform(rulesIn)
    .meta({ title: 'a mapping with a key, audience, and role_claim or role' });
}

/** The keys of the mapping, each checked by itself. */
interface Written {
  readonly key?: JwtKeys;
  readonly jwks?: JwtKeys;
  readonly jwks_url?: JwtKeys;
  readonly secret?: JwtKeys;
  readonly audience: string;
  readonly issuer?: string;
  readonly authid_claim: string;
  readonly role_claim?: string;
  readonly role?: string;
}

/** Exactly one way to give the key, and exactly one to give the role. */
function rulesIn(given: Written, context: z.core.$RefinementCtx): JwtRules {
  const { audience, issuer, authid_claim: authidClaim, role_claim: claim, role: name } = given;
  const [keys, ...more] = [given.key, given.jwks, given.jwks_url, given.secret].filter(
    (each) => each !== undefined,
  );
  if (keys === undefined || more.length > 0) {
    context.addIssue({ code: 'custom', message: 'expected one of key, jwks, jwks_url and secret' });
    return z.NEVER;
  }
  if ((claim === undefined) === (name === undefined)) {
    context.addIssue({ code: 'custom', message: 'expected either role_claim or role' });
    return z.NEVER;
  }
  const named = name === undefined ? { claim: claim ?? '' } : { name };
  return { keys, audience, ...(issuer === undefined ? {} : { issuer }), authidClaim, role: named };
}

function publicKey(files: Files): z.ZodType<JwtKeys> {
  return contents(files).transform((pem, context): JwtKeys => {
    const key = publicKeyOf(pem);
    if (key !== undefined && jwtAlgorithms(key) !== undefined) return { key };
    const message =
      'the file holds no public key, expected one of RSA, P-256, P-384, P-521 or Ed25519 in PEM';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

function publicKeyOf(pem: Buffer): KeyObject | undefined {
  try {
    // Node would silently derive a public key from a private one, which should not be on this machine.
    return pem.includes('PRIVATE KEY') ? undefined : createPublicKey(pem);
  } catch {
    return undefined;
  }
}

function keySet(files: Files): z.ZodType<JwtKeys> {
  return textIn(files).transform((set, context): JwtKeys => {
    const parsed = z
      .object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) })
      .safeParse(json(set));
    if (parsed.success && parsed.data.keys.every(({ kty }) => kty !== 'oct')) {
      return { set: parsed.data };
    }
    context.addIssue({ code: 'custom', message: 'the file holds no public keys, expected a JWKS' });
    return z.NEVER;
  });
}

function keyPlace(): z.ZodType<JwtKeys> {
  return z
    .url({ protocol: /^https$/ })
    .transform((url): JwtKeys => ({ url }))
    .meta({ title: 'a URL that begins with https' });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
