/** Drain: lets calls finish before the process ends, and reports that it is not ready to load balancers. */
import type { Router } from '@wamp/router';
import type { Health } from './health.ts';

/** The state of draining. */
export class Drain {
  #isDraining = false;

  constructor(health: Health) {
    health.add(() =>
      this.#isDraining ? { code: 'draining', why: 'the router is shutting down' } : undefined,
    );
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Reports from now on that the router is not ready. */
  announce(): void {
    this.#isDraining = true;
  }

  /**
   * Resolves when no call is in flight any more, or after `patience` (ms).
   * @param except realms in which calls continue
   */
  begin(router: Router, patience: number, except: readonly string[] = []): Promise<void> {
    this.announce();
    return router.drain(patience, except);
  }
}
