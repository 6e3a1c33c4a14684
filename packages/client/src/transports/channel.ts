/** What the transports of the client have in common: a listener, who may come after what there is to hear. */
import {
  type Serializer,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from '@wamp/protocol';

/** The longest message that a client takes from the router unless told otherwise, in bytes: 16 MiB. */
export const MAX_MESSAGE_SIZE: number = 16 * 1024 * 1024;

/** A transport without the way out. */
export abstract class Channel implements Transport {
  readonly serializer: Serializer;
  abstract readonly backlog: number;
  #listener: TransportListener | undefined;
  /** What came before anybody listened. */
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

  /** A message of the router. */
  protected received(frame: Uint8Array): void {
    if (this.#over) return;
    if (this.#listener === undefined) this.#unheard.push((listener) => listener.frame(frame));
    else this.#listener.frame(frame);
  }

  protected violated(what: string, failure?: TransportFailure): void {
    if (this.#listener === undefined) this.#unheard.push((listener) => listener.violation(what, failure));
    else this.#listener.violation(what, failure);
  }

  /** The router has given a sign of life that is no message. */
  protected alive(): void {
    this.#listener?.alive?.();
  }

  /** `backlog` has fallen. */
  protected drained(): void {
    this.#listener?.drained?.();
  }

  /** Nothing follows; the first reason counts. */
  protected ended(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#listener === undefined) this.#unheard.push((listener) => listener.closed(reason));
    else this.#listener.closed(reason);
  }
}

/** Why a message is not taken. */
export function tooLong(bytes: number, limit: number): string {
  return `a message of ${bytes} bytes, which is above maxMessageSize, ${limit}`;
}
