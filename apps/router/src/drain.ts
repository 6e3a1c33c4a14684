/** Drain: has calls come to an end before the process does, and says so to load balancers. */
import type { Router } from '@wamp/router';
import type { Health } from './health.ts';

/** Whether the router drains. */
export class Drain {
  #isDraining = false;

  constructor(health: Health) {
    health.add(() =>
      this.#isDraining ? { code: 'draining', why: 'the router is about to end' } : undefined,
    );
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** From now on the router is not ready. */
  announce(): void {
    this.#isDraining = true;
  }

  /**
   * Resolves when no call is in flight any more, or after `patience` (ms).
   * @param except realms in which calls go on
   */
  begin(router: Router, patience: number, except: readonly string[] = []): Promise<void> {
    this.announce();
    return router.drain(patience, except);
  }
}
