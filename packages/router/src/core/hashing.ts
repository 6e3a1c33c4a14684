/** String hashes with a random secret, so that no client can choose strings that collide. */

/** The hash of the empty string. */
export const EMPTY: number = secret();
const [ODD, SALT] = [secret() | 1, secret()];

/** 32 random bits. */
export function secret(): number {
  return Math.floor(Math.random() * 2 ** 32) | 0;
}

/** The hash of a string extended by one UTF-16 unit. */
export function extended(hash: number, unit: number): number {
  const mixed = Math.imul(hash ^ Math.imul(unit, SALT), ODD);
  return mixed ^ (mixed >>> 15);
}
