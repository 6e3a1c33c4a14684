/** What the transports of the client have in common: a listener, who may come after what there is to hear. */
import {
  splitBatch,
  type Serializer,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from '@wamp/protocol';
import type { Subprotocol } from './subprotocol.ts';

/** A transport without the way out. */
export abstract class Channel implements Transport {
  readonly serializer: Serializer;
  abstract readonly backlog: number;
  protected readonly batched: boolean;
  #listener: TransportListener | undefined;
  /** What came before anybody listened. */
  #unheard: ((listener: TransportListener) => void)[] = [];
  #over = false;

  constructor({ serializer, batched }: Pick<Subprotocol, 'serializer' | 'batched'>) {
    this.serializer = serializer;
    this.batched = batched;
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

  /** What the router has sent as one: a message, or a batch of them. Of a broken batch, none counts. */
  protected received(bytes: Uint8Array): void {
    if (!this.batched) {
      this.#frame(bytes);
      return;
    }
    const frames = splitBatch(bytes, this.serializer);
    if (frames === undefined) this.violated('a batch that is empty, or ends within a message');
    else for (const frame of frames) this.#frame(frame);
  }

  protected violated(what: string): void {
    if (this.#listener === undefined) this.#unheard.push((listener) => listener.violation(what));
    else this.#listener.violation(what);
  }

  /** Nothing follows; the first reason counts. */
  protected ended(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#listener === undefined) this.#unheard.push((listener) => listener.closed(reason));
    else this.#listener.closed(reason);
  }

  #frame(frame: Uint8Array): void {
    if (this.#over) return;
    if (this.#listener === undefined) this.#unheard.push((listener) => listener.frame(frame));
    else this.#listener.frame(frame);
  }
}
