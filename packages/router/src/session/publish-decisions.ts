/** Asks an authorizer, with a deadline, about what a realm publishes on behalf of a session. */
import { decisionOf, faultOf, type Asker, type Authorizer } from '../authz/authorizer.ts';
import type { Clock } from '../core/clock.ts';
import type { DecidePublish, Decision } from '../core/decision.ts';
import type { Log } from '../log.ts';

/** The authorizer to ask, and the conditions. */
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
export function decidePublishBy(
  authorizer: Authorizer,
  where: () => Omit<Asker, 'session'>,
  asking: Asking,
): DecidePublish {
  return (session, topic) => {
    const failed = (error: unknown): Decision => {
      const facts = { realm: where().realm.name, session: session.id, action: 'publish', uri: topic, error };
      asking.log('warn', 'authorization failed', { code: 'authorization_denied', ...facts });
      return 'failed';
    };
    const read = (answer: unknown): Decision => {
      const decision = decisionOf(answer);
      return decision === 'failed'
        ? failed(new TypeError(`the authorizer gave an invalid answer: ${faultOf(answer)}`))
        : decision;
    };
    try {
      const asker = { ...where(), session };
      const answer: unknown = authorizer.authorize(session.principal, 'publish', topic, {}, asker);
      return answer instanceof Promise ? inTime(answer, asking, read, failed) : read(answer);
    } catch (error) {
      return failed(error);
    }
  };
}

/** The outcome of a decision, or that of `failed` after the deadline; a later decision is ignored. */
function inTime(
  answer: Promise<unknown>,
  { clock, timeout }: Asking,
  read: (answer: unknown) => Decision,
  failed: (error: unknown) => Decision,
): Promise<Decision> {
  return new Promise((resolve) => {
    let isLate = false;
    const dismiss = clock.after(timeout, () => {
      isLate = true;
      resolve(failed(new Error(`the authorizer has not decided within ${timeout} ms`)));
    });
    const settle =
      (conclude: (outcome: unknown) => Decision) =>
      (outcome: unknown): void => {
        if (isLate) return;
        dismiss();
        resolve(conclude(outcome));
      };
    answer.then(settle(read), settle(failed));
  });
}
