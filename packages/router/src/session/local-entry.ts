/** The entry of a local session: what its code says waits here while the session is held. */
import { ErrorUri, MessageType, type Message, type Uri } from '@wamp/protocol';
import { Fifo } from '../core/fifo.ts';
import type { SessionAccounts } from '../core/kept.ts';
import type { Session } from '../core/session.ts';
import type { Producer, Turns, Worker } from '../core/work.ts';
import { weightOfMessage } from './local-inbox.ts';

/** How the work of a turn is counted, which begins with the first message that is heard in it. */
export interface CountedTurns extends Turns {
  begin(): void;
}

/** What this needs of the session. */
export interface EntryExit {
  /** Hears a message. @throws ProtocolViolation */
  hear(message: Message): void;
  /** Refuses a message that there is no room for. */
  refuse(message: Message, error: Uri, why: string): void;
  /** The session has done what ends it, or a fault of the router does. */
  failed(error: unknown): void;
}

/** What a message costs, whatever it causes. */
const MESSAGE = 2;
const FULL =
  'the session has to wait for its receivers, and too much waits already; await what was asked for before';

interface Waiting {
  readonly message: Message;
  /** In bytes, on the account of the session. */
  readonly weight: number;
}

/**
 * A session whose messages fill the queues of others is held, as a client is: its requests wait here, and its answers too
 * while it is choked. So does everything behind a message that an authorizer decides about.
 */
export class LocalEntry implements Producer, Worker {
  readonly single = true;
  credit = 0;
  readonly #turns: CountedTurns;
  readonly #account: SessionAccounts<Session>;
  readonly #session: Session;
  readonly #exit: EntryExit;
  readonly #requests = new Fifo<Waiting>();
  readonly #answers = new Fifo<Waiting>();
  #holds = 0;
  #chokes = 0;
  #queued = false;
  #closed = false;

  readonly #isBlamed: boolean;

  /**
   * @param account of what waits here, by session
   * @param isBlamed whether the session is held for what it causes
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

  /** Hears a message at once, or once the session is held no more. */
  receive(message: Message): void {
    if (this.#closed) return;
    const isFree = isAnswer(message) ? this.#answersPass : this.#requestsPass;
    if (isFree) this.#hear(message);
    else this.#keep(message);
  }

  /** Runs what the session has caused. */
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

  /** What waits is dropped. */
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

  #next(): Waiting | undefined {
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

  /** Answers always find room: somebody waits for them, and calls in flight have a quota of their own. */
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
