/** Asks an authorizer, with a deadline, about actions of the realm on behalf of a session. */
import { faultOf, rulingOf, type Asker, type Authorizer } from '../authz/authorizer.ts';
import type { Clock } from '../core/clock.ts';
import type { Permits, Ruling } from '../core/ruling.ts';
import type { Log } from '../log.ts';

/** What is needed to ask. */
interface Asking {
  readonly clock: Clock;
  readonly log: Log;
  /** How long a decision may take (ms). */
  readonly timeout: number;
}

/**
 * AZN-2: fails closed, like the gate, and logs an invalid answer.
 * @param where the realm, and the function with which the router calls procedures there
 */
export function permitsOf(
  authorizer: Authorizer,
  where: () => Omit<Asker, 'session'>,
  asking: Asking,
): Permits {
  return (session, topic) => {
    const failed = (error: unknown): Ruling => {
      const facts = { realm: where().realm.name, session: session.id, action: 'publish', uri: topic, error };
      asking.log('warn', 'authorization failed', facts);
      return 'failed';
    };
    const read = (permit: unknown): Ruling => {
      const ruling = rulingOf(permit);
      return ruling === 'failed'
        ? failed(new TypeError(`the authorizer gave an invalid answer: ${faultOf(permit)}`))
        : ruling;
    };
    try {
      const asker = { ...where(), session };
      const permit: unknown = authorizer.authorize(session.principal, 'publish', topic, {}, asker);
      return permit instanceof Promise ? inTime(permit, asking, read, failed) : read(permit);
    } catch (error) {
      return failed(error);
    }
  };
}

/** The outcome of a decision, or that of `failed` after the deadline; a later decision is ignored. */
function inTime(
  permit: Promise<unknown>,
  { clock, timeout }: Asking,
  read: (permit: unknown) => Ruling,
  failed: (error: unknown) => Ruling,
): Promise<Ruling> {
  return new Promise((resolve) => {
    let isLate = false;
    const dismiss = clock.after(timeout, () => {
      isLate = true;
      resolve(failed(new Error(`the authorizer has not decided within ${timeout} ms`)));
    });
    const settle =
      (rule: (outcome: unknown) => Ruling) =>
      (outcome: unknown): void => {
        if (isLate) return;
        dismiss();
        resolve(rule(outcome));
      };
    permit.then(settle(read), settle(failed));
  });
}
