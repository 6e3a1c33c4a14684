/** Parses a stream of octets into WebSocket frames, on the side of the server (RFC 6455 §5). */
import { isUtf8 } from 'node:buffer';
import { ArrivingFrame, DiscardedMessage, MOST_COPIED, newMemory, type Memory } from '@wamp/protocol';
import { unmask } from './mask.ts';

/** The opcodes of frames. */
export const Opcode = { CONTINUATION: 0, TEXT: 1, BINARY: 2, CLOSE: 8, PING: 9, PONG: 10 } as const;

/** The codes of close frames (RFC 6455 §7.4). */
export const CloseCode = {
  NORMAL: 1000,
  PROTOCOL_ERROR: 1002,
  NO_STATUS: 1005,
  INVALID_TEXT: 1007,
  POLICY_VIOLATION: 1008,
  TOO_LARGE: 1009,
  /** A code of this project, from the range for applications. */
  SILENT: 4000,
} as const;

/** Receives what a client sends. Bytes may be a view of the pushed chunk: copy them to keep them after the call. */
export interface WebSocketListener {
  /** A whole message; text has not been validated as UTF-8. */
  message(payload: Uint8Array, binary: boolean): void;
  /**
   * A message exceeded the limit and was discarded while it arrived.
   * @param head its first bytes
   * @param length of the whole message, in bytes
   */
  oversized(head: Uint8Array, length: number, binary: boolean): void;
  /** A ping, to be answered with a pong with the same payload. */
  ping(payload: Uint8Array): void;
  pong(payload: Uint8Array): void;
  /** A close frame, with a code or {@link CloseCode.NO_STATUS}. Nothing more is read. */
  closing(code: number): void;
  /** The stream violates the protocol, and is to be closed with `code`. Nothing more is read. */
  failed(code: number, what: string): void;
}

/** The most fragments of a message. */
const MOST_FRAGMENTS = 1024;
/** The smallest memory for fragments (bytes). */
const LEAST_ROOM = 1024;
const NOTHING = new Uint8Array(0);
/** Octets of the longest header: two octets, an eight-octet length, the mask. */
const LONGEST_HEADER = 14;
/** Octets of a control frame's header, whose length is at most 125 and needs no extra octets (RFC 6455 §5.5). */
const CONTROL_HEADER = 6;

/** The header of a frame. */
interface Header {
  final: boolean;
  opcode: number;
  /** Length of the payload, in bytes. */
  length: number;
  readonly mask: Uint8Array;
}

/** The header read last, shared by all parsers; usually its payload follows at once. */
const last: Header = { final: true, opcode: 0, length: 0, mask: new Uint8Array(4) };

/** A frame whose payload arrives in pieces. */
interface Arriving {
  readonly header: Header;
  readonly payload: ArrivingFrame | DiscardedMessage;
}

/** A message whose fragments are arriving. */
interface Fragmented {
  readonly binary: boolean;
  /** The memory of the fragments so far, of which the first `size` bytes are used. */
  bytes: Uint8Array<ArrayBuffer>;
  size: number;
  /** The number of fragments so far. */
  count: number;
}

/**
 * Reads frames from chunks of any size, and joins fragments. Payloads are unmasked in place: the parser owns what is
 * pushed.
 */
export class WebSocketParser {
  readonly #listener: WebSocketListener;
  /** The longest message accepted, in bytes. */
  limit: number;
  /** The longest message that is discarded while it arrives, in bytes; an even longer one is a failure. */
  discardLimit = 0;
  readonly #memory: Memory;
  #stopped = false;
  /** The received part of a header that arrives in pieces. */
  #head: Uint8Array | undefined;
  #headSize = 0;
  /** Undefined between frames. */
  #arriving: Arriving | undefined;
  /** The message whose fragments are arriving; undefined between messages. */
  #fragments: Fragmented | undefined;
  /** The current message, if it is too long. */
  #discarded: DiscardedMessage | undefined;

  /** @param memory for frames that arrive in pieces, which is returned after the message was delivered */
  constructor(listener: WebSocketListener, limit: number, memory: Memory = newMemory) {
    this.#listener = listener;
    this.limit = limit;
    this.#memory = memory;
  }

  /** Parses the next octets: those of `chunk` before `end`. */
  push(chunk: Uint8Array, end: number = chunk.length): void {
    for (let at = 0; at < end && !this.#stopped;) {
      at =
        this.#arriving === undefined
          ? this.#readHead(chunk, at, end)
          : this.#readBody(this.#arriving, chunk, at, end);
    }
  }

