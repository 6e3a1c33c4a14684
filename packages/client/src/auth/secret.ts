/** A secret, or a function that fetches it. */
import { AuthError } from '../errors.ts';
import { demand, TEXT } from '../options.ts';
import type { EntryPoint } from '../stack.ts';
import type { AuthContext } from './authenticator.ts';

/**
 * A string, or a function that is called for each CHALLENGE, on every connection. If the function throws, a session
 * that has lost its connection retries later, unless it throws an `AuthError`.
 */
export type Secret = string | ((context: AuthContext) => string | Promise<string>);

/** The function for a secret has failed; it may succeed later. */
export class SecretUnavailable extends Error {}

/** @throws TypeError if the result is not a string; SecretUnavailable, AuthError */
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

/** Checks types at run time, for callers without TypeScript. @throws TypeError */
export function requireNameAndSecret(authid: unknown, secret: unknown, entry: EntryPoint): void {
  requireName(authid, entry);
  if (typeof secret !== 'function') demand(TEXT, secret, 'The secret', entry);
}

/** @throws TypeError */
export function requireName(authid: unknown, entry: EntryPoint): void {
  demand(TEXT, authid, 'The authid', entry);
}
