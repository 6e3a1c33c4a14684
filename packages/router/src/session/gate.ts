/** The gate: admits a session's messages in order, once they are authorized. */
import { ErrorUri, MessageType, Payload, type Call, type Message, type Uri } from '@wamp/protocol';
import { decisionOf, faultOf, type Action, type Asker, type Authorizer } from '../authz/authorizer.ts';
import type { Clock } from '../core/clock.ts';
import { Fifo } from '../core/fifo.ts';
import { weightOf } from '../core/kept.ts';
import type { Request } from '../core/requests.ts';
import type { Turns } from '../core/work.ts';

/** The source of a session's messages. */
export interface GateCarrier {
  /** False once further messages of the session are ignored. */
  readonly isOpen: boolean;
  /** Runs work that an asynchronous decision has released, on a new stack, if the session is still open. */
  later(task: () => void): void;
  /** Pauses reading from the session until {@link resume}, where the transport allows it. */
  pause(): void;
  resume(): void;
  /** Ends the session: more waits behind a pending decision than its quota allows. */
  overflow(): void;
}

/** Receives the messages that the gate has admitted or denied. */
export interface GateExit {
  /** @param disclosed true when the sender is to be disclosed regardless of its own choice */
  admit(message: Message, disclosed: boolean): void;
  deny(message: Request, error: Uri, explanation: string): void;
  /** True for the continuation of a call that has been decided. */
  isDecided(message: Call): boolean;
  /** Reports that the authorizer gave no answer, or an invalid one. */
  failed(facts: { readonly action: Action; readonly uri: Uri; readonly error: unknown }): void;
}

export interface GateOptions {
  readonly asker: Asker;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  /** How long a decision may take (ms). */
  readonly timeout: number;
  readonly turns: Turns;
  readonly carrier: GateCarrier;
}

/** When this much waits for a decision (bytes), reading pauses, so that room remains for what has already been read. */
const MUCH = 512 * 1024;
const REQUESTS: ReadonlySet<MessageType> = new Set([
  MessageType.CALL,
  MessageType.REGISTER,
  MessageType.PUBLISH,
  MessageType.SUBSCRIBE,
]);
/** The explanation for a request that is refused because it would have to wait for a decision. */
const FULL =
  'the request would have to wait for an authorizer, and the memory limit of the router is reached; try again later';
/** How much of a URI is repeated to the client (characters). */
const MOST_REPEATED = 100;

interface WaitingMessage {
  readonly message: Message;
  readonly weight: number;
}

/** A decision that the authorizer has not made yet. */
interface PendingDecision {
  /** Undefined once it has been admitted, denied or refused. */
  message: Request | undefined;
  /** The bytes that are reserved for it; undefined if there was no room. */
  readonly weight: number | undefined;
  readonly action: Action;
  readonly uri: Uri;
}

/** What the authorizer returned, or why it returned nothing. */
type Outcome = { readonly settled: unknown } | { readonly error: unknown };

/** While the authorizer decides synchronously, a permitted message passes without allocating a closure or an object. */
export class Gate {
  readonly #options: GateOptions;
  readonly #carrier: GateCarrier;
  readonly #exit: GateExit;
  /** Messages behind the one whose decision is pending. */
  readonly #waiting = new Fifo<WaitingMessage>();
  /** The pending decision; undefined while there is none. */
  #awaited: PendingDecision | undefined;
  /** True while waiting messages are being admitted. */
  #draining = false;
  /** The bytes of the kept messages. */
  #weight = 0;
  /** Cancels the deadline of the decision. */
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

  /** Discards waiting messages. */
  close(): void {
    this.#closed = true;
    this.#dismiss?.();
    this.#dismiss = undefined;
    if (this.#awaited !== undefined) this.#awaited.message = undefined;
    this.#awaited = undefined;
    this.#waiting.clear();
    this.#release(this.#weight);
  }

  /** Keeps a message so that it outlives its frame. @returns its bytes; undefined when there is no room */
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
   * Handles a message for which there is no room. If the session itself has exhausted its quota, it ends; if others
   * have filled the accounts above, its requests are refused, and the session continues.
   * @returns false for a message that cannot be refused
   */
  #turnDown(message: Message): boolean {
    const { realm, session } = this.#options.asker;
    if (!realm.kept.undecided.allows(session, weightOfMessage(message))) this.#carrier.overflow();
    else if (isRequest(message)) this.#exit.deny(message, ErrorUri.LIMIT_EXCEEDED, FULL);
    else return false;
    return true;
  }

  /**
   * Keeps a message other than a request in order although the accounts are full, and pauses reading until it has been
   * admitted.
   */
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

  /** Admits waiting messages up to the next one that has to wait; continues in later turns if this turn has no room. */
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

  /** @returns whether more messages may be admitted in another turn */
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

  /** Asks the authorizer about requests; admits other messages. */
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
    let answer: unknown;
    try {
      answer = authorizer.authorize(asker.session.principal, action, uri, message.options, asker);
    } catch (error) {
      this.#fail(message, action, uri, error);
      return;
    }
    if (answer === true) this.#exit.admit(message, false);
    else if (answer instanceof Promise) this.#await(message, action, uri, answer);
    else this.#conclude(message, action, uri, answer);
  }

  /**
   * Waits for a decision. A message for which there is no room is refused; the session's next request waits all the same,
   * so that a session never has more than one decision pending.
   */
  #await(message: Request, action: Action, uri: Uri, answer: Promise<unknown>): void {
    const weight = this.#keep(message);
    this.#watch(answer, { message: weight === undefined ? undefined : message, weight, action, uri });
    if (weight === undefined) this.#turnDown(message);
  }

  /** Waits for an answer or its deadline. The answer may never come, so it must not reference the message. */
  #watch(answer: Promise<unknown>, pending: PendingDecision): void {
    this.#awaited = pending;
    const { clock, timeout } = this.#options;
    this.#dismiss = clock.after(timeout, () => {
      this.#settle(pending, { error: new Error(`the authorizer has not decided within ${timeout} ms`) });
    });
    answer.then(
      (settled) => {
        this.#settle(pending, { settled });
      },
      (error: unknown) => {
        this.#settle(pending, { error });
      },
    );
  }

  #settle(pending: PendingDecision, outcome: Outcome): void {
    if (this.#awaited !== pending) return; // after the deadline, or closed
    this.#dismiss?.();
    this.#carrier.later(() => {
      const { message, weight = 0 } = pending;
      pending.message = undefined;
      this.#release(weight);
      if (message !== undefined) this.#finish(message, pending, outcome);
      this.#awaited = undefined;
      this.#drain();
    });
  }

  #finish(message: Request, { action, uri }: PendingDecision, outcome: Outcome): void {
    if ('settled' in outcome) this.#conclude(message, action, uri, outcome.settled);
    else this.#fail(message, action, uri, outcome.error);
  }

  #conclude(message: Request, action: Action, uri: Uri, answer: unknown): void {
    switch (decisionOf(answer)) {
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
          new TypeError(`the authorizer gave an invalid answer: ${faultOf(answer)}`),
        );
    }
  }

  /** AZN-2, T-24: anything but a clear answer is a failure, and denies the request. */
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

/** The bytes of a message with its kept payload. */
function weightOfMessage(message: Message): number {
  const { payload = Payload.none, ...envelope }: Message & { readonly payload?: Payload } = message;
  return weightOf(payload.keep(), envelope);
}
