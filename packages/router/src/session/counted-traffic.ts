/** Counts the messages and bytes that a session has sent and received. */
import type { SessionTraffic } from '../core/session.ts';

export class CountedTraffic implements SessionTraffic {
  #received = 0;
  #receivedBytes = 0;
  #sent = 0;
  #sentBytes = 0;

  get received(): number {
    return this.#received;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get sent(): number {
    return this.#sent;
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Counts a message from the session. */
  receive(): void {
    this.#received += 1;
  }

  /** Counts the size of a message from the session. @param bytes the size of the message */
  receiveBytes(bytes: number): void {
    this.#receivedBytes += bytes;
  }

  /** Counts a message to the session. @param bytes the size of the message */
  send(bytes: number): void {
    this.#sent += 1;
    this.#sentBytes += bytes;
  }
}
