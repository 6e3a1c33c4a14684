/** A client without the secret: it sends HELLO, answers the challenge, and is refused. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { json, type Dict } from '@wamp/protocol';
import { inMemory, type Router } from '@wamp/router';

/** How an intruder attempts one method. */
export interface Trick {
  /** For HELLO.Details.authextra. */
  readonly authextra?: Dict;
  /** Composes a well-formed but wrong answer to a challenge. */
  answer(extra: Dict): { readonly signature: string; readonly extra?: Dict };
}

/** The refusal that every intruder gets. */
const REFUSED = '[3,{"message":"the credentials are not valid"},"wamp.error.authentication_denied"]';

/**
 * Makes one attempt.
 * @returns the time that the router took (ms)
 * @throws Error unless the refusal is the same as for all intruders
 */
export async function intrude(router: Router, method: string, authid: string, trick: Trick): Promise<number> {
  const transport = inMemory(router, json);
  let hear: (text: string) => void = () => undefined;
  transport.listener = {
    frame: (bytes) => hear(Buffer.from(bytes).toString()),
    violation: (what) => hear(what),
    closed: (reason) => hear(reason),
  };
  /** Sends a message, and returns the answer. */
  const ask = (...message: readonly unknown[]): Promise<string> => {
    transport.send(new TextEncoder().encode(JSON.stringify(message)));
    return new Promise((resolve) => (hear = resolve));
  };
  const { authextra = {} } = trick;
  const hello = { roles: { caller: {} }, authmethods: [method], authid, authextra };
  const start = performance.now();
  const challenge = await ask(1, 'realm1', hello);
  const challenged = performance.now();
  const [type, , extra] = JSON.parse(challenge) as [number, string, Dict];
  if (type !== 4) throw new Error(`${method}: no CHALLENGE, but ${challenge}`);
  const answer = trick.answer(extra);
  const answered = performance.now();
  const end = await ask(5, answer.signature, answer.extra ?? {});
  if (end !== REFUSED) throw new Error(`${method}: ${authid} is told ${end}`);
  return challenged - start + (performance.now() - answered);
}

/** Sends 32 random bytes as ticket, signature or proof. */
export const guessing: Trick = { answer: () => ({ signature: randomBytes(32).toString('base64') }) };

export const guessingScram: Trick = {
  authextra: { nonce: randomBytes(24).toString('base64'), channel_binding: null },
  answer: ({ nonce }) => ({
    signature: randomBytes(32).toString('base64'),
    extra: { nonce, channel_binding: null },
  }),
};

const own = generateKeyPairSync('ed25519');

/** The public key of {@link own}, in hex. */
const ownKey = Buffer.from(own.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');

/** Signs with a key of its own. @param pubkey the public key that it claims to have */
export function signing(pubkey: string = ownKey): Trick {
  return {
    authextra: { pubkey },
    answer({ challenge }) {
      const message = Buffer.from(String(challenge), 'hex');
      return { signature: Buffer.concat([sign(null, message, own.privateKey), message]).toString('hex') };
    },
  };
}
