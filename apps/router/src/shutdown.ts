/** What signals do: some end the process in order at the first, and at once at the second; others must not end it. */
import { constants } from 'node:os';

/** What can be stopped. */
export interface Stoppable {
  stop(): Promise<void>;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Ctrl+C reaches us from the terminal and again from `npm start`, which passes it on: that is one signal (ms). */
const ONE_SIGNAL = 500;

/** Waits for a signal to stop `running`; the process then ends with 0. */
export function stopOnSignals(running: Stoppable): void {
  let stopping: number | undefined;
  for (const signal of signals) {
    process.on(signal, () => {
      const now = performance.now();
      if (stopping !== undefined) {
        if (now - stopping > ONE_SIGNAL) process.exit(128 + constants.signals[signal]);
        return;
      }
      stopping = now;
      void running.stop().then(() => process.exit(0));
    });
  }
}

/** Heard, so that they do nothing by default: SIGUSR1 would open Node's inspector, and the others end the process. */
const outlived = ['SIGUSR1', 'SIGUSR2', 'SIGHUP'] as const;

/** Keeps the process from what signals do by default that mean something else to a server. */
export function outliveSignals(): void {
  for (const signal of outlived) process.on(signal, () => undefined);
}

/** Has SIGHUP reload the configuration. */
export function reloadOnHangUp(running: { reload(): Promise<unknown> }): void {
  process.on('SIGHUP', () => void running.reload());
}
