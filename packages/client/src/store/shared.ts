/** Shares objects between stores that need the same from a session. */
import type { Session } from '../session.ts';

/** Objects by session and key. */
export class Shared<T> {
  readonly #sessions = new WeakMap<object, Map<string, T>>();

  /** The object of that key, created if necessary. */
  of(session: Pick<Session, 'untyped'>, key: string, make: (forget: () => void) => T): T {
    const owner = session.untyped;
    const all = this.#sessions.get(owner) ?? new Map<string, T>();
    this.#sessions.set(owner, all);
    const existing = all.get(key);
    if (existing !== undefined) return existing;
    const made = make(() => {
      if (all.get(key) === made) all.delete(key);
    });
    all.set(key, made);
    return made;
  }
}

/** A string that is equal for equal requests. */
export function keyOf(...parts: readonly unknown[]): string {
  return JSON.stringify(parts, (_key, value: unknown) =>
    typeof value === 'bigint' || typeof value === 'function' ? String(value) : value,
  );
}
