/** Two-factor authentication: two methods in succession (SES-11). */
import { ErrorUri, type Hello } from '@wamp/protocol';
import { expect } from '../expect.ts';
import type { Authenticator, JoinInfo, Verdict } from './authenticator.ts';
import { DENIED } from './verdicts.ts';

/** The verdict that admits a client. */
type Admitted = Extract<Verdict, { readonly welcome: unknown }>;

/**
 * Admits a client when both methods admit it under the same authid: `both(scram(passwords), ticket(codes))`. A client
 * selects it by the method of the first, must also offer the method of the second, and is challenged by both in turn.
 * The first determines the role and, if it may, the realm. The other authenticators of the realm remain separate ways to log in: none of them
 * should accept the second factor alone.
 */
export function both(first: Authenticator, second: Authenticator): Authenticator {
  return {
    method: first.method,
    realms: first.realms,
    async begin(hello, info) {
      const { authmethods = [] } = hello.details;
      if (!authmethods.includes(second.method)) {
        const message = `the second factor needs authmethod ${second.method}: offer it in HELLO as well`;
        return { abort: ErrorUri.NO_MATCHING_AUTH_METHOD, message };
      }
      return follow(await first.begin(hello, info), (admitted) => ask(second, hello, info, admitted));
    },
  };
}

/** The second factor, for a client that has passed the first. */
async function ask(
  second: Authenticator,
  hello: Hello,
  info: JoinInfo,
  { welcome: known, realm }: Admitted,
): Promise<Verdict> {
  // The authid that the first factor has proved, not the one that the client claimed.
  const shown = { ...hello, details: { ...hello.details, authid: known.authid } };
  const verdict = await second.begin(shown, info);
  const named = 'challenge' in verdict ? { method: second.method, ...verdict } : verdict;
  return follow(named, ({ welcome: principal, realm: other = hello.realm }) => {
    if (principal.authid !== known.authid) return DENIED;
    const isSame = other === hello.realm || other === realm;
    expect(isSame, `the second factor named the realm ${other}, which only the first may name`);
    const authextra = { ...known.authextra, ...principal.authextra };
    return { welcome: { ...known, ...(Object.keys(authextra).length > 0 && { authextra }) }, realm };
  });
}

/** The verdict, with the second factor in place of WELCOME. */
async function follow(
  verdict: Verdict,
  next: (admitted: Admitted) => Verdict | Promise<Verdict>,
): Promise<Verdict> {
  if ('welcome' in verdict) return next(verdict);
  if ('abort' in verdict) return verdict;
  return { ...verdict, answer: async (message) => follow(await verdict.answer(message), next) };
}
