/** RawSocket framing: the handshake of both sides, and the frames of a stream of octets (spec: RawSocket Transport). */
import { ArrivingFrame } from './arriving.ts';
import { DiscardedMessage } from './discarding.ts';
import { MOST_COPIED } from './frame-writer.ts';
import { newMemory, type Memory } from './memory.ts';
import type { TransportFailure } from './transport.ts';

/** The first octet of both handshakes. HTTP requests and TLS records begin with others. */
export const RAW_SOCKET_MAGIC = 0x7f;
/** Octets of a handshake. */
const HANDSHAKE_SIZE = 4;
/** Octets before each frame. */
export const RAW_SOCKET_PREFIX_SIZE = 4;

/** The smallest message limit that a handshake can express, in bytes. */
export const RAW_SOCKET_MIN_LIMIT: number = 2 ** 9;
/** The largest one, in bytes. */
export const RAW_SOCKET_MAX_LIMIT: number = 2 ** 24;
/**
 * The longest frame that this implementation sends, in bytes. A frame of 2^24 bytes needs the 25th length bit, which many
 * peers do not support (T-35).
 */
export const RAW_SOCKET_MAX_FRAME: number = RAW_SOCKET_MAX_LIMIT - 1;

/** The codes of an error reply: why a router refuses a client. */
export const RawSocketError = {
  SERIALIZER_UNSUPPORTED: 1,
  LIMIT_UNACCEPTABLE: 2,
  RESERVED_BITS_USED: 3,
  TOO_MANY_CONNECTIONS: 4,
} as const;
export type RawSocketError = (typeof RawSocketError)[keyof typeof RawSocketError];

/** A handshake: request and reply have the same four octets. */
export interface RawSocketHandshake {
  /** The longest message that the sender of the handshake accepts, in bytes. */
  readonly limit: number;
  /** The requested serializer, 1 … 15: {@link Serializer.rawSocketId}. */
  readonly serializer: number;
}

/** The largest limit of at most `limit` that a handshake can express, at least 512 bytes. */
export function rawSocketLimit(limit: number): number {
  return RAW_SOCKET_MIN_LIMIT << lengthCode(limit);
}

/** The LENGTH field: 0 for 2^9 octets … 15 for 2^24. */
function lengthCode(limit: number): number {
  return Math.min(Math.max(Math.floor(Math.log2(limit)) - 9, 0), 15);
}

/** The octets of a request or an accepting reply. It announces {@link rawSocketLimit} of the limit. */
export function writeRawSocketHandshake({ limit, serializer }: RawSocketHandshake): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(RAW_SOCKET_MAGIC, (lengthCode(limit) << 4) | serializer, 0, 0);
}

/** The octets of a reply that refuses a request. */
export function writeRawSocketError(error: RawSocketError): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(RAW_SOCKET_MAGIC, error << 4, 0, 0);
}

/**
 * Reads a client's request, as a router.
 * @returns undefined when the peer does not speak RawSocket: do not answer
 */
export function readRawSocketRequest(octets: Uint8Array): RawSocketHandshake | RawSocketError | undefined {
  const [magic, second = 0, third, fourth] = octets;
  if (magic !== RAW_SOCKET_MAGIC) return undefined;
  if (third !== 0 || fourth !== 0) return RawSocketError.RESERVED_BITS_USED;
  const request = handshakeOf(second);
  return request.serializer === 0 ? RawSocketError.SERIALIZER_UNSUPPORTED : request;
}

/** A reply: the message limit of the router in bytes, or a refusal. */
export type RawSocketReply = { readonly limit: number } | RawSocketRefusal;

export interface RawSocketRefusal {
  readonly refused: string;
  /** The number of an error reply: a {@link RawSocketError}, or one that is not defined. */
  readonly error?: number;
}

const REFUSALS: Readonly<Record<number, string>> = {
  [RawSocketError.SERIALIZER_UNSUPPORTED]: 'serializer unsupported',
  [RawSocketError.LIMIT_UNACCEPTABLE]: 'maximum message length unacceptable',
  [RawSocketError.RESERVED_BITS_USED]: 'use of reserved bits (unsupported feature)',
  [RawSocketError.TOO_MANY_CONNECTIONS]: 'maximum connection count reached',
};