  /** Stops reading, including the rest of the current chunk. */
  stop(): void {
    this.#stopped = true;
    if (this.#arriving?.payload instanceof ArrivingFrame) this.#arriving.payload.release();
    this.#arriving = undefined;
    if (this.#fragments !== undefined) this.#release(this.#fragments);
    this.#fragments = undefined;
    this.#discarded = undefined;
  }

  /** Reads a header, in place when it is complete. @returns where to continue */
  #readHead(chunk: Uint8Array, at: number, end: number): number {
    if (this.#headSize > 0) return this.#gatherHead(chunk, at, end);
    const size = end - at < 2 ? LONGEST_HEADER : headerSize(chunk[at + 1] ?? 0);
    if (end - at < size) return this.#gatherHead(chunk, at, end);
    return this.#begin(chunk, at, size) ? this.#readPayload(chunk, at + size, end) : end;
  }

  /** Collects octets until the header is complete. */
  #gatherHead(chunk: Uint8Array, from: number, end: number): number {
    const head = (this.#head ??= new Uint8Array(LONGEST_HEADER));
    let at = from;
    while (at < end) {
      head[this.#headSize++] = chunk[at++] ?? 0;
      if (this.#headSize < 2) continue;
      const size = headerSize(head[1] ?? 0);
      if (this.#headSize < size) continue;
      this.#headSize = 0;
      return this.#begin(head, 0, size) ? this.#readPayload(chunk, at, end) : end;
    }
    return at;
  }

  /** Processes a complete header. @returns false when it violates the protocol */
  #begin(bytes: Uint8Array, at: number, size: number): boolean {
    const [first = 0, second = 0] = [bytes[at], bytes[at + 1]];
    last.final = (first & 0x80) !== 0;
    last.opcode = first & 0x0f;
    last.length = readLength(bytes, at);
    for (let index = 0; index < 4; index += 1) last.mask[index] = bytes[at + size - 4 + index] ?? 0;
    if ((first & 0x70) !== 0) return this.#fail(CloseCode.PROTOCOL_ERROR, 'a frame uses reserved bits');
    if ((second & 0x80) === 0) return this.#fail(CloseCode.PROTOCOL_ERROR, 'a frame is not masked');
    return last.opcode < Opcode.CLOSE ? this.#judgeData(last) : this.#judgeControl(last, size);
  }

  #judgeData({ opcode, length }: Header): boolean {
    if (opcode > Opcode.BINARY) return this.#fail(CloseCode.PROTOCOL_ERROR, `a frame has opcode ${opcode}`);
    if ((opcode === Opcode.CONTINUATION) !== (this.#fragments !== undefined)) {
      return this.#fail(CloseCode.PROTOCOL_ERROR, 'a fragment is out of place');
    }
    const size = length + (this.#discarded?.length ?? this.#fragments?.size ?? 0);
    if (size <= this.limit && this.#discarded === undefined) return true;
    if (size > this.discardLimit) {
      return this.#fail(CloseCode.TOO_LARGE, `a message is longer than ${this.limit} bytes`);
    }
    this.#discarded ??= this.#discard();
    return true;
  }

  /** Marks the current message as too long; keeps only the head of what has arrived. */
  #discard(): DiscardedMessage {
    const discarded = new DiscardedMessage();
    const message = this.#fragments;
    if (message !== undefined) {
      discarded.begin(message.size);
      discarded.take(message.bytes.subarray(0, message.size), 0);
      this.#release(message);
    }
    return discarded;
  }

  #release(message: Fragmented): void {
    if (message.bytes !== NOTHING) this.#memory.give(message.bytes);
    message.bytes = NOTHING;
  }

  #judgeControl({ opcode, final }: Header, size: number): boolean {
    if (opcode > Opcode.PONG) return this.#fail(CloseCode.PROTOCOL_ERROR, `a frame has opcode ${opcode}`);
    if (final && size === CONTROL_HEADER) return true;
    return this.#fail(CloseCode.PROTOCOL_ERROR, 'a control frame is too long, or in fragments');
  }

  /** Delivers the payload at once when it is complete. */
  #readPayload(chunk: Uint8Array, at: number, end: number): number {
    const { length } = last;
    if (at + length > end || length > MOST_COPIED || this.#discarded !== undefined) {
      return this.#gather(chunk, at, end);
    }
    // Buffer's own `subarray` is slower.
    this.#take(last, new Uint8Array(chunk.buffer, chunk.byteOffset + at, length));
    return at + length;
  }

  /** Collects the pieces of a payload. */
  #gather(chunk: Uint8Array, at: number, end: number): number {
    const { final, opcode, length, mask } = last;
    const header = { final, opcode, length, mask: mask.slice() };
    const discarded = opcode < Opcode.CLOSE ? this.#discarded : undefined;
    discarded?.begin(length, header.mask);
    this.#arriving = { header, payload: discarded ?? new ArrivingFrame(length, this.#memory) };
    return this.#readBody(this.#arriving, chunk, at, end);
  }

  #readBody({ header, payload }: Arriving, chunk: Uint8Array, at: number, end: number): number {
    const next = payload.take(chunk, at, end);
    if (payload instanceof DiscardedMessage) {
      if (payload.isComplete) this.#endDiscarded(header, payload);
      return next;
    }
    const { whole } = payload;
    if (whole !== undefined) {
      this.#arriving = undefined;
      this.#take(header, whole);
      payload.release();
    }
    return next;
  }

