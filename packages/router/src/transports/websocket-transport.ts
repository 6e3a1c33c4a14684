/** A WebSocket without extensions, directly on its socket (spec: WebSocket Transport; RFC 6455). */
import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Memory, Serializer, Transport, TransportFailure } from '@wamp/protocol';
import type { Clock } from '../core/clock.ts';
import { BatchSink, receiveBatch } from './batching.ts';
import type { Framing } from '../output/framing.ts';
import { awaitClose, hangUp } from './hang-up.ts';
import type { FlushQueue } from '../output/flush-queue.ts';
import { Outbox } from '../output/outbox.ts';
import { read } from '../plain-socket.ts';
import { PING_TIMEOUT } from './heartbeat.ts';
import { StreamTransport, type Control } from './stream-transport.ts';
import type { Subprotocol } from './subprotocol.ts';
import { CloseCode, Opcode, WebSocketParser, type WebSocketListener } from './websocket-parser.ts';

/** The close code of each fault of a peer. */
export const CLOSE_CODES: Readonly<Record<TransportFailure, number>> = {
  protocol: CloseCode.PROTOCOL_ERROR,
  oversize: CloseCode.TOO_LARGE,
  silent: CloseCode.SILENT,
};

/** The explanation for a frame of the wrong type (WS-3). */
export const MISMATCH = {
  binary: 'a binary frame on a text channel',
  text: 'a text frame on a binary channel',
} as const;

/** The framing of a server: unmasked frames, each a whole message (RFC 6455 §5.2). */
function framing(opcode: number): Framing {
  const first = 0x80 | opcode;
  return {
    headerSize: (length) => (length < 126 ? 2 : length < 65536 ? 4 : 10),
    writeHeader(into, at, length) {
      into[at] = first;
      into[at + 1] = length < 126 ? length : length < 65536 ? 126 : 127;
      const width = length < 126 ? 0 : length < 65536 ? 2 : 8;
      let rest = length;
      for (let index = at + 1 + width; index > at + 1; index -= 1) {
        into[index] = rest % 0x100;
        rest = Math.floor(rest / 0x100);
      }
    },
  };
}

const TEXT = framing(Opcode.TEXT);
const BINARY = framing(Opcode.BINARY);

/** The framing for the messages of a serializer. */
export function framingFor({ binary }: Serializer): Framing {
  return binary ? BINARY : TEXT;
}

/** The parts of which a transport consists, in addition to its socket. */
export interface WebSocketGround {
  readonly queue: FlushQueue;
  /** The memory of messages that arrive in pieces. */
  readonly memory: Memory;
  readonly clock: Clock;
  /** The longest message accepted, in bytes. */
  readonly limit: number;
}

export class WebSocketTransport extends StreamTransport implements Transport, WebSocketListener {
  /** Undefined for a batched channel, whose frames are batches. */
  readonly framing: Framing | undefined;
  readonly #parser: WebSocketParser;
  readonly #queue: FlushQueue;
  /** The message that is being processed. */
  #heard: Uint8Array | undefined;

  constructor(
    socket: Socket,
    { serializer, batched }: Subprotocol,
    { queue, memory, clock, limit }: WebSocketGround,
  ) {
    const framing = framingFor(serializer);
    const outbox = new Outbox(socket, framing, queue);
    const sink = batched ? new BatchSink(outbox, serializer, queue) : outbox;
    super({ socket, clock, serializer, outbox, sink }, Infinity, limit);
    this.framing = batched ? undefined : framing;
    this.#parser = new WebSocketParser(this, limit, memory);
    this.#queue = queue;
  }

  /**
   * Starts reading; the listener must have been set.
   * @param head the octets that arrived with the upgrade
   */
  start(head: Uint8Array): void {
    const { socket } = this;
    socket.setTimeout(0);
    socket.setNoDelay(true);
    // A copy: the parser unmasks in place, and these octets are part of a larger buffer.
    if (head.length > 0) this.#parser.push(Buffer.from(head));
    read(
      socket,
      (chunk, size) => {
        this.#parser.push(chunk, size);
      },
      () => {
        this.#queue.relieve();
      },
    );
  }

  close(failure?: TransportFailure): void {
    if (!this.isOpen) return;
    this.#sayClose(this.#codeFor(failure));
    awaitClose(this.socket, this.clock);
  }

  /** A batch that is too long cannot be answered like a single message, so it is not discarded. */
  acceptUpTo(size: number, discardUpTo = 0): void {
    this.#parser.limit = Math.min(size, this.acceptable);
    this.#parser.discardLimit = this.framing === undefined ? 0 : discardUpTo;
  }

  /** WS-3: text for JSON, binary for the others. */
  message(payload: Uint8Array, binary: boolean): void {
    const { listener } = this;
    if (!this.isOpen) return;
    this.#heard = payload;
    if (binary !== this.serializer.binary) listener?.violation(MISMATCH[binary ? 'binary' : 'text']);
    else if (this.framing === undefined) receiveBatch(payload, this.serializer, listener);
    else listener?.frame(payload);
    this.#heard = undefined;
  }

  oversized(head: Uint8Array, length: number, binary: boolean): void {
    const { listener } = this;
    if (!this.isOpen) return;
    if (binary !== this.serializer.binary) listener?.violation(MISMATCH[binary ? 'binary' : 'text']);
    else listener?.oversized?.(head, length);
  }

  lost(): void {
    this.failed(CloseCode.POLICY_VIOLATION, PING_TIMEOUT);
  }

  /** A close frame: the answer to ours ends the connection; otherwise it is answered with the same code. */
  closing(code: number): void {
    if (this.isOpen) {
      this.#sayClose(code);
      this.tell(`closed with ${code}`);
    }
    hangUp(this.socket, this.clock);
  }

  /** Nothing more arrives: the session need not wait for the peer to close. */
  failed(code: number, what: string): void {
    if (this.isOpen && code === CloseCode.TOO_LARGE) this.listener?.violation(what, 'oversize');
    if (this.isOpen) {
      this.#sayClose(code);
      this.tell(what, 'self');
    }
    hangUp(this.socket, this.clock);
  }

  protected controlFrame(kind: Control, payload: Uint8Array): Uint8Array {
    return frameOf(kind === 'ping' ? Opcode.PING : Opcode.PONG, payload);
  }

  protected stop(): void {
    this.#parser.stop();
  }

  /** T-37: text that is not UTF-8 has its own code; it was read up to the fault (RFC 6455 §8.1). */
  #codeFor(failure: TransportFailure | undefined): number {
    if (failure === undefined) return CloseCode.NORMAL;
    const text = this.serializer.binary ? undefined : this.#heard;
    const garbled = failure === 'protocol' && text !== undefined && !isUtf8(text);
    return garbled ? CloseCode.INVALID_TEXT : CLOSE_CODES[failure];
  }

  /** Sends the close frame, after everything else. */
  #sayClose(code: number): void {
    this.isOpen = false;
    const status = code === CloseCode.NO_STATUS ? [] : [code >> 8, code & 0xff];
    this.control(frameOf(Opcode.CLOSE, Uint8Array.from(status)));
  }
}

/** A control frame, whose payload has at most 125 bytes. */
function frameOf(opcode: number, payload: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(2 + payload.length);
  frame[0] = 0x80 | opcode;
  frame[1] = payload.length;
  frame.set(payload, 2);
  return frame;
}
