/** Ends the process in order at the first signal, and at once at the second. */
import { constants } from 'node:os';

/** What can be stopped. */
export interface Stoppable {
  stop(): Promise<void>;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Waits for a signal to stop `running`; the process then ends with 0. */
export function stopOnSignals(running: Stoppable): void {
  let stopping = false;
  for (const signal of signals) {
    process.on(signal, () => {
      if (stopping) process.exit(128 + constants.signals[signal]);
      stopping = true;
      void running.stop().then(() => process.exit(0));
    });
  }
}
