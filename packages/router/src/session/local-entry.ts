/** The entry of a local session: its messages wait here while the session is held. */
import { ErrorUri, MessageType, type Message, type Uri } from '@wamp/protocol';
import { Fifo } from '../core/fifo.ts';
import type { SessionAccounts } from '../core/kept.ts';
import type { Session } from '../core/session.ts';
import type { Producer, Turns, Worker } from '../core/work.ts';
import { weightOfMessage } from './local-inbox.ts';

/** The turns of the router, which begin with the first message that is processed in them. */
export interface CountedTurns extends Turns {
  begin(): void;
}

/** The part of the session that is used here. */
export interface EntryExit {
  /** Processes a message. @throws ProtocolViolation */
  hear(message: Message): void;
  /** Refuses a message for which there is no room. */
  refuse(message: Message, error: Uri, why: string): void;
  /** Ends the session because of a violation, or of a fault of the router. */
  failed(error: unknown): void;
}

/** The cost of a message, in units of work, in addition to the work that it causes. */
const MESSAGE = 2;
const FULL =
  'the session is held until its receivers catch up, and too many of its requests wait; await earlier requests first';

interface WaitingRequest {
  readonly message: Message;
  /** The bytes reserved on the account of the session. */
  readonly weight: number;
}

/**
 * A session whose messages fill the queues of others is held, as a client is: its requests wait here, and while it is
 * choked, its answers as well. Messages behind a pending decision of an authorizer also wait.
 */
export class LocalEntry implements Producer, Worker {
  readonly single = true;
  credit = 0;
  readonly #turns: CountedTurns;
  readonly #account: SessionAccounts<Session>;
  readonly #session: Session;
  readonly #exit: EntryExit;
  readonly #requests = new Fifo<WaitingRequest>();
  readonly #answers = new Fifo<WaitingRequest>();
  #holds = 0;
  #chokes = 0;
  #queued = false;
  #closed = false;

  readonly #isBlamed: boolean;

  /**
   * @param account for the waiting messages of sessions
   * @param isBlamed whether the session can be held
   */
  constructor(
    turns: CountedTurns,
    account: SessionAccounts<Session>,
    session: Session,
    exit: EntryExit,
    isBlamed: boolean,
  ) {
    this.#isBlamed = isBlamed;
    this.#turns = turns;
    this.#account = account;
    this.#session = session;
    this.#exit = exit;
  }

  /** Processes a message at once, or as soon as the session is no longer held. */
  receive(message: Message): void {
    if (this.#closed) return;
    const isFree = isAnswer(message) ? this.#answersPass : this.#requestsPass;
    if (isFree) this.#hear(message);
    else this.#keep(message);
  }

  /** Runs work that the session has caused. */
  cause(task: () => void): void {
    const { work } = this.#turns;
    if (work.spent === 0) this.#turns.begin();
    const { producer } = work;
    if (this.#isBlamed) work.producer = this;
    try {
      task();
    } catch (error) {
      this.#exit.failed(error);
    } finally {
      work.producer = producer;
    }
  }

  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    this.#holds -= 1;
    this.#goOn();
  }

  choke(): void {
    this.#chokes += 1;
  }

  unchoke(): void {
    this.#chokes -= 1;
    this.#goOn();
  }

  /** Drops waiting messages. */
  close(): void {
    this.#closed = true;
    for (const queue of [this.#requests, this.#answers]) {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) this.#release(next.weight);
    }
  }

  proceed(): boolean {
    const { work } = this.#turns;
    while (!work.isOver) {
      const next = this.#next();
      if (next === undefined) {
        this.#queued = false;
        return false;
      }
      this.#release(next.weight);
      this.#hear(next.message);
    }
    return true;
  }

  get #answersPass(): boolean {
    return this.#chokes === 0 && this.#answers.size === 0;
  }

  get #requestsPass(): boolean {
    return this.#holds === 0 && this.#requests.size === 0 && this.#answersPass;
  }

  #next(): WaitingRequest | undefined {
    if (this.#chokes > 0) return undefined;
    const answer = this.#answers.shift();
    return answer ?? (this.#holds > 0 ? undefined : this.#requests.shift());
  }

  #hear(message: Message): void {
    this.cause(() => {
      this.#turns.work.spent += MESSAGE;
      this.#exit.hear(message);
    });
  }

  /** Answers are always kept: callers wait for them, and calls in flight have their own quota. */
  #keep(message: Message): void {
    const answers = isAnswer(message);
    const weight = answers ? 0 : weightOfMessage(message);
    if ('payload' in message) message.payload.keep();
    if (!this.#account.reserve(this.#session, weight))
      this.#exit.refuse(message, ErrorUri.LIMIT_EXCEEDED, FULL);
    else (answers ? this.#answers : this.#requests).push({ message, weight });
  }

  #release(weight: number): void {
    this.#account.release(this.#session, weight);
  }

  #goOn(): void {
    if (this.#queued || this.#closed || this.#requests.size + this.#answers.size === 0) return;
    this.#queued = true;
    this.#turns.add(this);
  }
}

function isAnswer({ type }: Message): boolean {
  return type === MessageType.YIELD || type === MessageType.ERROR;
}
