/** A channel made of HTTP requests: some bring messages, others wait for them (spec: HTTP Longpoll Transport). */
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

/** What a channel is told when it begins; times in ms. */
export interface LongPollTerms {
  readonly subprotocol: Subprotocol;
  /** How long a request to receive is held while there is nothing to say. */
  readonly pollTimeout: number;
  /** How long a client may go without any request. */
  readonly idleTimeout: number;
  /** The longest body taken of a joined client, in bytes. */
  readonly maxBodySize: number;
  readonly clock: Clock;
  readonly queue: FlushQueue;
}

/** How long a channel that the router has closed waits for its client to take the last messages (ms). */
const CLOSE_TIMEOUT = 5000;

export class LongPollTransport implements Transport {
  readonly serializer: Serializer;
  readonly acceptable: number;
  listener: TransportListener | undefined;
  /** The longest body taken now, in bytes. */
  acceptedLength: number;
  /** Whether a message that is too long costs that message alone. */
  #discards = false;
  readonly #terms: LongPollTerms;
  readonly #ended: () => void;
  /** What nobody has asked for yet. */
  #pending: Uint8Array[] = [];
  #bytes = 0;
  /** Whether the frames of this turn are on their way to {@link flush}. */
  #dirty = false;
  /** The request to receive that is being held. */
  #held: ServerResponse | undefined;
  /** Calls off the answer that the held request would get when nothing comes. */
  #dismissPoll: () => void = nothing;
  /** Requests that have not been answered. */
  #requests = 0;
  /** Calls off the end of a channel that nobody asks for. */
  #dismissIdle: () => void = nothing;
  #state: 'open' | 'closing' | 'ended' = 'open';
  #failed = false;
  /** Resolves when bodies are heard again; undefined while they are. */
  resumed: Promise<void> | undefined;
  #resume: () => void = nothing;

  /** @param ended called once, when the client can reach this channel no more */
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

  /** A batch that is too long has no one message that could be answered. */
  acceptUpTo(size: number, discardUpTo = 0): void {
    this.acceptedLength = Math.min(size, this.acceptable);
    this.#discards = discardUpTo > 0;
  }

  /**
   * A body was longer than it may be. Its client hears of that from HTTP; before a session, it is the end. In a session, others
   * are told who wait for the message, as far as its beginning says who.
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

  /** Answers who waits, at the end of the turn: a batch takes everything of it. */
  flush(): void {
    this.#dirty = false;
    if (this.#held !== undefined && this.#pending.length > 0) this.#answerHeld(this.#take());
  }

  /** The client may still take what is pending; then it may close, or learn that there is nothing more. */
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

  /** Bodies wait until {@link resume}, and their requests for an answer. */
  pause(): void {
    this.resumed ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.resumed = undefined;
    this.#resume();
  }

  /** A request is there: until it is answered, the client is. */
  attend(response: ServerResponse): void {
    this.#requests += 1;
    if (this.#state === 'open') this.#dismissIdle();
    response.on('close', () => {
      this.#requests -= 1;
      if (this.#requests === 0 && this.#state === 'open') this.#awaitRequest();
    });
  }

  /**
   * LP-2: answers with what is pending, or when something is. Who asked before and waits still, gets an
   * empty answer (T-36).
   * @returns false when nothing will ever come
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
   * LP-3: takes the body of one request.
   * @returns false when it breaks the protocol, or comes too late
   */
  deliver(body: Uint8Array): boolean {
    if (this.#state !== 'open') return false;
    if (this.#terms.subprotocol.batched) receiveBatch(body, this.serializer, this.listener);
    else this.listener?.frame(body);
    return !this.#failed;
  }

  /** It is over: the client can reach it no more. */
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

  /** One message, or, in batches, all there is. */
  #take(): readonly Uint8Array[] {
    const frames = this.#pending.splice(0, this.#terms.subprotocol.batched ? this.#pending.length : 1);
    for (const frame of frames) this.#bytes -= frame.length;
    this.listener?.drained?.();
    return frames;
  }

  /** @param frames none for an empty answer, which says: ask again */
  #answer(response: ServerResponse, frames: readonly Uint8Array[]): void {
    const { batched } = this.#terms.subprotocol;
    const [body = new Uint8Array(0)] =
      batched && frames.length > 0 ? [joinBatch(frames, this.serializer)] : frames;
    if (response.headersSent) {
      // Another listener of the server has answered: the messages wait on.
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
      // Where the connection broke before all was written, the client has not got the messages: they wait on.
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
