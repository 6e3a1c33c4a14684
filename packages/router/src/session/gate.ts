/** The gate: lets a session's messages in, in order, once they are permitted. */
import { ErrorUri, MessageType, Payload, type Call, type Message, type Uri } from '@wamp/protocol';
import { faultOf, rulingOf, type Action, type Asker, type Authorizer } from '../authz/authorizer.ts';
import type { Clock } from '../core/clock.ts';
import { Fifo } from '../core/fifo.ts';
import { weightOf } from '../core/kept.ts';
import type { Request } from '../core/requests.ts';
import type { Turns } from '../core/work.ts';

/** What carries a session's messages in. */
export interface Carrier {
  /** False once nothing more of the session counts. */
  readonly isOpen: boolean;
  /** Runs what a decision has set free that came later, on a stack of its own, as long as the session is open. */
  later(task: () => void): void;
  /** Reads nothing more of the session, where that can be, until {@link resume}. */
  pause(): void;
  resume(): void;
  /** More waits behind an undecided message than the session's quota allows: it ends. */
  overflow(): void;
}

/** What lies behind the gate. */
export interface GateExit {
  /** @param disclosed true when its sender is to be disclosed, whether it wants to be or not */
  admit(message: Message, disclosed: boolean): void;
  deny(message: Request, error: Uri, explanation: string): void;
  /** True for what goes on with something decided before. */
  isDecided(message: Call): boolean;
  /** The authorizer gave no answer, or none that can be read. */
  failed(facts: { readonly action: Action; readonly uri: Uri; readonly error: unknown }): void;
}

export interface GateOptions {
  readonly asker: Asker;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  /** How long a decision may take (ms). */
  readonly timeout: number;
  readonly turns: Turns;
  readonly carrier: Carrier;
}

/** Once so much waits for a decision (bytes), nothing more is read: what has been read already still has room. */
const MUCH = 512 * 1024;
const REQUESTS: ReadonlySet<MessageType> = new Set([
  MessageType.CALL,
  MessageType.REGISTER,
  MessageType.PUBLISH,
  MessageType.SUBSCRIBE,
]);
/** Says why a request is refused that would have to wait for a decision. */
const FULL = 'the router keeps too much to let this wait for a decision; try again later';
/** How much of a URI is repeated to the client (characters). */
const MOST_REPEATED = 100;

interface Waiting {
  readonly message: Message;
  readonly weight: number;
}

/** While the authorizer answers at once, a message that is permitted passes without a closure or an object. */
export class Gate {
  readonly #options: GateOptions;
  readonly #carrier: Carrier;
  readonly #exit: GateExit;
  /** Messages behind the one that is being decided. */
  readonly #waiting = new Fifo<Waiting>();
  /** Names the decision that is awaited; undefined while there is none. */
  #awaited: object | undefined;
  /** True while what has waited is let through. */
  #draining = false;
  /** What is kept, in bytes. */
  #weight = 0;
  /** Calls the deadline of the decision off. */
  #dismiss: (() => void) | undefined;
  #closed = false;

  constructor(options: GateOptions, exit: GateExit) {
    this.#options = options;
    this.#carrier = options.carrier;
    this.#exit = exit;
  }

