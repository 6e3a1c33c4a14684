/** Who is here: sessions announce themselves, and leave a testament that says they have gone. */

/** The sessions of each person. */
export class Presence {
  readonly #sessions = new Map<number, string>();

  /** @param publisher as the router discloses it: a session speaks for itself only */
  heard(
    publisher: { readonly session?: number; readonly authid?: string } | undefined,
    isHere: boolean,
  ): void {
    const { session, authid } = publisher ?? {};
    if (session === undefined || authid === undefined) return;
    if (isHere) this.#sessions.set(session, authid);
    else this.#sessions.delete(session);
  }

  /** Forgets all sessions: the connection was lost. */
  clear(): void {
    this.#sessions.clear();
  }

  /** The sessions of each name that has any. */
  byName(): ReadonlyMap<string, readonly number[]> {
    const all = new Map<string, number[]>();
    for (const [session, name] of this.#sessions) all.set(name, [...(all.get(name) ?? []), session]);
    return all;
  }
}
