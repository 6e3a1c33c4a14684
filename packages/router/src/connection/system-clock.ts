/** The clock of the machine. */
import type { Clock } from '../core/clock.ts';

/** The maximum delay of a Node.js timer (ms); a timer with a longer delay would fire at once. */
const LONGEST = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delay, task) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      timer =
        left <= LONGEST
          ? setTimeout(task, left)
          : setTimeout(() => {
              arm(left - LONGEST);
            }, LONGEST);
    };
    arm(delay);
    return () => {
      clearTimeout(timer);
    };
  },
};
