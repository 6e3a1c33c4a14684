/** Deadlines of handshakes: counts each missed deadline in one place. */
import type { Clock } from '../core/clock.ts';
import type { Limits, LimitTally } from '../limits.ts';

/** The parts of the router that this module uses. */
interface DeadlineRouter {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'helloTimeout' | 'authenticateTimeout'>;
  readonly limited: LimitTally;
}

/** The name under which each missed deadline is counted, and the limit that contains its length. */
const TIMES = { hello_timeout: 'helloTimeout', authenticate_timeout: 'authenticateTimeout' } as const;
export type DeadlineName = keyof typeof TIMES;

/**
 * Starts a deadline.
 * @param late called when the deadline passes
 * @param more time in addition to the limit (ms)
 * @returns a function that cancels the deadline
 */
export function deadline(router: DeadlineRouter, name: DeadlineName, late: () => void, more = 0): () => void {
  return router.clock.after(router.limits[TIMES[name]] + more, () => {
    router.limited.add(name);
    late();
  });
}
