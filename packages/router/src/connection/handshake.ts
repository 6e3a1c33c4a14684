/** A client's handshake: HELLO … WELCOME in time, and in a slot of its own. */
import { ErrorUri, MessageType, type Dict, type Message, type Uri } from '@wamp/protocol';
import type { Underlay } from '../auth/authenticator.ts';
import type { Limits, LimitTally } from '../limits.ts';
import { Joining, type Joined, type JoiningRouter, type Step } from '../session/joining.ts';
import type { ConnectionEvents } from './connection-events.ts';
import { deadline, type DeadlineName } from './deadline.ts';
import type { Place } from './place.ts';

/** What this needs of the router. */
export interface HandshakeRouter extends JoiningRouter {
  readonly limits: Pick<Limits, 'helloTimeout' | 'authenticateTimeout'>;
  readonly limited: LimitTally;
}

/** The connection whose client joins, as its handshake needs it. */
export interface JoiningConnection {
  readonly events: ConnectionEvents;
  /** The client has to hear a message. @returns false when the connection is over because it cannot */
  write(message: Message): boolean;
  /** The client is in. */
  welcome(joined: Joined): void;
  /** The client is out. */
  abort(reason: Uri, message: string): void;
  /** The client gave up itself. */
  hangUp(): void;
  /** Runs what the client has caused. */
  guard(task: () => void): void;
}

/** How the client is connected. */
export interface Approach {
  /** The number of the connection among all of the router. */
  readonly number: number;
  /** For the session meta API. */
  readonly peer: Dict;
  /** For authenticators alone. */
  readonly underlay: Underlay;
  /** What it has been admitted with. */
  readonly place: Place;
}

export class Handshake {
  readonly #router: HandshakeRouter;
  readonly #connection: JoiningConnection;
  readonly #place: Place;
  readonly #joining: Joining;
  /** Calls the current deadline off. */
  #dismiss: () => void;
  #stopped = false;

  /** @param acceptable the longest message that is taken of the session (bytes); undefined for any */
  constructor(
    router: HandshakeRouter,
    connection: JoiningConnection,
    { peer, underlay, place }: Approach,
    acceptable: number | undefined,
  ) {
    this.#router = router;
    this.#connection = connection;
    this.#place = place;
    this.#joining = new Joining(router, peer, underlay, acceptable);
    this.#dismiss = this.#deadline('hello_timeout', 'no HELLO in time');
  }

  /**
   * Takes a message of the client.
   * @throws ProtocolViolation when it is not the one that is due
   */
  receive(message: Message): void {
    if (message.type === MessageType.ABORT) this.#connection.events.endsBy('client', message.reason);
    const step = this.#joining.receive(message);
    this.#dismiss();
    if (step instanceof Promise) {
      const { delay } = this.#joining;
      // A client that waits for a verdict needs no slot as urgently as others do.
      this.#place.awaits(delay > 0);
      this.#dismiss = this.#deadline('authenticate_timeout', 'authentication took too long', delay);
      void step.then((settled) => {
        this.#connection.guard(() => {
          this.#take(settled);
        });
      });
    } else this.#take(step);
  }

  /** It is over, one way or the other. */
  stop(): void {
    this.#stopped = true;
    this.#dismiss();
    this.#joining.stop();
  }

  #take(step: Step): void {
    if (this.#stopped) return;
    this.#dismiss();
    if (step === undefined) this.#connection.hangUp();
    else if ('abort' in step) this.#turnAway(step.abort, step.message);
    else if ('challenge' in step) {
      this.#place.awaits(true);
      this.#dismiss = this.#deadline('authenticate_timeout', 'no AUTHENTICATE in time');
      this.#connection.write(step.challenge);
    } else if (step.joined.realm.isFull) {
      step.joined.realm.limited.add('sessions');
      this.#turnAway(ErrorUri.LIMIT_EXCEEDED, 'the realm has as many sessions as it takes');
    } else {
      this.#stopped = true;
      this.#connection.welcome(step.joined);
    }
  }

  /** The client does not come in. */
  #turnAway(reason: Uri, message: string): void {
    this.#connection.events.refused(this.#joining.attempt, reason, message);
    this.#connection.abort(reason, message);
  }

  #deadline(name: DeadlineName, message: string, more = 0): () => void {
    const late = (): void => {
      this.#turnAway(ErrorUri.AUTHENTICATION_FAILED, message);
    };
    return deadline(this.#router, name, late, more);
  }
}
