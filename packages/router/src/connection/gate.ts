/** The gate: lets a session's messages in, in order, once they are permitted. */
import { ErrorUri, MessageType, type Message, type Uri } from '@wamp/protocol';
import type { Action, Authorizer } from '../authz/authorizer.ts';
import type { Clock } from '../core/clock.ts';
import type { Request } from '../core/requests.ts';
import type { Principal } from '../core/session.ts';

/** What lies behind the gate. */
export interface GateExit {
  admit(message: Message): void;
  deny(message: Request, error: Uri, explanation: string): void;
  /** True for what goes on with something decided before. */
  isDecided(message: Request): boolean;
  /** More than {@link MOST_WAITING} messages stand behind one undecided one. */
  overflow(): void;
}

export interface GateOptions {
  readonly principal: Principal;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  /** How long a decision may take (ms). */
  readonly timeout: number;
}

/** How many messages of a session may wait for a decision. */
const MOST_WAITING = 1000;

export class Gate {
  readonly #options: GateOptions;
  readonly #exit: GateExit;
  /** Messages behind the one that is being decided; undefined when nothing is. */
  #waiting: Message[] | undefined;
  /** Calls the deadline of the decision off. */
  #dismiss: (() => void) | undefined;
  #closed = false;

  constructor(options: GateOptions, exit: GateExit) {
    this.#options = options;
    this.#exit = exit;
  }

  /** Stays synchronous until the authorizer returns a promise; from then on the session's messages queue. */
  receive(message: Message): void {
    if (this.#closed) return;
    if (this.#waiting === undefined) this.#decide(message);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(kept(message));
    else this.#exit.overflow();
  }

  /** Nobody waits any more. */
  close(): void {
    this.#closed = true;
    this.#dismiss?.();
    this.#dismiss = undefined;
    this.#waiting = undefined;
  }

  #decide(message: Message): void {
    const request = requestOf(message);
    if (request === undefined || this.#exit.isDecided(request.message)) {
      this.#exit.admit(message);
      return;
    }
    const verdict = this.#ask(request);
    if (verdict instanceof Promise) {
      kept(message);
      this.#await(request, verdict);
    } else this.#conclude(request, verdict);
  }

  /** What the authorizer says, which is not to be trusted to be what its type says. */
  #ask({ action, uri, message }: GatedRequest): unknown {
    const { authorizer, principal } = this.#options;
    try {
      return authorizer.authorize(principal, action, uri, message.options);
    } catch {
      return undefined;
    }
  }

  #await(request: GatedRequest, verdict: Promise<unknown>): void {
    const behind: Message[] = [];
    this.#waiting = behind;
    const settle = (outcome: unknown): void => {
      if (this.#waiting !== behind) return; // too late, or closed
      this.#dismiss?.();
      this.#conclude(request, outcome);
      this.#waiting = undefined;
      for (const next of behind) this.receive(next);
    };
    this.#dismiss = this.#options.clock.after(this.#options.timeout, () => {
      settle(undefined);
    });
    verdict.then(settle, () => {
      settle(undefined);
    });
  }

  /** AZN-2, T-24: whatever is no clear answer is a failure, and fails closed. */
  #conclude({ message, action, uri }: GatedRequest, verdict: unknown): void {
    if (verdict === true) this.#exit.admit(message);
    else {
      const error = verdict === false ? ErrorUri.NOT_AUTHORIZED : ErrorUri.AUTHORIZATION_FAILED;
      this.#exit.deny(message, error, `${action} ${JSON.stringify(uri)}`);
    }
  }
}

/** The message with a payload that outlives its frame. */
function kept(message: Message): Message {
  if ('payload' in message) message.payload.keep();
  return message;
}

interface GatedRequest {
  readonly action: Action;
  readonly uri: Uri;
  readonly message: Request;
}

/** What needs permission; the rest passes. */
function requestOf(message: Message): GatedRequest | undefined {
  switch (message.type) {
    case MessageType.CALL:
      return { action: 'call', uri: message.procedure, message };
    case MessageType.REGISTER:
      return { action: 'register', uri: message.procedure, message };
    case MessageType.PUBLISH:
      return { action: 'publish', uri: message.topic, message };
    case MessageType.SUBSCRIBE:
      return { action: 'subscribe', uri: message.topic, message };
    default:
      return undefined;
  }
}
