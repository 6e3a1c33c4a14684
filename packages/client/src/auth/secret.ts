/** A secret, or where to get it. */

/** A text, or a function that fetches one whenever the router asks; after a reconnect it is asked again. */
export type Secret = string | (() => string | Promise<string>);

/** @throws TypeError when what comes of it is no text */
export async function reveal(secret: Secret): Promise<string> {
  const revealed: unknown = typeof secret === 'function' ? await secret() : secret;
  if (typeof revealed !== 'string') throw new TypeError('A secret is a string.');
  return revealed;
}
