/** Checks that a client numbers its requests 1, 2, 3 … (IDS-4, IDS-6). */
import { MessageType, nextId, ProtocolViolation, type Id, type Message } from '@wamp/protocol';

/** The most calls that may wait for further input before the oldest is considered complete. */
const MOST_STREAMS = 10_000;

export class RequestSequence {
  #last: Id = 0;
  /** Calls with further input, whose CALLs repeat a request id (PCI-14 … PCI-17). */
  readonly #streams = new Set<Id>();

  /**
   * Checks one message.
   * @throws ProtocolViolation when its request id is neither the next one nor that of a call with further input
   */
  check(message: Message): void {
    const request = numberOf(message);
    if (request === undefined) return;
    const expected = nextId(this.#last);
    if (request === expected) this.#last = request;
    else if (message.type !== MessageType.CALL || !this.#streams.has(request)) {
      throw new ProtocolViolation(`request ${request}: expected ${expected}`);
    }
    if (message.type !== MessageType.CALL) return;
    if (message.options.progress === true) this.#promise(request);
    else this.#streams.delete(request);
  }

  #promise(request: Id): void {
    this.#streams.add(request);
    const [oldest] = this.#streams;
    if (this.#streams.size > MOST_STREAMS && oldest !== undefined) this.#streams.delete(oldest);
  }
}

function numberOf(message: Message): Id | undefined {
  switch (message.type) {
    case MessageType.SUBSCRIBE:
    case MessageType.UNSUBSCRIBE:
    case MessageType.PUBLISH:
    case MessageType.REGISTER:
    case MessageType.UNREGISTER:
    case MessageType.CALL:
      return message.request;
    default:
      return undefined;
  }
}
