/** A secret, or where to get it. */
import { AuthError } from '../errors.ts';
import { demand, TEXT } from '../options.ts';
import type { Entry } from '../stack.ts';
import type { AuthContext } from './authenticator.ts';

/**
 * A text, or a function that fetches one whenever the router asks, on every connection. When the function throws, a
 * session that has lost its connection tries again later; an `AuthError` says that this is of no use.
 */
export type Secret = string | ((context: AuthContext) => string | Promise<string>);

/** The function for a secret has failed: the next time it may not. */
export class SecretUnavailable extends Error {}

/** @throws TypeError when what comes of it is no text; SecretUnavailable, AuthError */
export async function reveal(secret: Secret, context: AuthContext): Promise<string> {
  const revealed: unknown = typeof secret === 'function' ? await fetched(secret, context) : secret;
  if (typeof revealed !== 'string') throw new TypeError('A secret is a string.');
  return revealed;
}

async function fetched(
  fetch: (context: AuthContext) => string | Promise<string>,
  context: AuthContext,
): Promise<string> {
  try {
    return await fetch(context);
  } catch (cause) {
    throw cause instanceof AuthError ? cause : new SecretUnavailable('unavailable', { cause });
  }
}

/** For plain JavaScript. @throws TypeError */
export function requireNameAndSecret(authid: unknown, secret: unknown, entry: Entry): void {
  requireName(authid, entry);
  if (typeof secret !== 'function') demand(TEXT, secret, 'The secret', entry);
}

/** @throws TypeError */
export function requireName(authid: unknown, entry: Entry): void {
  demand(TEXT, authid, 'The authid', entry);
}
