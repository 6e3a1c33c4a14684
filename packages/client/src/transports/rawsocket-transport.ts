/** A RawSocket after its handshake: sends and receives frames. */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers';
import {
  RAW_SOCKET_MAX_FRAME,
  RAW_SOCKET_PREFIX_SIZE,
  rawSocketFrame,
  RawSocketFrameType,
  writeRawSocketPrefix,
  type RawSocketListener,
  type RawSocketParser,
  type Serializer,
  type TransportFailure,
} from '@wamp/protocol';
import type { Clock } from '../clock.ts';
import { Channel } from './channel.ts';
import { channelBindingOf } from './tls-binding.ts';

/** The outcome of the handshake; lengths in bytes. */
export interface Agreement {
  readonly serializer: Serializer;
  /** The maximum length of a received message. */
  readonly acceptedLength: number;
  /** The maximum length of a sent message. */
  readonly limit: number;
}

/** What the transport needs. */
export interface Ground {
  readonly socket: Socket;
  readonly parser: RawSocketParser;
  readonly clock: Clock;
}

/** How long the router may take to close (ms) before the socket is destroyed. */
const CLOSE_TIMEOUT = 5_000;
/** Frames are written once a turn, or when they reach this size (bytes). */
const MOST_PENDING = 256 * 1024;
/** If the router sends PINGs and leaves this many bytes unread, reading pauses. */
const MOST_UNREAD = 1024 * 1024;

export class RawSocketTransport extends Channel implements RawSocketListener {
  readonly acceptedLength: number;
  readonly limit: number;
  readonly #ground: Ground;
  #frames: Uint8Array[] = [];
  /** The size of the pending frames including their prefixes, in bytes. */
  #bytes = 0;
  #open = true;
  /** Whether the router has sent a PING, and so supports ours: not all do (autobahn-python). */
  #knowsPing = false;

  constructor({ serializer, acceptedLength, limit }: Agreement, ground: Ground) {
    super(serializer);
    this.acceptedLength = acceptedLength;
    this.limit = Math.min(limit, RAW_SOCKET_MAX_FRAME);
    this.#ground = ground;
    const { socket } = ground;
    socket.on('drain', () => {
      socket.resume();
      this.drained();
    });
    socket.on('end', () => this.#gone('The router has closed the RawSocket.'));
    socket.on('error', ({ message }) => this.#gone(message));
    socket.on('close', () => this.#gone('The RawSocket is closed.'));
  }

  get backlog(): number {
    return this.#bytes + this.#ground.socket.writableLength;
  }

  channelBinding(type: string): Promise<Uint8Array | undefined> {
    return channelBindingOf(this.#ground.socket, type);
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    // RAW-6: a frame above the limit is never sent.
    if (!this.#open || frame.length > this.limit) return;
    if (this.#bytes === 0) setImmediate(() => this.#flush());
    this.#frames.push(frame);
    this.#bytes += RAW_SOCKET_PREFIX_SIZE + frame.length;
    if (this.#bytes > MOST_PENDING) this.#flush();
  }

  close(_failure?: TransportFailure): void {
    if (!this.#open) return;
    this.#open = false;
    const { socket, parser, clock } = this.#ground;
    parser.stop();
    this.#flush();
    socket.end();
    // Reading continues, so that the end of the router's side is noticed.
    socket.resume();
    if (socket.destroyed) return;
    const dismiss = clock.after(CLOSE_TIMEOUT, () => socket.destroy());
    socket.on('close', dismiss);
  }

  message(frame: Uint8Array): void {
    this.received(frame);
  }

  /** RAW-8. Written at once, after the messages sent before. */
  ping(payload: Uint8Array): void {
    const { socket } = this.#ground;
    this.#knowsPing = true;
    this.alive();
    this.#flush();
    if (socket.writable) socket.write(rawSocketFrame(RawSocketFrameType.PONG, payload));
    if (this.backlog > MOST_UNREAD) socket.pause();
  }

  pong(): void {
    this.alive();
  }

  probe(): boolean {
    const { socket } = this.#ground;
    if (!this.#knowsPing) return false;
    this.#flush();
    if (socket.writable) socket.write(rawSocketFrame(RawSocketFrameType.PING, new Uint8Array(0)));
    return true;
  }

  failed(failure: TransportFailure, what: string): void {
    this.violated(what, failure);
  }

  /** Concatenates the pending frames, because for small ones nearly all of the cost is the system call. */
  #flush(): void {
    const frames = this.#frames;
    const { socket } = this.#ground;
    if (frames.length === 0) return;
    const buffer = Buffer.allocUnsafe(this.#bytes);
    this.#frames = [];
    this.#bytes = 0;
    let at = 0;
    for (const frame of frames) {
      writeRawSocketPrefix(buffer, at, frame.length, RawSocketFrameType.MESSAGE);
      buffer.set(frame, at + RAW_SOCKET_PREFIX_SIZE);
      at += RAW_SOCKET_PREFIX_SIZE + frame.length;
    }
    if (socket.writable) socket.write(buffer);
  }

  /** Ends the channel; pending frames are discarded. */
  #gone(reason: string): void {
    this.close();
    this.ended(reason);
  }
}
