/** A channel over HTTP requests: some deliver messages, others wait for them (spec: HTTP Longpoll Transport). */
import type { ServerResponse } from 'node:http';
import {
  joinBatch,
  readHead,
  type ClosedBy,
  type Serializer,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from '@wamp/protocol';
import type { Clock } from '../core/clock.ts';
import { nothing } from '../nothing.ts';
import { receiveBatch } from './batching.ts';
import type { LongBody } from './body.ts';
import type { FlushQueue } from '../output/flush-queue.ts';
import type { Subprotocol } from './subprotocol.ts';

/** The parameters of a channel; times in ms. */
export interface LongPollTerms {
  readonly subprotocol: Subprotocol;
  /** How long a request to receive is held when there are no messages. */
  readonly pollTimeout: number;
  /** The longest time without any request of the client. */
  readonly idleTimeout: number;
  /** The longest body accepted from a joined client, in bytes. */
  readonly maxBodySize: number;
  readonly clock: Clock;
  readonly queue: FlushQueue;
}

/** How long a closed channel waits for its client to fetch the last messages (ms). */
const CLOSE_TIMEOUT = 5000;

export class LongPollTransport implements Transport {
  readonly serializer: Serializer;
  readonly acceptable: number;
  listener: TransportListener | undefined;
  /** The longest body accepted now, in bytes. */
  acceptedLength: number;
  /** True when a message that is too long is only dropped, and does not end the session. */
  #discards = false;
  readonly #terms: LongPollTerms;
  readonly #ended: () => void;
  /** Messages that have not been fetched yet. */
  #pending: Uint8Array[] = [];
  #bytes = 0;
  /** Whether {@link flush} is scheduled for the frames of this turn. */
  #dirty = false;
  /** The request to receive that is held. */
  #held: ServerResponse | undefined;
  /** Cancels the empty answer to the held request. */
  #dismissPoll: () => void = nothing;
  /** The number of unanswered requests. */
  #requests = 0;
  /** Cancels the end of an idle channel. */
  #dismissIdle: () => void = nothing;
  #state: 'open' | 'closing' | 'ended' = 'open';
  #failed = false;
  /** Resolves when reading resumes; undefined while it is not paused. */
  resumed: Promise<void> | undefined;
  #resume: () => void = nothing;

  /** @param ended called once, when the client can no longer reach this channel */
  constructor(terms: LongPollTerms, ended: () => void) {
    this.serializer = terms.subprotocol.serializer;
    this.#terms = terms;
    this.acceptedLength = this.acceptable = terms.maxBodySize;
    this.#ended = ended;
    this.#awaitRequest();
  }

  get backlog(): number {
    return this.#bytes;
  }

  /** A batch that is too long cannot be answered like a single message, so it is not discarded. */
  acceptUpTo(size: number, discardUpTo = 0): void {
    this.acceptedLength = Math.min(size, this.acceptable);
    this.#discards = discardUpTo > 0;
  }

  /**
   * Handles a body that was too long; the client gets an HTTP error. Before there is a session, this ends the channel. In a
   * session, the peers that wait for the message get an error, if the head of the body identifies them.
   */
  tooLong({ head, length }: LongBody): void {
    const { listener } = this;
    if (this.#state !== 'open') return;
    if (!this.#discards)
      listener?.violation(`a message is longer than ${this.acceptedLength} bytes`, 'oversize');
    else if (!this.#terms.subprotocol.batched && readHead(this.serializer, head) !== undefined) {
      listener?.oversized?.(head, length);
    }
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#state !== 'open') return;
    this.#pending.push(frame);
    this.#bytes += frame.length;
    if (this.#dirty) return;
    this.#dirty = true;
    this.#terms.queue.add(this);
  }

  /** Answers the held request at the end of the turn, so that a batch contains all its messages. */
  flush(): void {
    this.#dirty = false;
    if (this.#held !== undefined && this.#pending.length > 0) this.#answerHeld(this.#take());
  }

  /** The client may still fetch pending messages; then it may close, or its requests are refused. */
  close(failure?: TransportFailure): void {
    if (this.#state !== 'open') return;
    this.#failed = failure !== undefined;
    this.#state = 'closing';
    this.flush();
    if (this.#pending.length === 0) this.#answerHeld([]);
    this.#dismissIdle();
    this.#dismissIdle = this.#terms.clock.after(CLOSE_TIMEOUT, () => {
      this.end('closed');
    });
  }

  /** Bodies wait until {@link resume}, and so do the answers to their requests. */
  pause(): void {
    this.resumed ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.resumed = undefined;
    this.#resume();
  }

  /** Counts a request; the client is present until it has been answered. */
  attend(response: ServerResponse): void {
    this.#requests += 1;
    if (this.#state === 'open') this.#dismissIdle();
    response.on('close', () => {
      this.#requests -= 1;
      if (this.#requests === 0 && this.#state === 'open') this.#awaitRequest();
    });
  }

  /**
   * LP-2: answers with the pending messages, or as soon as there are some. An earlier request that is still held gets
   * an empty answer (T-36).
   * @returns false when there will be no more messages
   */
  receive(response: ServerResponse): boolean {
    this.#answerHeld([]);
    if (this.#pending.length > 0) this.#answer(response, this.#take());
    else if (this.#state === 'open') this.#hold(response);
    else {
      this.end('closed');
      return false;
    }
    return true;
  }

  /**
   * LP-3: processes the body of one request.
   * @returns false when it violates the protocol, or arrives after the end
   */
  deliver(body: Uint8Array): boolean {
    if (this.#state !== 'open') return false;
    if (this.#terms.subprotocol.batched) receiveBatch(body, this.serializer, this.listener);
    else this.listener?.frame(body);
    return !this.#failed;
  }

  /** Ends the channel: the client can no longer reach it. */
  end(reason: string, by?: ClosedBy): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#dismissIdle();
    this.#answerHeld([]);
    this.#pending = [];
    this.#bytes = 0;
    this.resume();
    this.#ended();
    this.listener?.closed(reason, by);
  }

  #awaitRequest(): void {
    this.#dismissIdle = this.#terms.clock.after(this.#terms.idleTimeout, () => {
      this.end('idle_timeout', 'self');
    });
  }

  #hold(response: ServerResponse): void {
    this.#held = response;
    this.#dismissPoll = this.#terms.clock.after(this.#terms.pollTimeout, () => {
      this.#answerHeld([]);
    });
    response.on('close', () => {
      if (this.#held !== response) return;
      this.#held = undefined;
      this.#dismissPoll();
    });
  }

  #answerHeld(frames: readonly Uint8Array[]): void {
    const response = this.#held;
    if (response === undefined) return;
    this.#held = undefined;
    this.#dismissPoll();
    this.#answer(response, frames);
  }

  /** One message or, in a batch, all of them. */
  #take(): readonly Uint8Array[] {
    const frames = this.#pending.splice(0, this.#terms.subprotocol.batched ? this.#pending.length : 1);
    for (const frame of frames) this.#bytes -= frame.length;
    this.listener?.drained?.();
    return frames;
  }

  /** @param frames empty for an empty answer, after which the client asks again */
  #answer(response: ServerResponse, frames: readonly Uint8Array[]): void {
    const { batched } = this.#terms.subprotocol;
    const [body = new Uint8Array(0)] =
      batched && frames.length > 0 ? [joinBatch(frames, this.serializer)] : frames;
    if (response.headersSent) {
      // Another listener of the server has answered: the messages stay pending.
      this.#putBack(frames);
      return;
    }
    const text = !this.serializer.binary && !batched;
    response.writeHead(200, {
      'cache-control': 'no-store',
      'content-type': text ? 'application/json' : 'application/octet-stream',
      'content-length': body.length,
    });
    const { socket } = response;
    let written = false;
    response.end(body, () => {
      written = socket?.destroyed === false;
    });
    response.on('close', () => {
      // The connection broke before everything was written: the messages stay pending.
      if (!written) this.#putBack(frames);
    });
  }

  #putBack(frames: readonly Uint8Array[]): void {
    if (this.#state === 'ended') return;
    this.#pending = [...frames, ...this.#pending];
    for (const frame of frames) this.#bytes += frame.length;
    this.flush();
  }
}
