/** Watches that a client numbers its requests 1, 2, 3 … (IDS-4, IDS-6). */
import { MessageType, nextId, ProtocolViolation, type Id, type Message } from '@wamp/protocol';

export class RequestSequence {
  #last: Id = 0;

  /**
   * Takes note of one message.
   * @throws ProtocolViolation when its request is not the next; a CALL may also go back, to bring more
   * input, which the dealer judges
   */
  check(message: Message): void {
    const request = numberOf(message);
    if (request === undefined) return;
    const expected = nextId(this.#last);
    if (request === expected) this.#last = request;
    else if (message.type !== MessageType.CALL || request > this.#last) {
      throw new ProtocolViolation(`request ${request}: expected ${expected}`);
    }
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
