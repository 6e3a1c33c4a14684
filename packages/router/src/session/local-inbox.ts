/** The inbox of a local session: messages from the core, until the session's code has processed them. */
import { MessageType, type Message, type Payload } from '@wamp/protocol';
import { Fifo } from '../core/fifo.ts';
import { ENTRY, memoryOf } from '../core/kept.ts';
import { costOfTranscoding, type Turns, type Worker } from '../core/work.ts';
import type { Outlet } from '../output/outlet.ts';
import type { Kept } from '../output/waiting.ts';

/** The cost of delivering a message, in units of work, besides that of reading its payload. */
const HEARING = 2;

interface Unread {
  readonly message: Message;
  /** The size of the message (bytes). */
  readonly weight: number;
}

/**
 * An outlet that does not encode messages, but computes their size. They are delivered in a microtask, in order: as
 * many as the turn has room for, and the rest in later turns. An EVENT counts as unread until its listener has
 * finished.
 */
export class Inbox implements Outlet, Worker {
  readonly limit: number = Infinity;
  credit = 0;
  /** The unread bytes. */
  backlog = 0;
  readonly #turns: Turns;
  readonly #hear: (message: Message) => unknown;
  readonly #drained: () => void;
  readonly #unread = new Fifo<Unread>();
  #last: Unread | undefined;
  /** Whether a microtask or a turn is scheduled. */
  #scheduled = false;
  #closed = false;

  /**
   * @param hear called with each message; must not throw. An EVENT is unread until the promise that it returns settles
   * @param drained called when something has been read
   */
  constructor(turns: Turns, hear: (message: Message) => unknown, drained: () => void) {
    this.#turns = turns;
    this.#hear = hear;
    this.#drained = drained;
  }

  /** Computes the size of a message. @returns bytes */
  encode(message: Message): number {
    const weight = weightOfMessage(message);
    this.#last = { message, weight };
    return weight;
  }

  send(): void {
    if (this.#last !== undefined) this.#push(keep(this.#last));
  }

  keep(): Kept {
    const kept = this.#last && keep(this.#last);
    return {
      length: kept?.weight ?? 0,
      send: () => {
        if (kept !== undefined) this.#push(kept);
      },
      drop: () => undefined,
    };
  }

  /** Drops unread messages. */
  close(): void {
    this.#closed = true;
    this.#last = undefined;
    this.#unread.clear();
  }

  /** Delivers as many messages as the turn has room for. @returns whether more are unread */
  proceed(): boolean {
    const { work } = this.#turns;
    while (!work.isOver) {
      const next = this.#unread.shift();
      if (next === undefined) {
        this.#scheduled = false;
        return false;
      }
      work.spent += HEARING + costOfTranscoding(next.weight);
      this.#read(next);
    }
    return true;
  }

  #push(unread: Unread): void {
    this.#last = undefined;
    if (this.#closed) return;
    this.#unread.push(unread);
    this.backlog += unread.weight;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      if (this.proceed()) this.#turns.add(this);
    });
  }

  #read({ message, weight }: Unread): void {
    const heard = this.#hear(message);
    if (message.type === MessageType.EVENT && heard instanceof Promise) {
      void heard.finally(() => {
        this.#forget(weight);
      });
    } else this.#forget(weight);
  }

  #forget(weight: number): void {
    this.backlog -= weight;
    if (!this.#closed) this.#drained();
  }
}

/** Keeps the payload, whose bytes are lent. */
function keep(unread: Unread): Unread {
  if ('payload' in unread.message) unread.message.payload.keep();
  return unread;
}

/** The memory of a message, whether its payload consists of bytes or of values. */
export function weightOfMessage(message: Message): number {
  if (!('payload' in message)) return ENTRY + memoryOf(message);
  const { payload, ...envelope } = message;
  return ENTRY + memoryOf(envelope) + weightOfPayload(payload);
}

function weightOfPayload(payload: Payload): number {
  if (payload.size > 0 || payload.count === 0) return payload.size;
  return memoryOf(payload.args) + memoryOf(payload.kwargs);
}
