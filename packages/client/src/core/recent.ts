/** The latest 1,000 ids that went out of use, for which late messages may still arrive. */
import type { Id } from '@wamp/protocol';

const REMEMBERED = 1000;

export class Recent {
  readonly #ids = new Set<Id>();

  has(id: Id): boolean {
    return this.#ids.has(id);
  }

  add(id: Id): void {
    this.#ids.delete(id);
    this.#ids.add(id);
    if (this.#ids.size <= REMEMBERED) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }
}
