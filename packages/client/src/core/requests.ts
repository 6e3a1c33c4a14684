/** Request id -> who waits for its answer. */
import {
  MessageType,
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

/** The messages that answer a request. */
export type Answer = Published | Subscribed | Unsubscribed | Result | Registered | Unregistered;

/** Who waits for the answer to one request. */
export interface Waiter {
  /** The type of the request; its answer has the type that belongs to it. */
  readonly type: RequestType;
  answered(answer: Answer): void;
  /** A RESULT that is not the last; without this, nobody has asked for any. */
  progressed?(result: Result): void;
  failed(error: Error): void;
  /** The session is over, but another one will carry on; without this, that is a failure. */
  lost?(error: Error): void;
}

const REQUEST_OF: Readonly<Record<Answer['type'], RequestType>> = {
  [MessageType.PUBLISHED]: MessageType.PUBLISH,
  [MessageType.SUBSCRIBED]: MessageType.SUBSCRIBE,
  [MessageType.UNSUBSCRIBED]: MessageType.UNSUBSCRIBE,
  [MessageType.RESULT]: MessageType.CALL,
  [MessageType.REGISTERED]: MessageType.REGISTER,
  [MessageType.UNREGISTERED]: MessageType.UNREGISTER,
};

/**
 * The requests of one WAMP session. Ids are issued from 1 without a gap (spec: Building Blocks,
 * Identifiers), so an id tells whether it was ever issued.
 */
export class Requests {
  #last: Id = 0;
  readonly #waiting = new Map<Id, Waiter>();

  /** The id that `open` issues next. */
  get next(): Id {
    return nextId(this.#last);
  }

  /** How many requests wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Issues an id. Without a waiter nobody expects an answer, as for most publishing. */
  open(waiter?: Waiter): Id {
    this.#last = this.next;
    if (waiter !== undefined) this.#waiting.set(this.#last, waiter);
    return this.#last;
  }

  /** Nobody waits for this one any more; its answer will be ignored. */
  forget(id: Id): void {
    this.#waiting.delete(id);
  }

  /** Hands an answer to who waits. @throws ProtocolViolation when it answers nothing we asked */
  answer(answer: Answer): void {
    const waiter = this.#find(REQUEST_OF[answer.type], answer.request);
    if (waiter === undefined) return;
    // Progress that nobody asked for is not the result (T-11).
    if (answer.type === MessageType.RESULT && answer.details.progress === true) {
      waiter.progressed?.(answer);
      return;
    }
    // In this order: should the payload turn out to be no payload, the waiter is there to fail with the session.
    waiter.answered(answer);
    this.#waiting.delete(answer.request);
  }

  /** Hands the failure to who waits. @throws ProtocolViolation when it answers nothing we asked */
  fail({ requestType, request }: ErrorMessage, error: Error): void {
    const waiter = this.#find(requestType, request);
    this.#waiting.delete(request);
    waiter?.failed(error);
  }

  /** The session is over: nobody who waits gets an answer. @param survives whether another one will carry on */
  failAll(error: Error, survives: boolean): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const waiter of waiting) {
      if (survives && waiter.lost !== undefined) waiter.lost(error);
      else waiter.failed(error);
    }
  }

  /** Nobody, if the request has ended before: a call canceled, a signal aborted (T-7). */
  #find(type: RequestType, id: Id): Waiter | undefined {
    if (id > this.#last) throw new ProtocolViolation(`request ${id} was never sent`);
    const waiter = this.#waiting.get(id);
    if (waiter !== undefined && waiter.type !== type) {
      throw new ProtocolViolation(`request ${id} is of type ${waiter.type}, not ${type}`);
    }
    return waiter;
  }
}
