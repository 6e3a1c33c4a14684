/** Leaves all that a session serves and hears, and waits for what is under way. */
import type { Workload } from './workload.ts';

/** How often to look (ms) whether everything is done. */
const DRAIN_LOOK = 10;

/**
 * Resolves when nothing is under way any more.
 * @param closed settles when the session is over
 * @param timeout in ms; then it resolves in any case
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
