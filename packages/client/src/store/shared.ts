/** What is shared by those who want the same of a session. */
import type { Session } from '../session.ts';

/** Things by session and key. */
export class Shared<T> {
  readonly #sessions = new WeakMap<object, Map<string, T>>();

  /** The one of that key, made unless it is there. */
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

/** A text that is the same for the same request. */
export function keyOf(...parts: readonly unknown[]): string {
  return JSON.stringify(parts, (_key, value: unknown) =>
    typeof value === 'bigint' || typeof value === 'function' ? String(value) : value,
  );
}