  /** Stays synchronous until the authorizer returns a promise; from then on the session's messages queue. */
  receive(message: Message): void {
    if (this.#closed) return;
    if (this.#awaited === undefined && !this.#draining) this.#decide(message);
    else {
      const weight = this.#keep(message);
      if (weight !== undefined) this.#waiting.push({ message, weight });
      else if (!this.#turnDown(message)) this.#keepLight(message);
    }
  }

  /** Nobody waits any more. */
  close(): void {
    this.#closed = true;
    this.#dismiss?.();
    this.#dismiss = undefined;
    this.#awaited = undefined;
    this.#waiting.clear();
    this.#release(this.#weight);
  }

  /** Keeps a message that outlives its frame. @returns what it takes, in bytes; undefined when there is no room */
  #keep(message: Message): number | undefined {
    const { asker } = this.#options;
    const weight = weightOfMessage(message);
    if (!asker.realm.kept.undecided.reserve(asker.session, weight)) {
      asker.realm.limited.add('undecided_messages');
      return undefined;
    }
    this.#weight += weight;
    if (this.#weight > MUCH) this.#carrier.pause();
    return weight;
  }

  /**
   * For a message that there is no room for. What the session itself has filled ends it; where others have filled the
   * store, its requests are refused, and it lives on.
   * @returns false for a message that cannot be refused
   */
  #turnDown(message: Message): boolean {
    const { realm, session } = this.#options.asker;
    if (!realm.kept.undecided.allows(session, weightOfMessage(message))) this.#carrier.overflow();
    else if (isRequest(message)) this.#exit.deny(message, ErrorUri.LIMIT_EXCEEDED, FULL);
    else return false;
    return true;
  }

  /** Keeps what is no request in its place, though the store is full: nothing more is read until it is through. */
  #keepLight(message: Message): void {
    this.#carrier.pause();
    this.#waiting.push({ message, weight: 0 });
  }

  #release(weight: number): void {
    const { asker } = this.#options;
    this.#weight -= weight;
    asker.realm.kept.undecided.release(asker.session, weight);
    if (this.#weight <= MUCH) this.#carrier.resume();
  }

  /** Lets through what has waited, up to the next message that has to wait; what a turn has no room for, in later ones. */
  #drain(): void {
    this.#draining = true;
    if (!this.#letThrough()) return;
    const proceed = (): boolean => {
      let more = false;
      this.#carrier.later(() => {
        more = this.#letThrough();
      });
      return more;
    };
    this.#options.turns.add({ credit: 0, proceed });
  }

  /** @returns whether more may be let through in another turn */
  #letThrough(): boolean {
    const { work } = this.#options.turns;
    while (this.#awaited === undefined && !this.#closed) {
      if (this.#waiting.size > 0 && work.isOver) return true;
      const next = this.#waiting.shift();
      if (next === undefined) break;
      work.spent += 1;
      this.#release(next.weight);
      this.#decide(next.message);
    }
    this.#draining = false;
    return false;
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
    else if (permit instanceof Promise) this.#await(message, action, uri, permit);
    else this.#conclude(message, action, uri, permit);
  }

  #await(message: Request, action: Action, uri: Uri, permit: Promise<unknown>): void {
    const awaited = {};
    this.#awaited = awaited;
    const weight = this.#keep(message);
    if (weight === undefined) {
      permit.catch(() => undefined);
      this.#awaited = undefined;
      this.#turnDown(message);
      return;
    }
    const settle = (conclude: () => void): void => {
      if (this.#awaited !== awaited) return; // too late, or closed
      this.#dismiss?.();
      this.#carrier.later(() => {
        this.#release(weight);
        conclude();
        this.#awaited = undefined;
        this.#drain();
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
        this.#fail(
          message,
          action,
          uri,
          new TypeError(`the authorizer gave an answer that is none: ${faultOf(permit)}`),
        );
    }
  }

  /** AZN-2, T-24: whatever is no clear answer is a failure, and fails closed. */
  #fail(message: Request, action: Action, uri: Uri, why: unknown): void {
    this.#exit.failed({ action, uri, error: why });
    this.#exit.deny(message, ErrorUri.AUTHORIZATION_FAILED, explain(action, uri));
  }
}

function isRequest(message: Message): message is Request {
  return REQUESTS.has(message.type);
}

function explain(action: Action, uri: Uri): string {
  return `${action} ${JSON.stringify(uri.slice(0, MOST_REPEATED))}`;
}

/** What a message takes once it has a payload that outlives its frame, in bytes. */
function weightOfMessage(message: Message): number {
  const { payload = Payload.none, ...envelope }: Message & { readonly payload?: Payload } = message;
  return weightOf(payload.keep(), envelope);
}
