/** Calls that wait for a callee with room, by registration, the oldest first. */
import type { PendingCall } from './pending-calls.ts';
import type { Registration } from './registration.ts';

export class WaitingCalls {
  readonly #queues = new Map<Registration, PendingCall[]>();

  /** Those of one registration: a view, in which calls come and go. */
  of(registration: Registration): readonly PendingCall[] | undefined {
    return this.#queues.size === 0 ? undefined : this.#queues.get(registration);
  }

  /** Lets a call wait behind the others of its registration. */
  add(call: PendingCall): void {
    const queue = this.#queues.get(call.registration);
    if (queue === undefined) this.#queues.set(call.registration, [call]);
    else queue.push(call);
  }

  /** Takes out a call that waits; harmless when it does not. */
  delete(call: PendingCall): void {
    const queue = this.#queues.get(call.registration);
    const index = queue?.indexOf(call) ?? -1;
    if (queue === undefined || index === -1) return;
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(call.registration);
  }
}