/**
 * Reads a router's reply, as a client.
 * @param serializer the requested one; a reply with another counts as a refusal (RAW-4)
 */
export function readRawSocketReply(octets: Uint8Array, serializer: number): RawSocketReply {
  const [magic, second = 0, third, fourth] = octets;
  if (magic !== RAW_SOCKET_MAGIC) return { refused: 'the reply is not a RawSocket handshake' };
  if (third !== 0 || fourth !== 0) return { refused: 'the reply uses reserved bits' };
  const reply = handshakeOf(second);
  if (reply.serializer === serializer) return { limit: reply.limit };
  if (reply.serializer !== 0)
    return { refused: `the reply has serializer ${reply.serializer} instead of ${serializer}` };
  const error = second >> 4;
  return { refused: REFUSALS[error] ?? `error ${error}`, error };
}

function handshakeOf(second: number): RawSocketHandshake {
  return { limit: RAW_SOCKET_MIN_LIMIT << (second >> 4), serializer: second & 0x0f };
}

/** The type of a frame. */
export const RawSocketFrameType = { MESSAGE: 0, PING: 1, PONG: 2 } as const;
export type RawSocketFrameType = (typeof RawSocketFrameType)[keyof typeof RawSocketFrameType];

/**
 * Writes the four octets that precede a frame.
 * @param length of the frame: at most {@link RAW_SOCKET_MAX_FRAME} bytes
 */
export function writeRawSocketPrefix(
  into: Uint8Array,
  at: number,
  length: number,
  type: RawSocketFrameType,
): void {
  into[at] = type;
  into[at + 1] = length >>> 16;
  into[at + 2] = length >>> 8;
  into[at + 3] = length;
}

/** A frame with its prefix. */
export function rawSocketFrame(type: RawSocketFrameType, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(RAW_SOCKET_PREFIX_SIZE + payload.length);
  writeRawSocketPrefix(frame, 0, payload.length, type);
  frame.set(payload, RAW_SOCKET_PREFIX_SIZE);
  return frame;
}

/**
 * Receives the frames of a stream. Their bytes may be a view of the pushed chunk: copy them to keep them after the call.
 */
export interface RawSocketListener {
  /** The longest accepted frame, as this side's handshake announced it, in bytes. */
  readonly acceptedLength: number;
  /** Longer frames up to this length are dropped and reported by `oversized`, in bytes; those above fail. Default 0. */
  readonly discardedLength?: number;
  message(frame: Uint8Array): void;
  /**
   * The parser has dropped a frame above `acceptedLength`.
   * @param head its first bytes
   * @param length of the whole frame, in bytes
   */
  oversized?(head: Uint8Array, length: number): void;
  /** The listener answers at once with one PONG of the same payload (RAW-8). */
  ping(payload: Uint8Array): void;
  pong(payload: Uint8Array): void;
  /** The stream breaks the protocol. The parser stops. */
  failed(failure: TransportFailure, what: string): void;
}

/**
 * Takes the four octets of the peer's handshake.
 * @returns the listener for the frames that follow; undefined to read no frames
 */
export type RawSocketGreeting = (octets: Uint8Array) => RawSocketListener | undefined;

/** Parses the octets of one side, in chunks of any size: a handshake, then frames. */
export class RawSocketParser {
  readonly #memory: Memory;
  #greeting: RawSocketGreeting | undefined;
  #listener: RawSocketListener | undefined;
  /** The octets of the handshake or of a prefix that have arrived. */
  readonly #head = new Uint8Array(RAW_SOCKET_PREFIX_SIZE);
  #headSize = 0;
  /** The frame that is arriving in pieces; undefined between frames. */
  #arriving: ArrivingFrame | DiscardedMessage | undefined;
  #type: RawSocketFrameType = RawSocketFrameType.MESSAGE;
  #length = 0;

  /** @param memory for frames that arrive in pieces; the parser gives it back after the listener returns */
  constructor(greeting: RawSocketGreeting, memory: Memory = newMemory) {
    this.#greeting = greeting;
    this.#memory = memory;
  }

