/** A transport within the process: frames arrive at the other end in order, one microtask later. */
import { json, type Serializer, type Transport, type TransportListener } from '@wamp/protocol';
import { Fifo } from '../core/fifo.ts';
import type { Router } from '../host.ts';

/**
 * Connects a client in the same process to a router.
 * @param limit the longest frame that the client accepts, in bytes; unlimited by default
 * @returns the client's end
 */
export function inMemory(router: Router, serializer: Serializer, limit?: number): Transport {
  const near = new End(serializer);
  // That of a client may read no more than what routers send.
  const far = new End(serializer.name === json.name ? json : serializer, limit);
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

type PendingDelivery = (listener: TransportListener | undefined) => void;

class End implements Transport {
  readonly serializer: Serializer;
  readonly limit: number;
  listener: TransportListener | undefined;
  #other: End | undefined;
  #open = true;
  /** Deliveries that are pending at this end. */
  readonly #arriving = new Fifo<{ readonly size: number; readonly deliver: PendingDelivery }>();
  /** The bytes of the pending deliveries. */
  #unread = 0;
  #isPaused = false;
  /** True once it has been paused: from then on the other end counts unread bytes. */
  #mayPause = false;
  #scheduled = false;

  constructor(serializer: Serializer, limit = Infinity) {
    this.serializer = serializer;
    this.limit = limit;
  }

  /** Bytes that the other end has not read; counted once the other end has paused. */
  get backlog(): number {
    return this.#other?.unread ?? 0;
  }

  get unread(): number {
    return this.#mayPause ? this.#unread : 0;
  }

  connect(other: End): void {
    this.#other = other;
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#open) this.#other?.arrive(frame.length, (listener) => listener?.frame(frame));
  }

  pause(): void {
    this.#isPaused = true;
    this.#mayPause = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#schedule();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#other?.arrive(0, (listener) => {
      this.#other?.gone(listener);
    });
    // This end is notified even while it is paused.
    this.#isPaused = false;
    this.arrive(0, (listener) => listener?.closed('closed'));
  }

  /** Called when the other end has closed. */
  gone(listener: TransportListener | undefined): void {
    if (!this.#open) return;
    this.#open = false;
    listener?.closed('closed by the peer');
  }

  arrive(size: number, deliver: PendingDelivery): void {
    this.#arriving.push({ size, deliver });
    this.#unread += size;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#isPaused || this.#arriving.size === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    for (let due = this.#arriving.size; due > 0 && !this.#isPaused; due -= 1) {
      const next = this.#arriving.shift();
      if (next === undefined) break;
      this.#unread -= next.size;
      next.deliver(this.listener);
    }
    this.#schedule();
    if (this.#arriving.size === 0) this.#other?.listener?.drained?.();
  }
}
