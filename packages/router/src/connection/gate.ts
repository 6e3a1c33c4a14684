/** The gate: lets a session's messages in, in order, once they are permitted. */
import { ErrorUri, MessageType, type Message, type Uri } from '@wamp/protocol';
import type { Action, Authorizer } from '../authz/authorizer.ts';
import { refuse } from '../core/requests.ts';
import type { Session } from '../core/session.ts';

/** Where permitted messages go, and what becomes of a session that waits too much. */
export interface GateExit {
  admit(message: Message): void;
  /** More than {@link MOST_WAITING} messages stand behind one undecided one. */
  overflow(): void;
}

/** How many messages of a session may wait for a decision. */
export const MOST_WAITING = 1000;

export class Gate {
  readonly #session: Session;
  readonly #authorizer: Authorizer;
  readonly #exit: GateExit;
  /** Messages behind the one that is being decided; undefined when nothing is. */
  #waiting: Message[] | undefined;

  constructor(session: Session, authorizer: Authorizer, exit: GateExit) {
    this.#session = session;
    this.#authorizer = authorizer;
    this.#exit = exit;
  }

  /** Stays synchronous until the authorizer returns a promise; from then on the session's messages queue. */
  receive(message: Message): void {
    if (this.#waiting === undefined) this.#decide(message);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(message);
    else this.#exit.overflow();
  }

  #decide(message: Message): void {
    const request = requestOf(message);
    if (request === undefined) {
      this.#exit.admit(message);
      return;
    }
    const verdict = this.#ask(request);
    if (typeof verdict === 'boolean') this.#conclude(message, request, verdict);
    else void this.#await(message, request, verdict);
  }

  #ask(request: GatedRequest): boolean | Promise<boolean> {
    try {
      return this.#authorizer.authorize(
        this.#session.principal,
        request.action,
        request.uri,
        request.options,
      );
    } catch (error) {
      return Promise.reject(
        error instanceof Error ? error : new Error('the authorizer threw', { cause: error }),
      );
    }
  }

  async #await(message: Message, request: GatedRequest, verdict: Promise<boolean>): Promise<void> {
    const behind: Message[] = [];
    this.#waiting = behind;
    try {
      this.#conclude(message, request, await verdict);
    } catch {
      refuseRequest(this.#session, message, request, ErrorUri.AUTHORIZATION_FAILED);
    }
    this.#waiting = undefined;
    for (const next of behind) this.receive(next);
  }

  #conclude(message: Message, request: GatedRequest, permitted: unknown): void {
    if (permitted === true) this.#exit.admit(message);
    else refuseRequest(this.#session, message, request, ErrorUri.NOT_AUTHORIZED);
  }
}

interface GatedRequest {
  readonly action: Action;
  readonly uri: Uri;
  readonly options: object;
}

/** What needs permission; the rest passes. */
function requestOf(message: Message): GatedRequest | undefined {
  switch (message.type) {
    case MessageType.CALL:
      return { action: 'call', uri: message.procedure, options: message.options };
    case MessageType.REGISTER:
      return { action: 'register', uri: message.procedure, options: message.options };
    case MessageType.PUBLISH:
      return { action: 'publish', uri: message.topic, options: message.options };
    case MessageType.SUBSCRIBE:
      return { action: 'subscribe', uri: message.topic, options: message.options };
    default:
      return undefined;
  }
}

/** Says no; to a publisher only when it asked for an acknowledgement. */
function refuseRequest(session: Session, message: Message, { action, uri }: GatedRequest, error: Uri): void {
  switch (message.type) {
    case MessageType.PUBLISH:
      if (message.options.acknowledge !== true) return;
      break;
    case MessageType.CALL:
    case MessageType.REGISTER:
    case MessageType.SUBSCRIBE:
      break;
    default:
      return;
  }
  refuse(session, message.type, message.request, error, `${action} ${uri}`);
}
