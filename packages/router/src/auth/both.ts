/** Two factors: who wants to come in proves one thing, and then another (SES-11). */
import { ErrorUri, type Hello } from '@wamp/protocol';
import type { Principal } from '../core/session.ts';
import type { Authenticator, JoinInfo, Verdict } from './authenticator.ts';
import { DENIED } from './verdicts.ts';

/**
 * Lets in whom both let in, under the same authid: `both(scram(passwords), ticket(codes))`. Clients choose it by the
 * method of the first, offer that of the second, too, and are challenged by one after the other. The role is the one
 * that the first gives. The realm's other authenticators stay doors of their own: none should have the second alone.
 */
export function both(first: Authenticator, second: Authenticator): Authenticator {
  return {
    method: first.method,
    async begin(hello, info) {
      const { authmethods = [] } = hello.details;
      if (!authmethods.includes(second.method)) {
        const message = `a second factor is asked for by ${second.method}, which is not offered`;
        return { abort: ErrorUri.NO_MATCHING_AUTH_METHOD, message };
      }
      return follow(await first.begin(hello, info), (principal) => ask(second, hello, info, principal));
    },
  };
}

/** The second factor, for whom the first has let in. */
async function ask(second: Authenticator, hello: Hello, info: JoinInfo, known: Principal): Promise<Verdict> {
  // Whatever the client has called itself: it is asked as whom it has shown to be.
  const shown = { ...hello, details: { ...hello.details, authid: known.authid } };
  const verdict = await second.begin(shown, info);
  const named = 'challenge' in verdict ? { method: second.method, ...verdict } : verdict;
  return follow(named, (principal) => {
    if (principal.authid !== known.authid) return DENIED;
    const authextra = { ...known.authextra, ...principal.authextra };
    return { welcome: { ...known, ...(Object.keys(authextra).length > 0 && { authextra }) } };
  });
}

/** The verdict, with what is to follow in place of WELCOME. */
async function follow(
  verdict: Verdict,
  next: (principal: Principal) => Verdict | Promise<Verdict>,
): Promise<Verdict> {
  if ('welcome' in verdict) return next(verdict.welcome);
  if ('abort' in verdict) return verdict;
  return { ...verdict, answer: async (message) => follow(await verdict.answer(message), next) };
}
