/** The common part of WebSocket and RawSocket transports: a socket, the frames written to it, and signs of life. */
import type { Socket } from 'node:net';
import type { ClosedBy, Serializer, TransportFailure, TransportListener } from '@wamp/protocol';
import type { Clock } from '../core/clock.ts';
import { NO_BYTES } from '../nothing.ts';
import type { Framed } from '../output/framing.ts';
import type { Outbox, FrameSink } from '../output/outbox.ts';
import { hangUp } from './hang-up.ts';
import type { PingedPeer } from './heartbeat.ts';

/** When a peer sends pings but leaves this many bytes unread, reading from it pauses. */
const MOST_UNREAD = 1024 * 1024;

/** After this many pings of a peer, reading from it pauses until the next turn, so that other sockets come first. */
const MOST_PINGS = 512;

/** The answer to a longer ping is written at once, instead of being copied (bytes). */
const SHORT_PING = 1024;

/** The control frames with which a peer is asked for a sign of life, and answers. */
export type Control = 'ping' | 'pong';

/** The parts of which a transport consists. */
export interface StreamParts {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly serializer: Serializer;
  readonly outbox: Outbox;
  /** Takes messages without a header: the outbox, or a sink that collects batches for it. */
  readonly sink: FrameSink;
}

/** A transport over a stream. Subclasses define how frames are written and parsed. */
export abstract class StreamTransport implements PingedPeer {
  readonly serializer: Serializer;
  /** The maximum size of a frame to the peer (bytes). */
  readonly limit: number;
  /** The maximum size of a frame from a peer that has joined (bytes). */
  readonly acceptable: number;
  listener: TransportListener | undefined;
  isPaused = false;
  protected readonly socket: Socket;
  protected readonly clock: Clock;
  protected readonly outbox: Outbox;
  protected readonly sink: FrameSink;
  /** True while messages are sent and received. */
  protected isOpen = true;
  /** The number of pings since reading paused for them. */
  #pings = 0;

  constructor({ socket, clock, serializer, outbox, sink }: StreamParts, limit: number, acceptable: number) {
    this.serializer = serializer;
    this.limit = limit;
    this.acceptable = acceptable;
    this.socket = socket;
    this.clock = clock;
    this.outbox = outbox;
    this.sink = sink;
    socket.on('drain', () => {
      this.#readOn();
      this.listener?.drained?.();
    });
    socket.on('end', () => {
      this.sink.flush();
      this.gone('closed by the peer');
      hangUp(socket, clock);
    });
    socket.on('error', (error) => {
      this.gone(error.message);
    });
    socket.on('close', () => {
      this.gone('closed');
    });
  }

  get writtenDirectly(): number {
    return this.outbox.writtenDirectly;
  }

  get backlog(): number {
    return this.sink.backlog;
  }

  /** RAW-6: never sends a frame above the limit. */
  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.isOpen && frame.length <= this.limit) this.sink.push(frame);
  }

  sendFramed(frame: Framed): void {
    if (this.isOpen && frame.length <= this.limit) this.outbox.pushFramed(frame);
  }

  pause(): void {
    if (!this.isOpen) return;
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.socket.resume();
  }

  abstract close(failure?: TransportFailure): void;

  abstract lost(): void;

  /**
   * RAW-8: answers each ping, after all messages that were sent before. The answers of a turn are written together,
   * because a system call for each would let a peer occupy the process with a few octets.
   */
  ping(payload: Uint8Array): void {
    if (!this.isOpen) return;
    if (this.sink !== this.outbox) this.sink.flush();
    const frame = this.controlFrame('pong', payload);
    if (payload.length > SHORT_PING) this.outbox.control(frame);
    else this.outbox.answer(frame);
    this.#pings += 1;
    if (this.#pings === MOST_PINGS) this.#restFromPings();
    if (this.#leavesUnread) this.socket.pause();
  }

  /** Needs no action: any octets from the peer are a sign of life. */
  pong(): void {
    return;
  }

  ask(): void {
    if (this.isOpen) this.control(this.controlFrame('ping', NO_BYTES));
  }

  protected abstract controlFrame(kind: Control, payload: Uint8Array): Uint8Array;

  /** Writes a control frame at once, after all messages that were sent before. */
  protected control(frame: Uint8Array): void {
    this.sink.flush();
    this.outbox.control(frame);
  }

  get #leavesUnread(): boolean {
    return this.outbox.backlog > MOST_UNREAD;
  }

  #restFromPings(): void {
    this.socket.pause();
    setImmediate(() => {
      this.#pings = 0;
      if (!this.#leavesUnread) this.#readOn();
    });
  }

  #readOn(): void {
    if (!this.isPaused && this.#pings < MOST_PINGS) this.socket.resume();
  }

  /** Stops reading frames. */
  protected abstract stop(): void;

  /** Called when the connection has ended; unsent frames are dropped. */
  protected gone(reason: string, by?: ClosedBy): void {
    this.isOpen = false;
    this.stop();
    this.tell(reason, by);
  }

  /** Notifies the listener, once, that the channel has closed. */
  protected tell(reason: string, by?: ClosedBy): void {
    const { listener } = this;
    this.listener = undefined;
    listener?.closed(reason, by);
  }
}
