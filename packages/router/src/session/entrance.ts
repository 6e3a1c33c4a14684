/** The entrance of a session: checks its messages before the realm receives them. */
import { MessageType, type Call, type Message, type OversizedMessage, type Uri } from '@wamp/protocol';
import type { Action, Asker, Authorizer } from '../authz/authorizer.ts';
import type { Clock } from '../core/clock.ts';
import type { CoreRealm } from '../core/core-realm.ts';
import type { Request } from '../core/requests.ts';
import type { Session, Undeliverable } from '../core/session.ts';
import type { Turns } from '../core/work.ts';
import type { Limits } from '../limits.ts';
import type { Log } from '../log.ts';
import { Gate, type GateCarrier, type GateExit } from './gate.ts';
import type { RequestSequence } from './request-sequence.ts';

/** The source of a session's messages. */
export interface EntranceCarrier extends GateCarrier {
  /** Called when the client sends GOODBYE. */
  goodbye(reason: Uri): void;
}

/** The parts of the router that this module uses. */
interface EntranceRouter {
  readonly clock: Clock;
  readonly turns: Turns;
  readonly limits: Pick<Limits, 'authorizeTimeout'>;
  readonly log: Log;
}

/** The session that sends the messages, and its realm. */
interface Entrant extends Pick<Asker, 'session' | 'call'> {
  readonly realm: CoreRealm;
}

/** Checks the order of request ids first, then authorization; each check exists only if it is configured. */
export class Entrance implements GateExit {
  readonly #carrier: EntranceCarrier;
  readonly #realm: CoreRealm;
  readonly #session: Session;
  readonly #log: Log;
  /** Undefined without an authorizer. */
  readonly #gate: Gate | undefined;
  /** Undefined unless request ids must be sequential. */
  readonly #sequence: RequestSequence | undefined;

  constructor(
    carrier: EntranceCarrier,
    { realm, session, call }: Entrant,
    authorizer: Authorizer | undefined,
    { clock, turns, limits, log }: EntranceRouter,
    sequence?: RequestSequence,
  ) {
    this.#carrier = carrier;
    this.#realm = realm;
    this.#session = session;
    this.#log = log;
    this.#sequence = sequence;
    const timeout = limits.authorizeTimeout;
    const asker = { realm: realm.shown, session, call };
    this.#gate = authorizer && new Gate({ asker, authorizer, clock, timeout, turns, carrier }, this);
  }

  /**
   * Processes a message of the session.
   * @throws ProtocolViolation when the session may not send it now
   */
  receive(message: Message): void {
    if (this.#sequence !== undefined) this.#sequence.check(message);
    if (this.#gate !== undefined) this.#gate.receive(message);
    else if (message.type === MessageType.GOODBYE) this.#carrier.goodbye(message.reason);
    else this.#realm.receive(this.#session, message);
  }

  /**
   * Processes the readable part of a message that was too long.
   * @throws ProtocolViolation when the session may not send it now
   */
  oversized(message: OversizedMessage, fault: Undeliverable): void {
    this.#sequence?.check(message);
    this.#realm.oversized(this.#session, message, fault);
  }

  /** Discards messages that wait for authorization. */
  close(): void {
    this.#gate?.close();
  }

  /** For the gate: passes an authorized message to the realm. */
  admit(message: Message, disclosed: boolean): void {
    if (!this.#carrier.isOpen) return;
    if (message.type === MessageType.GOODBYE) this.#carrier.goodbye(message.reason);
    else this.#realm.receive(this.#session, message, disclosed);
  }

  /** For the gate: answers a denied request with ERROR. */
  deny(message: Request, error: Uri, explanation: string): void {
    if (!this.#carrier.isOpen) return;
    this.#realm.traffic.denied.add(message.type);
    this.#realm.deny(this.#session, message, error, explanation);
  }

  /** For the gate: further input for a call was permitted with the call. */
  isDecided(message: Call): boolean {
    return this.#realm.dealer.continues(this.#session, message);
  }

  /** For the gate: logs that the authorizer gave no valid answer. */
  failed(facts: { readonly action: Action; readonly uri: Uri; readonly error: unknown }): void {
    const where = { realm: this.#realm.name, session: this.#session.id };
    this.#log('warn', 'authorization failed', { code: 'authorization_denied', ...where, ...facts });
  }
}
