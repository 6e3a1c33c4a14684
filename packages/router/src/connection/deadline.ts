/** Deadlines of handshakes: counts each missed deadline in one place. */
import type { Clock } from '../core/clock.ts';
import type { Limits, LimitTally } from '../limits.ts';

/** What this needs of the router. */
interface DeadlineRouter {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'helloTimeout' | 'authenticateTimeout'>;
  readonly limited: LimitTally;
}

/** What is awaited, as it is counted, and how long. */
const TIMES = { hello_timeout: 'helloTimeout', authenticate_timeout: 'authenticateTimeout' } as const;
export type DeadlineName = keyof typeof TIMES;

/**
 * @param late called when the time is over
 * @param more time beyond that of the limit (ms)
 * @returns a function that cancels it
 */
export function deadline(router: DeadlineRouter, name: DeadlineName, late: () => void, more = 0): () => void {
  return router.clock.after(router.limits[TIMES[name]] + more, () => {
    router.limited.add(name);
    late();
  });
}
