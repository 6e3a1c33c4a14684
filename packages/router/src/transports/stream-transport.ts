/** What WebSocket and RawSocket transports share: a socket, what is written to it, and signs of life. */
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

/** What a peer is asked for a sign of life with, and what it answers. */
export type Control = 'ping' | 'pong';

/** What a transport needs. */
export interface StreamParts {
  readonly socket: Socket;
  readonly clock: Clock;
  readonly serializer: Serializer;
  readonly outbox: Outbox;
  /** Where messages without a header go: the outbox, or what makes batches for it. */
  readonly sink: FrameSink;
}

/** A transport over a stream. What its frames look like, and how they are read, is for those who extend it. */
export abstract class StreamTransport implements PingedPeer {
  readonly serializer: Serializer;
  /** The longest frame that the peer takes, in bytes. */
  readonly limit: number;
  /** The longest frame that is taken of a joined peer, in bytes. */
  readonly acceptable: number;
  listener: TransportListener | undefined;
  isPaused = false;
  protected readonly socket: Socket;
  protected readonly clock: Clock;
  protected readonly outbox: Outbox;
  protected readonly sink: FrameSink;
  /** Whether messages are still sent and heard. */
  protected isOpen = true;

  constructor({ socket, clock, serializer, outbox, sink }: StreamParts, limit: number, acceptable: number) {
    this.serializer = serializer;
    this.limit = limit;
    this.acceptable = acceptable;
    this.socket = socket;
    this.clock = clock;
    this.outbox = outbox;
    this.sink = sink;
    socket.on('drain', () => {
      if (!this.isPaused) socket.resume();
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

  /** RAW-6: whatever happens, no frame above the limit goes out. */
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

  /** RAW-8: answered at once, and not with the turn's messages, but behind those sent before. */
  ping(payload: Uint8Array): void {
    if (!this.isOpen) return;
    this.control('pong', payload);
    if (this.outbox.backlog > MOST_UNREAD) this.socket.pause();
  }

  /** Needs no action: any octets from the peer are a sign of life. */
  pong(): void {
    return;
  }

  ask(): void {
    if (this.isOpen) this.control('ping', NO_BYTES);
  }

  /** Writes a control frame behind everything that was sent, at once. */
  protected abstract control(kind: Control, payload: Uint8Array): void;

  /** Reads no more frames. */
  protected abstract stop(): void;

  /** The connection is over, and what was to go does not matter any more. */
  protected gone(reason: string, by?: ClosedBy): void {
    this.isOpen = false;
    this.stop();
    this.tell(reason, by);
  }

  /** Tells the listener that the channel has closed, once. */
  protected tell(reason: string, by?: ClosedBy): void {
    const { listener } = this;
    this.listener = undefined;
    listener?.closed(reason, by);
  }
}
