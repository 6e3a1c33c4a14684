/** The clock of the runtime, which knows how many timers are pending. */
import type { Clock } from '@wamp/client';

export class CountingClock implements Clock {
  pending = 0;

  after(ms: number, fire: () => void): () => void {
    this.pending += 1;
    let isPending = true;
    const done = (): boolean => {
      const was = isPending;
      isPending = false;
      if (was) this.pending -= 1;
      return was;
    };
    const timer = setTimeout(() => {
      if (done()) fire();
    }, ms);
    return () => {
      if (done()) clearTimeout(timer);
    };
  }
}
