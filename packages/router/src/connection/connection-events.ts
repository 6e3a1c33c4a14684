/** Emits the events of one connection: opened, log-in accepted or refused, closed. */
import type { Uri } from '@wamp/protocol';
import type { EndedBy, RouterEvents } from '../events.ts';
import type { Attempt } from '../session/candidate.ts';
import type { Joined } from '../session/joining.ts';
import type { Member } from '../session/member.ts';

/** The facts that every event of a connection contains. */
interface ConnectionFacts {
  /** The number of the connection among all connections of the router. */
  readonly connection: number;
  readonly transport: string;
  readonly address: string | undefined;
}

export class ConnectionEvents {
  readonly facts: ConnectionFacts;
  readonly #events: RouterEvents;
  /** Which side ends the connection, and why; undefined until an end was announced. */
  #ending: { readonly by: EndedBy; readonly reason: string } | undefined;

  constructor(events: RouterEvents, facts: ConnectionFacts) {
    this.facts = facts;
    this.#events = events;
    events.emit({ code: 'connection_opened', ...facts });
  }

  accepted({ realm, id, principal: { authmethod: method, authid, authrole, loginRealm } }: Joined): void {
    const session = { realm: realm.name, session: id, method, authid, authrole };
    const from = loginRealm === undefined ? {} : { loginRealm };
    this.#events.emit({ code: 'login_accepted', ...this.facts, ...session, ...from });
  }

  refused(attempt: Attempt, reason: Uri, message: string): void {
    this.#events.emit({ code: 'login_refused', ...this.facts, ...attempt, reason, message });
  }

  /** Announces which side ends the connection, and why. Only the first announcement counts. */
  endsBy(by: EndedBy, reason: string): void {
    this.#ending ??= { by, reason };
  }

  /** @param where the realm and id of the session that the connection had, if any */
  closed({ realm, session }: Partial<Member['where']> = {}): void {
    const { by, reason } = this.#ending ?? { by: 'router', reason: '' };
    this.#events.emit({ code: 'connection_closed', ...this.facts, realm, session, by, reason });
  }
}
