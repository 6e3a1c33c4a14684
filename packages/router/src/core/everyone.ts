/** Everyone: the sessions of a realm at all nodes of the cluster. */
import type { Id } from '@wamp/protocol';
import type { Session } from './session.ts';

/**
 * The sessions of this node, which others add and remove, and those of other nodes. Without a cluster, only the former. A
 * session of this node hides one of another that has drawn the same id.
 */
export class Everyone implements ReadonlyMap<Id, Session> {
  readonly #here: ReadonlyMap<Id, Session>;
  readonly #elsewhere = new Map<Id, Session>();

  constructor(here: ReadonlyMap<Id, Session>) {
    this.#here = here;
  }

  get size(): number {
    return this.#here.size + this.#elsewhere.size;
  }

  /** Adds a session of another node. */
  introduce(session: Session): void {
    this.#elsewhere.set(session.id, session);
  }

  /** Removes a session of another node. */
  forget(session: Session): void {
    if (this.#elsewhere.get(session.id) === session) this.#elsewhere.delete(session.id);
  }

  get(id: Id): Session | undefined {
    return this.#here.get(id) ?? (this.#elsewhere.size === 0 ? undefined : this.#elsewhere.get(id));
  }

  has(id: Id): boolean {
    return this.get(id) !== undefined;
  }

  *entries(): MapIterator<[Id, Session]> {
    yield* this.#here.entries();
    yield* this.#elsewhere.entries();
  }

  *keys(): MapIterator<Id> {
    yield* this.#here.keys();
    yield* this.#elsewhere.keys();
  }

  *values(): MapIterator<Session> {
    yield* this.#here.values();
    yield* this.#elsewhere.values();
  }

  [Symbol.iterator](): MapIterator<[Id, Session]> {
    return this.entries();
  }

  forEach(visit: (value: Session, key: Id, map: ReadonlyMap<Id, Session>) => void): void {
    for (const [id, session] of this) visit(session, id, this);
  }
}
