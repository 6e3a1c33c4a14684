/** The handshake of a client, from HELLO to WELCOME, with its deadlines and its slot. */
import { ErrorUri, MessageType, type Dict, type Message, type Uri } from '@wamp/protocol';
import type { Underlay } from '../auth/authenticator.ts';
import type { Limits, LimitTally } from '../limits.ts';
import { whyNot } from '../session/destination.ts';
import { Joining, type Joined, type JoiningRouter, type Step } from '../session/joining.ts';
import type { ConnectionEvents } from './connection-events.ts';
import { deadline, type DeadlineName } from './deadline.ts';
import type { Place } from './place.ts';

const TOO_LONG = 'authentication took too long; try again later';

/** The parts of the router that this module uses. */
export interface HandshakeRouter extends JoiningRouter {
  readonly limits: Pick<Limits, 'helloTimeout' | 'authenticateTimeout'>;
  readonly limited: LimitTally;
}

/** The parts of the connection that the handshake of its client uses. */
export interface JoiningConnection {
  readonly events: ConnectionEvents;
  /** Sends a message that the client must get. @returns false when that was impossible, and has ended the connection */
  write(message: Message): boolean;
  /** Admits the client to its realm. */
  welcome(joined: Joined): void;
  /** Ends the connection with ABORT. */
  abort(reason: Uri, message: string): void;
  /** Closes the transport, because the client sent ABORT. */
  hangUp(): void;
  /** Runs a task that the client has caused, and handles its errors. */
  guard(task: () => void): void;
}

/** How the client is connected. */
export interface Approach {
  /** The number of the connection among all connections of the router. */
  readonly number: number;
  /** Describes the connection in the session meta API. */
  readonly peer: Dict;
  /** Describes the connection to authenticators only. */
  readonly underlay: Underlay;
  /** The place that admission has given to the connection. */
  readonly place: Place;
}

export class Handshake {
  readonly #router: HandshakeRouter;
  readonly #connection: JoiningConnection;
  readonly #place: Place;
  readonly #joining: Joining;
  /** Cancels the current deadline. */
  #dismiss: () => void;
  #stopped = false;

  /** @param acceptable the maximum size of a message from the session (bytes); undefined for any size */
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
    this.#dismiss = this.#deadline('hello_timeout', ErrorUri.AUTHENTICATION_FAILED, 'no HELLO in time');
  }

  /**
   * Processes a message from the client.
   * @throws ProtocolViolation when the message is not one that the handshake expects
   */
  receive(message: Message): void {
    if (message.type === MessageType.ABORT) this.#connection.events.endsBy('client', message.reason);
    const step = this.#joining.receive(message);
    this.#dismiss();
    if (step instanceof Promise) {
      const { delay } = this.#joining;
      // A log-in that is delayed after failed attempts needs its slot less than others do: it counts as silent.
      this.#place.awaits(delay > 0);
      // The delay is not the client's, so it may try again.
      this.#dismiss = this.#deadline('authenticate_timeout', ErrorUri.UNAVAILABLE, TOO_LONG, delay);
      void step.then((settled) => {
        this.#connection.guard(() => {
          this.#take(settled);
        });
      });
    } else this.#take(step);
  }

  /** Ends the handshake, whatever its outcome. */
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
      const { AUTHENTICATION_FAILED } = ErrorUri;
      this.#dismiss = this.#deadline(
        'authenticate_timeout',
        AUTHENTICATION_FAILED,
        'no AUTHENTICATE in time',
      );
      this.#connection.write(step.challenge);
    } else this.#join(step.joined);
  }

  #join(joined: Joined): void {
    const refusal = whyNot(this.#router, joined);
    if (refusal !== undefined) this.#turnAway(refusal.abort, refusal.message);
    else if (joined.realm.isFull) {
      joined.realm.limited.add('sessions');
      this.#turnAway(ErrorUri.LIMIT_EXCEEDED, 'the realm is full (maxSessions)');
    } else {
      this.#stopped = true;
      this.#connection.welcome(joined);
    }
  }

  /** Refuses the client with ABORT. */
  #turnAway(reason: Uri, message: string): void {
    this.#connection.events.refused(this.#joining.attempt, reason, message);
    this.#connection.abort(reason, message);
  }

  #deadline(name: DeadlineName, reason: Uri, message: string, more = 0): () => void {
    const late = (): void => {
      this.#turnAway(reason, message);
    };
    return deadline(this.#router, name, late, more);
  }
}
