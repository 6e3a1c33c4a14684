/** Asks an authorizer in time, for what a realm does in a session's name. */
import { rulingOf, type Asker, type Authorizer } from '../authz/authorizer.ts';
import type { Clock } from '../core/clock.ts';
import type { Permits, Ruling } from '../core/ruling.ts';

/**
 * @param where the realm, and how the router calls procedures there
 * @param timeout how long a decision may take (ms)
 */
export function permitsOf(
  authorizer: Authorizer,
  where: () => Omit<Asker, 'session'>,
  clock: Clock,
  timeout: number,
): Permits {
  return (session, topic) => {
    try {
      const asker = { ...where(), session };
      const permit = authorizer.authorize(session.principal, 'publish', topic, {}, asker);
      return permit instanceof Promise ? inTime(permit, clock, timeout) : rulingOf(permit);
    } catch {
      return 'failed';
    }
  };
}

/** AZN-2: fails closed, like the gate. */
function inTime(permit: Promise<unknown>, clock: Clock, timeout: number): Promise<Ruling> {
  return new Promise((resolve) => {
    const dismiss = clock.after(timeout, () => {
      resolve('failed');
    });
    const settle = (ruling: Ruling): void => {
      dismiss();
      resolve(ruling);
    };
    permit.then(
      (settled) => {
        settle(rulingOf(settled));
      },
      () => {
        settle('failed');
      },
    );
  });
}
