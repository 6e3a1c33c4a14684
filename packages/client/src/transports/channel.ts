/** What the transports of the client share: buffers what arrives until a listener is attached. */
import {
  type Serializer,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from '@wamp/protocol';

/** Default limit for the size of a received message, in bytes: 16 MiB. */
export const MAX_MESSAGE_SIZE: number = 16 * 1024 * 1024;

const encoder = new TextEncoder();

/** The receiving half of a transport. */
export abstract class Channel implements Transport {
  readonly serializer: Serializer;
  abstract readonly backlog: number;
  #listener: TransportListener | undefined;
  /** What arrived before a listener was attached. */
  #unheard: ((listener: TransportListener) => void)[] = [];
  #over = false;

  constructor(serializer: Serializer) {
    this.serializer = serializer;
  }

  get listener(): TransportListener | undefined {
    return this.#listener;
  }

  set listener(listener: TransportListener | undefined) {
    this.#listener = listener;
    if (listener !== undefined) for (const tell of this.#unheard.splice(0)) tell(listener);
  }

  abstract send(frame: Uint8Array<ArrayBuffer>): void;
  abstract close(failure?: TransportFailure): void;

  /** Receives a message of the router. */
  protected received(frame: Uint8Array | string): void {
    if (this.#over) return;
    if (this.#listener === undefined) this.#unheard.push((listener) => hand(listener, frame));
    else hand(this.#listener, frame);
  }

  protected violated(what: string, failure?: TransportFailure): void {
    if (this.#listener === undefined) this.#unheard.push((listener) => listener.violation(what, failure));
    else this.#listener.violation(what, failure);
  }

  /** The router has sent a sign of life below the messages. */
  protected alive(): void {
    this.#listener?.alive?.();
  }

  /** `backlog` has decreased. */
  protected drained(): void {
    this.#listener?.drained?.();
  }

  /** Ends the channel; the first reason counts. */
  protected ended(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#listener === undefined) this.#unheard.push((listener) => listener.closed(reason));
    else this.#listener.closed(reason);
  }
}

function hand(listener: TransportListener, frame: Uint8Array | string): void {
  if (typeof frame !== 'string') listener.frame(frame);
  else if (listener.text === undefined) listener.frame(encoder.encode(frame));
  else listener.text(frame);
}

/** The size of a text in bytes if that exceeds `most`, else a lower bound of it. */
export function bytesOf(text: string, most: number): number {
  // A character has at most three bytes.
  return text.length * 3 <= most || text.length > most ? text.length : encoder.encode(text).length;
}

/** Why a message was refused. */
export function tooLong(bytes: number, limit: number): string {
  return `a message of ${bytes} bytes, which is above maxMessageSize, ${limit}`;
}
