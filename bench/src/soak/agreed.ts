/** The credentials, topics and limits that the router and the clients of the soak share. */

export const NAME = 'joe';
export const PASSWORD = 'a password of joe';
/** An Ed25519 key, made for this and worth nothing elsewhere. */
export const CRYPTOSIGN: Readonly<Record<'seed' | 'publicKey', string>> = {
  seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
  publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
};
/** The topic with a history. */
export const PAST = 'soak.past';
/** What may wait for a client that reads too slowly (bytes). */
export const QUEUE_SIZE: number = 8 * 1024 * 1024;
