/** The gate: lets a session's messages in, in order, once they are permitted. */
import { ErrorUri, MessageType, type Call, type Message, type Uri } from '@wamp/protocol';
import { rulingOf, type Action, type Asker, type Authorizer } from '../authz/authorizer.ts';
import type { Clock } from '../core/clock.ts';
import type { Request } from '../core/requests.ts';

/** What lies behind the gate. */
export interface GateExit {
  /** @param disclosed true when its sender is to be disclosed, whether it wants to be or not */
  admit(message: Message, disclosed: boolean): void;
  deny(message: Request, error: Uri, explanation: string): void;
  /** True for what goes on with something decided before. */
  isDecided(message: Call): boolean;
  /** Runs what a decision has set free that came later, on a stack of its own. */
  later(task: () => void): void;
  /** The authorizer gave no answer, or none that can be read. */
  failed(facts: { readonly action: Action; readonly uri: Uri; readonly error: unknown }): void;
  /** More than {@link MOST_WAITING} messages stand behind one undecided one. */
  overflow(): void;
}

export interface GateOptions {
  readonly asker: Asker;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  /** How long a decision may take (ms). */
  readonly timeout: number;
}

/** How many messages of a session may wait for a decision. */
const MOST_WAITING = 1000;
/** How much of a URI is repeated to the client (characters). */
const MOST_REPEATED = 100;

/** While the authorizer answers at once, a message that is permitted passes without a closure or an object. */
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

  /** Asks for what needs permission; the rest passes. */
  #decide(message: Message): void {
    switch (message.type) {
      case MessageType.CALL:
        if (this.#exit.isDecided(message)) this.#exit.admit(message, false);
        else this.#ask(message, 'call', message.procedure);
        return;
      case MessageType.REGISTER:
        this.#ask(message, 'register', message.procedure);
        return;
      case MessageType.PUBLISH:
        this.#ask(message, 'publish', message.topic);
        return;
      case MessageType.SUBSCRIBE:
        this.#ask(message, 'subscribe', message.topic);
        return;
      default:
        this.#exit.admit(message, false);
    }
  }

  #ask(message: Request, action: Action, uri: Uri): void {
    const { authorizer, asker } = this.#options;
    let permit: unknown;
    try {
      permit = authorizer.authorize(asker.session.principal, action, uri, message.options, asker);
    } catch (error) {
      this.#fail(message, action, uri, error);
      return;
    }
    if (permit === true) this.#exit.admit(message, false);
    else if (permit instanceof Promise) this.#await(kept(message), action, uri, permit);
    else this.#conclude(message, action, uri, permit);
  }

  #await(message: Request, action: Action, uri: Uri, permit: Promise<unknown>): void {
    const behind: Message[] = [];
    this.#waiting = behind;
    const settle = (conclude: () => void): void => {
      if (this.#waiting !== behind) return; // too late, or closed
      this.#dismiss?.();
      this.#exit.later(() => {
        conclude();
        this.#waiting = undefined;
        for (const next of behind) this.receive(next);
      });
    };
    const fail = (why: unknown): void => {
      settle(() => {
        this.#fail(message, action, uri, why);
      });
    };
    const { clock, timeout } = this.#options;
    this.#dismiss = clock.after(timeout, () => {
      fail(new Error(`no decision within ${timeout} ms`));
    });
    permit.then((settled) => {
      settle(() => {
        this.#conclude(message, action, uri, settled);
      });
    }, fail);
  }

  #conclude(message: Request, action: Action, uri: Uri, permit: unknown): void {
    switch (rulingOf(permit)) {
      case 'permitted':
        this.#exit.admit(message, false);
        return;
      case 'disclosed':
        this.#exit.admit(message, true);
        return;
      case 'denied':
        this.#exit.deny(message, ErrorUri.NOT_AUTHORIZED, explain(action, uri));
        return;
      case 'failed':
        this.#fail(message, action, uri, new TypeError('the authorizer gave an answer that is none'));
    }
  }

  /** AZN-2, T-24: whatever is no clear answer is a failure, and fails closed. */
  #fail(message: Request, action: Action, uri: Uri, why: unknown): void {
    this.#exit.failed({ action, uri, error: why });
    this.#exit.deny(message, ErrorUri.AUTHORIZATION_FAILED, explain(action, uri));
  }
}

function explain(action: Action, uri: Uri): string {
  return `${action} ${JSON.stringify(uri.slice(0, MOST_REPEATED))}`;
}

/** The message with a payload that outlives its frame. */
function kept<M extends Message>(message: M): M {
  if ('payload' in message) message.payload.keep();
  return message;
}
