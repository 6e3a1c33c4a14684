/** Handles signals: the first SIGINT or SIGTERM stops the router in order, a second one ends the process at once. */
import { constants } from 'node:os';

/** A process that can be stopped. */
export interface Stoppable {
  stop(): Promise<void>;
}

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Ctrl+C arrives from the terminal, and again from `npm start`: signals within this time (ms) count as one. */
const ONE_SIGNAL = 500;

/** Stops `running` on a signal; the process then exits with 0. */
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

/**
 * Handled so that the default action does not occur: SIGUSR1 would open Node's inspector, the others would end the
 * process.
 */
const outlived = ['SIGUSR1', 'SIGUSR2', 'SIGHUP'] as const;

/** Ignores signals whose default action is not appropriate for a server. */
export function outliveSignals(): void {
  for (const signal of outlived) process.on(signal, () => undefined);
}

/** Reloads the configuration on SIGHUP. */
export function reloadOnHangUp(running: { reload(): Promise<unknown> }): void {
  process.on('SIGHUP', () => void running.reload());
}
