/** Watches that a client numbers its requests 1, 2, 3 … (IDS-4, IDS-6). */
import { MessageType, nextId, ProtocolViolation, type Id, type Message } from '@wamp/protocol';

/** How many calls may be waiting for more input before the oldest is taken to be complete. */
const MOST_STREAMS = 10_000;

export class RequestSequence {
  #last: Id = 0;
  /** Calls for which more input has been promised: their CALLs repeat a number (PCI-14 … PCI-17). */
  readonly #streams = new Set<Id>();

  /**
   * Takes note of one message.
   * @throws ProtocolViolation when its request is neither the next nor one that was promised to go on
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
