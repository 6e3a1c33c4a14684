/** A transport within the process: frames pass from end to end, in order, one turn later. */
import type { Serializer, Transport, TransportListener } from '@wamp/protocol';
import type { Router } from '../router.ts';

/**
 * Connects a client in the same process to a router.
 * @param limit the longest frame that the client takes, in bytes; any by default
 * @returns the client's end
 */
export function inMemory(router: Router, serializer: Serializer, limit?: number): Transport {
  const near = new End(serializer);
  const far = new End(serializer, limit);
  near.connect(far);
  far.connect(near);
  router.open(far, { type: 'in-memory', protocol: serializer.subprotocol });
  return near;
}

/** Both ends of a channel. */
export function transportPair(serializer: Serializer): [Transport, Transport] {
  const left = new End(serializer);
  const right = new End(serializer);
  left.connect(right);
  right.connect(left);
  return [left, right];
}

type Delivery = (listener: TransportListener | undefined) => void;

class End implements Transport {
  readonly serializer: Serializer;
  readonly limit: number;
  readonly backlog = 0;
  listener: TransportListener | undefined;
  #other: End | undefined;
  #open = true;
  /** What is still to arrive here. */
  #arriving: Delivery[] = [];

  constructor(serializer: Serializer, limit = Infinity) {
    this.serializer = serializer;
    this.limit = limit;
  }

  connect(other: End): void {
    this.#other = other;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#open) this.#other?.arrive((listener) => listener?.frame(frame));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#other?.arrive((listener) => {
      this.#other?.gone(listener);
    });
    this.arrive((listener) => listener?.closed('closed'));
  }

  /** The other end has closed. */
  gone(listener: TransportListener | undefined): void {
    if (!this.#open) return;
    this.#open = false;
    listener?.closed('closed by the peer');
  }

  arrive(delivery: Delivery): void {
    this.#arriving.push(delivery);
    if (this.#arriving.length === 1)
      queueMicrotask(() => {
        this.#deliver();
      });
  }

  #deliver(): void {
    const due = this.#arriving;
    this.#arriving = [];
    for (const delivery of due) delivery(this.listener);
  }
}