  /** Parses the next octets of the stream. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && this.#reads;) {
      at =
        this.#arriving === undefined ? this.#readHead(chunk, at) : this.#readBody(this.#arriving, chunk, at);
    }
  }

  /** Stops parsing, even within the current chunk. */
  stop(): void {
    this.#greeting = undefined;
    this.#listener = undefined;
    if (this.#arriving instanceof ArrivingFrame) this.#arriving.release();
    this.#arriving = undefined;
  }

  get #reads(): boolean {
    return this.#greeting !== undefined || this.#listener !== undefined;
  }

  /** Reads a handshake or a prefix: both have four octets. @returns the position after them */
  #readHead(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && this.#headSize < HANDSHAKE_SIZE) {
      this.#head[this.#headSize++] = chunk[at++] ?? 0;
    }
    if (this.#headSize < HANDSHAKE_SIZE) return at;
    this.#headSize = 0;
    const greeting = this.#greeting;
    if (greeting === undefined) return this.#readPrefix(chunk, at);
    this.#greeting = undefined;
    this.#listener = greeting(this.#head.slice());
    return at;
  }

  /** Checks a prefix, and reads the frame at once when the chunk has all of it. */
  #readPrefix(chunk: Uint8Array, at: number): number {
    const fault = this.#judgePrefix();
    if (fault !== undefined) {
      this.#fail(fault.failure, fault.what);
      return chunk.length;
    }
    if (this.#length > (this.#listener?.acceptedLength ?? 0)) {
      const discarded = new DiscardedMessage();
      discarded.begin(this.#length);
      this.#arriving = discarded;
      return at;
    }
    const end = at + this.#length;
    if (end <= chunk.length && this.#length <= MOST_COPIED) {
      this.#tell(chunk.subarray(at, end));
      return end;
    }
    this.#arriving = new ArrivingFrame(this.#length, this.#memory);
    return at;
  }

  /** RAW-7: `RRRR XTTT` and 24 bits of length; X is the 25th bit. @returns the fault, if any */
  #judgePrefix(): { readonly failure: TransportFailure; readonly what: string } | undefined {
    const [flags = 0, high = 0, middle = 0, low = 0] = this.#head;
    const extra = (flags & 0x08) << 21;
    const length = (high << 16) | (middle << 8) | low;
    const type = flags & 0x07;
    if (flags >> 4 !== 0)
      return { failure: 'protocol', what: `the prefix of a frame has reserved bits set: ${flags >> 4}` };
    if (!isFrameType(type)) return { failure: 'protocol', what: `a frame has the reserved type ${type}` };
    if (extra !== 0 && length !== 0) {
      return { failure: 'protocol', what: 'a frame is longer than 2^24 octets' };
    }
    if (extra + length > this.#longest(type)) {
      return {
        failure: 'oversize',
        what: `a frame has ${extra + length} bytes, the limit is ${this.#longest(type)}`,
      };
    }
    this.#type = type;
    this.#length = extra + length;
    return undefined;
  }

  /** The longest frame of a type that is read. Only messages may be dropped. */
  #longest(type: RawSocketFrameType): number {
    const { acceptedLength = 0, discardedLength = 0 } = this.#listener ?? {};
    return type === RawSocketFrameType.MESSAGE ? Math.max(acceptedLength, discardedLength) : acceptedLength;
  }

  #readBody(arriving: ArrivingFrame | DiscardedMessage, chunk: Uint8Array, at: number): number {
    const next = arriving.take(chunk, at);
    if (arriving instanceof DiscardedMessage) {
      if (!arriving.isComplete) return next;
      this.#arriving = undefined;
      this.#listener?.oversized?.(arriving.head, arriving.length);
      return next;
    }
    const { whole } = arriving;
    if (whole !== undefined) {
      this.#arriving = undefined;
      this.#tell(whole);
      arriving.release();
    }
    return next;
  }

  #tell(payload: Uint8Array): void {
    if (this.#type === RawSocketFrameType.MESSAGE) this.#listener?.message(payload);
    else if (this.#type === RawSocketFrameType.PING) this.#listener?.ping(payload);
    else this.#listener?.pong(payload);
  }

  #fail(failure: TransportFailure, what: string): void {
    const listener = this.#listener;
    this.stop();
    listener?.failed(failure, what);
  }
}

function isFrameType(type: number): type is RawSocketFrameType {
  return type <= RawSocketFrameType.PONG;
}
