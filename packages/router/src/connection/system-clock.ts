/** The machine's own clock. */
import type { Clock } from '../core/clock.ts';

/** The longest delay of a timer; with a longer one it would run at once. */
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