  #take({ opcode, final, mask }: Header, payload: Uint8Array): void {
    unmask(payload, mask);
    if (opcode >= Opcode.CLOSE) this.#control(opcode, payload);
    else if (final && this.#fragments === undefined)
      this.#listener.message(payload, opcode === Opcode.BINARY);
    else this.#fragment(payload, opcode === Opcode.BINARY, final);
  }

  #fragment(payload: Uint8Array, binary: boolean, final: boolean): void {
    const message = this.#nextFragment(binary);
    if (message === undefined) return;
    this.#append(message, payload);
    if (!final) return;
    this.#fragments = undefined;
    this.#listener.message(message.bytes.subarray(0, message.size), message.binary);
    this.#release(message);
  }

  #append(message: Fragmented, payload: Uint8Array): void {
    const size = message.size + payload.length;
    if (size > message.bytes.length) {
      const larger = this.#memory.take(Math.max(2 * size, LEAST_ROOM));
      larger.set(message.bytes.subarray(0, message.size));
      this.#release(message);
      message.bytes = larger;
    }
    message.bytes.set(payload, message.size);
    message.size = size;
  }

  /** The message of the next fragment; undefined when there are too many. */
  #nextFragment(binary: boolean): Fragmented | undefined {
    const message = (this.#fragments ??= { binary, bytes: NOTHING, size: 0, count: 0 });
    message.count += 1;
    if (message.count <= MOST_FRAGMENTS) return message;
    this.#fail(CloseCode.POLICY_VIOLATION, `a message has more than ${MOST_FRAGMENTS} fragments`);
    return undefined;
  }

  /** Ends a frame of a message that is too long. */
  #endDiscarded({ opcode, final }: Header, discarded: DiscardedMessage): void {
    this.#arriving = undefined;
    const message = this.#nextFragment(opcode === Opcode.BINARY);
    if (message === undefined || !final) return;
    this.#fragments = undefined;
    this.#discarded = undefined;
    this.#listener.oversized(discarded.head, discarded.length, message.binary);
  }

  #control(opcode: number, payload: Uint8Array): void {
    if (opcode === Opcode.PING) this.#listener.ping(payload);
    else if (opcode === Opcode.PONG) this.#listener.pong(payload);
    else this.#close(payload);
  }

  #close(payload: Uint8Array): void {
    const code = payload.length === 0 ? CloseCode.NO_STATUS : ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
    if (payload.length === 1 || (payload.length > 1 && !mayBeSent(code))) {
      this.#fail(CloseCode.PROTOCOL_ERROR, 'a close frame has no valid code');
      return;
    }
    if (!isUtf8(payload.subarray(2))) {
      this.#fail(CloseCode.INVALID_TEXT, 'the reason in a close frame is not UTF-8');
      return;
    }
    this.stop();
    this.#listener.closing(code);
  }

  #fail(code: number, what: string): false {
    this.stop();
    this.#listener.failed(code, what);
    return false;
  }
}

/** The length of a header, by its second octet. */
function headerSize(second: number): number {
  const length = second & 0x7f;
  const size = length < 126 ? 2 : length === 126 ? 4 : 10;
  return (second & 0x80) === 0 ? size : size + 4;
}

function readLength(bytes: Uint8Array, at: number): number {
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  if (short < 126) return short;
  const width = short === 126 ? 2 : 8;
  let length = 0;
  for (let index = at + 2; index < at + 2 + width; index += 1) length = length * 256 + (bytes[index] ?? 0);
  return length;
}

/** True for a code that an endpoint may send: registered ones, and those reserved for libraries and applications. */
function mayBeSent(code: number): boolean {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}
