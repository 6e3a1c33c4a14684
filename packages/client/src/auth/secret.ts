/** A secret, or where to get it. */
import { demand, TEXT } from '../options.ts';
import type { Entry } from '../stack.ts';

/** A text, or a function that fetches one whenever the router asks; after a reconnect it is asked again. */
export type Secret = string | (() => string | Promise<string>);

/** @throws TypeError when what comes of it is no text */
export async function reveal(secret: Secret): Promise<string> {
  const revealed: unknown = typeof secret === 'function' ? await secret() : secret;
  if (typeof revealed !== 'string') throw new TypeError('A secret is a string.');
  return revealed;
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
