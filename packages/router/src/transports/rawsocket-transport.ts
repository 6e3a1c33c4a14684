/** A RawSocket connection after the handshake (spec: RawSocket Transport). */
import type { Socket } from 'node:net';
import {
  RAW_SOCKET_PREFIX_SIZE,
  rawSocketFrame,
  RawSocketFrameType,
  writeRawSocketPrefix,
  type RawSocketListener,
  type RawSocketParser,
  type Serializer,
  type TransportFailure,
} from '@wamp/protocol';
import type { Clock } from '../core/clock.ts';
import type { FlushQueue } from '../output/flush-queue.ts';
import type { FramedTransport, Framing } from '../output/framing.ts';
import { Outbox } from '../output/outbox.ts';
import { hangUp } from './hang-up.ts';
import { PING_TIMEOUT } from './heartbeat.ts';
import { StreamTransport, type Control } from './stream-transport.ts';

/** The result of a handshake. */
export interface Agreement {
  readonly serializer: Serializer;
  /** The longest frame that may be sent to the client. */
  readonly limit: number;
}

/** The parts of which a transport consists. */
interface RawSocketGround {
  readonly socket: Socket;
  readonly parser: RawSocketParser;
  readonly queue: FlushQueue;
  readonly clock: Clock;
  /** Called with the first message. */
  readonly hello: (bytes: Uint8Array) => void;
}

const FRAMING: Framing = {
  headerSize: () => RAW_SOCKET_PREFIX_SIZE,
  writeHeader(into, at, length) {
    writeRawSocketPrefix(into, at, length, RawSocketFrameType.MESSAGE);
  },
};

export class RawSocketTransport extends StreamTransport implements FramedTransport, RawSocketListener {
  acceptedLength: number;
  discardedLength = 0;
  readonly framing: Framing = FRAMING;
  readonly #parser: RawSocketParser;
  readonly #hello: (bytes: Uint8Array) => void;
  #isNew = true;

  constructor(
    { serializer, limit }: Agreement,
    acceptedLength: number,
    { socket, parser, queue, clock, hello }: RawSocketGround,
  ) {
    const outbox = new Outbox(socket, FRAMING, queue);
    super({ socket, clock, serializer, outbox, sink: outbox }, limit, acceptedLength);
    this.acceptedLength = acceptedLength;
    this.#parser = parser;
    this.#hello = hello;
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#parser.stop();
    this.outbox.flush();
    hangUp(this.socket, this.clock);
  }

  acceptUpTo(size: number, discardUpTo = 0): void {
    this.acceptedLength = Math.min(size, this.acceptable);
    this.discardedLength = discardUpTo;
  }

  message(frame: Uint8Array): void {
    if (this.#isNew) {
      this.#isNew = false;
      this.#hello(frame);
    }
    this.listener?.frame(frame);
  }

  oversized(head: Uint8Array, length: number): void {
    this.listener?.oversized?.(head, length);
  }

  lost(): void {
    this.close();
    this.tell(PING_TIMEOUT, 'self');
  }

  failed(failure: TransportFailure, what: string): void {
    this.listener?.violation(what, failure);
  }

  protected controlFrame(kind: Control, payload: Uint8Array): Uint8Array {
    return rawSocketFrame(kind === 'ping' ? RawSocketFrameType.PING : RawSocketFrameType.PONG, payload);
  }

  protected stop(): void {
    this.#parser.stop();
  }
}
