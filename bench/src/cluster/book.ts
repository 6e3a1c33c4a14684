/** Records what the sessions of a schedule do and receive, and finds what must not happen. */
import type { Actor } from './actor.ts';

/** The kinds of faults, in the order of the report. */
export const WRONGS = [
  'hung calls',
  'hung requests',
  'second answers',
  'calls that ran twice',
  'results of other calls',
  'two holders of single',
  'events out of order',
  'events twice',
  'calls out of order',
  'meta events out of balance',
  'registries that differ',
  'lost registrations',
  'lost or ghost sessions',
  'lost subscriptions',
  'calls without a callee',
  'left over',
  'nodes that do not recover',
  'crashes and errors in logs',
] as const;
export type Wrong = (typeof WRONGS)[number];

/** Two callees of a `single` procedure at the same time. */
interface Overlap {
  readonly procedure: string;
  readonly older: Actor;
  readonly newer: Actor;
}

/** How often one witness received that a session has joined and left. */
interface Seen {
  joins: number;
  leaves: number;
}

export class Book {
  readonly wrongs: { readonly kind: Wrong; readonly what: string }[] = [];
  /** How often something has happened: answers to calls by URI, events, and so on. */
  readonly counts: Map<string, number> = new Map();
  readonly #executed = new Map<string, string>();
  readonly #lastOf = new Map<string, number>();
  readonly #holders = new Map<string, Set<Actor>>();
  readonly #overlaps: Overlap[] = [];
  readonly #seen = new Map<Actor, Map<number, Seen>>();

  wrong(kind: Wrong, what: string): void {
    this.wrongs.push({ kind, what });
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Records an invocation. Calls of one caller to a `single` procedure must arrive in order. */
  invoked(callee: Actor, call: string, procedure: string, isSingle: boolean): void {
    const before = this.#executed.get(call);
    if (before !== undefined)
      this.wrong('calls that ran twice', `${call} at ${before} and at ${callee.name}`);
    this.#executed.set(call, callee.name);
    if (!isSingle) return;
    const [caller = '', number = ''] = call.split('/');
    const key = `${procedure} ${caller} ${callee.name}`;
    const last = this.#lastOf.get(key) ?? 0;
    if (last > Number(number))
      this.wrong('calls out of order', `${callee.name}: ${procedure}: ${call} after number ${last}`);
    this.#lastOf.set(key, Number(number));
  }

  event(subscriber: Actor, subscription: number, publisher: string, number: number): void {
    this.count('events');
    const key = `${subscriber.name} ${subscription} ${publisher}`;
    const last = this.#lastOf.get(key) ?? 0;
    const what = `${subscriber.name}: number ${number} of ${publisher} after ${last}`;
    if (last === number) this.wrong('events twice', what);
    else if (last > number) this.wrong('events out of order', what);
    this.#lastOf.set(key, number);
  }

  registered(actor: Actor, procedure: string): void {
    const holders = this.#holders.get(procedure) ?? new Set<Actor>();
    this.#holders.set(procedure, holders);
    for (const older of holders) if (older !== actor) this.#overlaps.push({ procedure, older, newer: actor });
    holders.add(actor);
  }

  /** A callee has lost a procedure. @param isForced true when the router revoked it, or a fault ended the session */
  released(actor: Actor, procedure: string, isForced: boolean): void {
    this.#holders.get(procedure)?.delete(actor);
    if (!isForced) return;
    for (let index = this.#overlaps.length - 1; index >= 0; index -= 1) {
      const overlap = this.#overlaps[index];
      if (overlap?.older === actor && overlap.procedure === procedure) this.#overlaps.splice(index, 1);
    }
  }

  /**
   * Reports procedures with two holders, unless the older one has lost the procedure, or belonged to a node that was declared
   * dead: while such a node is cut off, its callees serve its own callers.
   */
  judgeHolders(isReborn: (actor: Actor) => boolean): void {
    for (const { procedure, older, newer } of this.#overlaps)
      if (!isReborn(older))
        this.wrong('two holders of single', `${procedure}: ${older.name}, and then ${newer.name}`);
  }

  /** Records that a witness has received on_join or on_leave of a session. */
  met(witness: Actor, session: number, what: keyof Seen): void {
    const sessions = this.#seen.get(witness) ?? new Map<number, Seen>();
    this.#seen.set(witness, sessions);
    const seen = sessions.get(session) ?? { joins: 0, leaves: 0 };
    sessions.set(session, seen);
    seen[what] += 1;
  }

  /** Meta events that a permanent witness received too often or not at all. @param joined the sessions that joined after it */
  imbalances(witness: Actor, joined: ReadonlyMap<number, Actor>): string[] {
    const found: string[] = [];
    for (const [session, actor] of joined) {
      if (actor === witness) continue;
      const { joins, leaves } = this.#seen.get(witness)?.get(session) ?? { joins: 0, leaves: 0 };
      const isBalanced = actor.isGone ? joins === leaves && joins <= 1 : joins === 1 && leaves === 0;
      if (isBalanced) continue;
      const state = actor.isGone ? `gone (${actor.end})` : 'alive';
      found.push(`${witness.name} got ${joins} on_join and ${leaves} on_leave of ${actor.name}, ${state}`);
    }
    return found;
  }
}
