/** Notices what calls into the core of a realm while a session takes a message. */
import type { Message } from '@wamp/protocol';
import type { Session } from '@wamp/router';
import type { CoreRealm } from '../../src/core/core-realm.ts';

/** What only reads: a session may look at the core while it takes a message. */
const READS: ReadonlySet<string> = new Set(['constructor', 'byId', 'serving', 'continues']);

export class WatchedCore {
  /** The calls into the core that came while a session took a message. */
  readonly calls: string[] = [];
  #sending = false;

  constructor(realm: CoreRealm) {
    for (const part of [realm, realm.broker, realm.dealer, realm.dealer.calls]) this.#watch(part);
  }

  /** Sends, and notes what the session does to the core meanwhile. */
  send(session: Session, message: Message): void {
    this.#sending = true;
    try {
      session.send(message);
    } finally {
      this.#sending = false;
    }
  }

  #watch(part: object): void {
    const prototype = Object.getPrototypeOf(part) as object;
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof value !== 'function' || READS.has(name)) continue;
      const original = value as (...args: unknown[]) => unknown;
      const noted = (...args: unknown[]): unknown => {
        if (this.#sending) this.calls.push(name);
        return original.apply(part, args);
      };
      Object.defineProperty(part, name, { value: noted, configurable: true });
    }
  }
}
