/** Combines several registrations into one. */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Implementation } from '../definition.ts';
import { toError } from '../errors.ts';
import type { Registration } from '../registration.ts';

export class Registered implements Implementation {
  readonly registrations: readonly Registration[];

  private constructor(registrations: readonly Registration[]) {
    this.registrations = registrations;
  }

  /** All or none: if one rejects, the others are unregistered, and this rejects with the same error. */
  static async all(registering: readonly Promise<Registration>[]): Promise<Registered> {
    const outcomes = await Promise.allSettled(registering);
    const registered = new Registered(
      outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    );
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    if (refused === undefined) return registered;
    await registered.unregister();
    throw toError(refused.reason);
  }

  /** Unregisters all, even if some fail. */
  async unregister(): Promise<void> {
    const outcomes = await Promise.allSettled(this.registrations.map(async (each) => each.unregister()));
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    if (refused !== undefined) throw toError(refused.reason);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unregister();
  }
}
