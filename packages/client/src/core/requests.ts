/** Pending requests by request id, and the waiters for their answers. */
import {
  Code,
  nextId,
  ProtocolViolation,
  type ErrorMessage,
  type Id,
  type Published,
  type Registered,
  type RequestType,
  type Result,
  type Subscribed,
  type Unregistered,
  type Unsubscribed,
} from '@wamp/protocol';
import { IdTable } from './id-table.ts';

/** The messages that answer a request. */
export type Answer = Published | Subscribed | Unsubscribed | Result | Registered | Unregistered;

/** Waits for the answer to one request. */
export interface Waiter {
  /** The type of the request, which determines the type of the answer. */
  readonly type: RequestType;
  /** @param bytes the length of the message */
  answered(answer: Answer, bytes: number): void;
  /** Receives a progressive RESULT; without this, none was asked for. */
  progressed?(result: Result, bytes: number): void;
  failed(error: Error): void;
  /** The connection was lost, and another one will replace it; without this, the request fails. */
  lost?(error: Error): void;
}

const REQUEST_OF: Readonly<Record<Answer['type'], RequestType>> = {
  [Code.PUBLISHED]: Code.PUBLISH,
  [Code.SUBSCRIBED]: Code.SUBSCRIBE,
  [Code.UNSUBSCRIBED]: Code.UNSUBSCRIBE,
  [Code.RESULT]: Code.CALL,
  [Code.REGISTERED]: Code.REGISTER,
  [Code.UNREGISTERED]: Code.UNREGISTER,
};

/**
 * The requests of one WAMP session. Ids are issued from 1 without gaps (spec: Building Blocks, Identifiers), so it is
 * known for each id whether it was issued.
 */
export class Requests {
  #last: Id = 0;
  readonly #waiting = new IdTable<Waiter>();

  /** The id that `open` issues next. */
  get next(): Id {
    return nextId(this.#last);
  }

  /** The number of pending requests. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Issues an id. Without a waiter no answer is expected, as for an unacknowledged PUBLISH. */
  open(waiter?: Waiter): Id {
    this.#last = this.next;
    if (waiter !== undefined) this.#waiting.add(this.#last, waiter);
    return this.#last;
  }

  /** Removes a request; its answer will be ignored. */
  forget(id: Id): void {
    this.#waiting.delete(id);
  }

  /** Passes an answer of a length in bytes to its waiter. @throws ProtocolViolation if it answers no request */
  answer(answer: Answer, bytes: number): void {
    const waiter = this.#find(REQUEST_OF[answer.type], answer.request);
    if (waiter === undefined) return;
    // A progressive RESULT that was not asked for is not the final one (T-11).
    if (answer.type === Code.RESULT && answer.details.progress === true) {
      waiter.progressed?.(answer, bytes);
      return;
    }
    // Decode first: if the payload is invalid, the waiter is still registered, and fails with the session.
    waiter.answered(answer, bytes);
    this.#waiting.delete(answer.request);
  }

  /** Passes a failure to the waiter. @throws ProtocolViolation if it answers no request */
  fail({ requestType, request }: ErrorMessage, error: Error): void {
    const waiter = this.#find(requestType, request);
    this.#waiting.delete(request);
    waiter?.failed(error);
  }

  /** The session has ended, and requests get no answer. @param survives whether another connection will replace it */
  failAll(error: Error, survives: boolean): void {
    const waiting = this.#waiting.values();
    this.#waiting.clear();
    for (const waiter of waiting) {
      if (survives && waiter.lost !== undefined) waiter.lost(error);
      else waiter.failed(error);
    }
  }

  /** Undefined if the request has ended before: a canceled call, an aborted signal (T-7). */
  #find(type: RequestType, id: Id): Waiter | undefined {
    if (id > this.#last) throw violation(id, 'was never sent');
    const waiter = this.#waiting.get(id);
    if (waiter !== undefined && waiter.type !== type) {
      throw violation(id, `is of type ${waiter.type}, not ${type}`);
    }
    return waiter;
  }
}

/** A function of its own, because the engine would compose a message within `#find` for each answer. */
function violation(id: Id, what: string): ProtocolViolation {
  return new ProtocolViolation(`request ${id} ${what}`);
}
