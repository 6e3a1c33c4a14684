/** Calls that wait for a callee with room, by registration, oldest first. */
import type { OpenCall } from './pending-calls.ts';
import type { Registration } from './registration.ts';

export class WaitingCalls {
  readonly #queues = new Map<Registration, OpenCall[]>();

  /** The waiting calls of one registration: a live view. */
  of(registration: Registration): readonly OpenCall[] | undefined {
    return this.#queues.size === 0 ? undefined : this.#queues.get(registration);
  }

  /** Appends a call to the queue of its registration. */
  add(call: OpenCall): void {
    const queue = this.#queues.get(call.registration);
    if (queue === undefined) this.#queues.set(call.registration, [call]);
    else queue.push(call);
  }

  /** Removes a waiting call; does nothing when it does not wait. */
  delete(call: OpenCall): void {
    const queue = this.#queues.get(call.registration);
    const index = queue?.indexOf(call) ?? -1;
    if (queue === undefined || index === -1) return;
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(call.registration);
  }
}
