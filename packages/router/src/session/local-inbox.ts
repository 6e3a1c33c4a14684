/** The inbox of a local session: what the core has sent to it, until its code has heard it. */
import { MessageType, type Message, type Payload } from '@wamp/protocol';
import { Fifo } from '../core/fifo.ts';
import { ENTRY, memoryOf } from '../core/kept.ts';
import type { Turns, Worker } from '../core/work.ts';
import type { Outlet } from '../output/outlet.ts';
import type { Kept } from '../output/waiting.ts';

/** What hearing a message costs, in units of a turn's work, beside what its code does. */
const HEARING = 2;

interface Unread {
  readonly message: Message;
  /** In bytes. */
  readonly weight: number;
}

/**
 * Takes messages as an outlet does, but encodes none: it weighs them. They are heard in a microtask, in order, as many as the
 * turn has room for and the others in later turns. An EVENT counts as unread until what hears it has finished.
 */
export class Inbox implements Outlet, Worker {
  readonly limit: number = Infinity;
  credit = 0;
  /** What is unread, in bytes. */
  backlog = 0;
  readonly #turns: Turns;
  readonly #hear: (message: Message) => unknown;
  readonly #drained: () => void;
  readonly #unread = new Fifo<Unread>();
  #last: Unread | undefined;
  /** Whether a microtask or a turn is going to go on. */
  #scheduled = false;
  #closed = false;

  /**
   * @param hear is given each message; it must not throw. An EVENT is unread until the promise that it returns settles
   * @param drained is called when something has been read
   */
  constructor(turns: Turns, hear: (message: Message) => unknown, drained: () => void) {
    this.#turns = turns;
    this.#hear = hear;
    this.#drained = drained;
  }

  /** Weighs a message. @returns bytes */
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

  /** Nothing is heard any more. */
  close(): void {
    this.#closed = true;
    this.#last = undefined;
    this.#unread.clear();
  }

  /** Hears what the turn has room for. @returns whether more is unread */
  proceed(): boolean {
    const { work } = this.#turns;
    while (!work.isOver) {
      const next = this.#unread.shift();
      if (next === undefined) {
        this.#scheduled = false;
        return false;
      }
      work.spent += HEARING;
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

/** The payload's bytes are lent: they are kept from here on. */
function keep(unread: Unread): Unread {
  if ('payload' in unread.message) unread.message.payload.keep();
  return unread;
}

/** What a message takes in memory, whether its payload has come as bytes or as values. */
export function weightOfMessage(message: Message): number {
  if (!('payload' in message)) return ENTRY + memoryOf(message);
  const { payload, ...envelope } = message;
  return ENTRY + memoryOf(envelope) + weightOfPayload(payload);
}

function weightOfPayload(payload: Payload): number {
  if (payload.size > 0 || payload.count === 0) return payload.size;
  return memoryOf(payload.args) + memoryOf(payload.kwargs);
}
