/** Ends all subscriptions and registrations, and waits for requests and handlers in flight. */
import type { Workload } from './workload.ts';

/** The interval (ms) of the checks for completion. */
const DRAIN_LOOK = 10;

/**
 * Resolves when no request or handler is in flight.
 * @param closed settles when the session has ended
 * @param timeout resolves in any case after this many ms
 */
export async function drained(workload: Workload, closed: Promise<unknown>, timeout: number): Promise<void> {
  const { registrations, subscriptions, clock } = workload;
  let late = false as boolean;
  const stopTimer = clock.after(timeout, () => {
    late = true;
  });
  const handles = [...registrations.handles(), ...subscriptions.handles()];
  const left = Promise.allSettled(handles.map((handle) => handle.leave({ reason: 'drained' })));
  await Promise.race([left, closed]);
  while (!late && workload.isUnderWay) {
    await new Promise<void>((resolve) => clock.after(DRAIN_LOOK, resolve));
  }
  stopTimer();
}
