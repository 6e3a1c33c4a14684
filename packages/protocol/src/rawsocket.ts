/** RawSocket framing: the handshake of both sides, and frames out of a stream of octets (spec: RawSocket Transport). */
import { ArrivingFrame } from './arriving.ts';
import { DiscardedMessage } from './discarding.ts';
import { MOST_COPIED } from './frame-writer.ts';
import { newMemory, type Memory } from './memory.ts';
import type { TransportFailure } from './transport.ts';

/** The first octet of both handshakes. No HTTP request and no TLS record begins with it. */
export const RAW_SOCKET_MAGIC = 0x7f;
/** Octets of a handshake. */
const HANDSHAKE_SIZE = 4;
/** Octets before each frame. */
export const RAW_SOCKET_PREFIX_SIZE = 4;

/** The least limit on messages that a handshake can tell, in bytes. */
export const RAW_SOCKET_MIN_LIMIT: number = 2 ** 9;
/** The greatest one. */
export const RAW_SOCKET_MAX_LIMIT: number = 2 ** 24;
/**
 * The longest frame that is ever sent, in bytes. One of 2^24 would need the 25th length bit, which many
 * peers do not know (T-35).
 */
export const RAW_SOCKET_MAX_FRAME: number = RAW_SOCKET_MAX_LIMIT - 1;

/** Why a router refuses a client; the number is the one of the error reply. */
export const RawSocketError = {
  SERIALIZER_UNSUPPORTED: 1,
  LIMIT_UNACCEPTABLE: 2,
  RESERVED_BITS_USED: 3,
  TOO_MANY_CONNECTIONS: 4,
} as const;
export type RawSocketError = (typeof RawSocketError)[keyof typeof RawSocketError];

/** What each side tells the other: the same four octets as request and as reply. */
export interface RawSocketHandshake {
  /** The longest message that the sender of the handshake takes, in bytes. */
  readonly limit: number;
  /** The serializer to be used, 1 … 15: {@link Serializer.rawSocketId}. */
  readonly serializer: number;
}

/** The greatest limit that a handshake can tell and that is not above `limit`, but never below 512 bytes. */
export function rawSocketLimit(limit: number): number {
  return RAW_SOCKET_MIN_LIMIT << lengthCode(limit);
}

/** The LENGTH field: 0 for 2^9 octets … 15 for 2^24. */
function lengthCode(limit: number): number {
  return Math.min(Math.max(Math.floor(Math.log2(limit)) - 9, 0), 15);
}

/** The octets of a request, or of a reply that accepts one; a limit is told as {@link rawSocketLimit} of it. */
export function writeRawSocketHandshake({ limit, serializer }: RawSocketHandshake): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(RAW_SOCKET_MAGIC, (lengthCode(limit) << 4) | serializer, 0, 0);
}

/** The octets of a reply that refuses a request. */
export function writeRawSocketError(error: RawSocketError): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(RAW_SOCKET_MAGIC, error << 4, 0, 0);
}

/**
 * Reads a client's request, as a router.
 * @returns undefined when this is no RawSocket at all: nothing is to be answered
 */
export function readRawSocketRequest(octets: Uint8Array): RawSocketHandshake | RawSocketError | undefined {
  const [magic, second = 0, third, fourth] = octets;
  if (magic !== RAW_SOCKET_MAGIC) return undefined;
  if (third !== 0 || fourth !== 0) return RawSocketError.RESERVED_BITS_USED;
  const request = handshakeOf(second);
  return request.serializer === 0 ? RawSocketError.SERIALIZER_UNSUPPORTED : request;
}

/** What a reply says: how many bytes a message may have, or why there will be none. */
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
 * @param serializer the one that was asked for; a reply with another is a refusal, too (RAW-4)
 */
export function readRawSocketReply(octets: Uint8Array, serializer: number): RawSocketReply {
  const [magic, second = 0, third, fourth] = octets;
  if (magic !== RAW_SOCKET_MAGIC) return { refused: 'this is no RawSocket' };
  if (third !== 0 || fourth !== 0) return { refused: 'the reply uses reserved bits' };
  const reply = handshakeOf(second);
  if (reply.serializer === serializer) return { limit: reply.limit };
  if (reply.serializer !== 0) return { refused: 'the reply names another serializer' };
  const error = second >> 4;
  return { refused: REFUSALS[error] ?? `error ${error}`, error };
}

function handshakeOf(second: number): RawSocketHandshake {
  return { limit: RAW_SOCKET_MIN_LIMIT << (second >> 4), serializer: second & 0x0f };
}

/** What a frame carries. */
export const RawSocketFrameType = { MESSAGE: 0, PING: 1, PONG: 2 } as const;
export type RawSocketFrameType = (typeof RawSocketFrameType)[keyof typeof RawSocketFrameType];

/**
 * Writes the four octets that stand before a frame.
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
 * Who hears the frames of a stream. Their bytes may be a view of what was pushed: whoever keeps them
 * longer than the call makes a copy.
 */
export interface RawSocketListener {
  /** The longest frame that is accepted: what this side's handshake has told, in bytes. */
  readonly acceptedLength: number;
  /** The longest frame that is dropped as it comes, and told as `oversized`; a longer one fails. 0 by default. */
  readonly discardedLength?: number;
  message(frame: Uint8Array): void;
  /**
   * A frame was longer than `acceptedLength`.
   * @param head its first bytes
   * @param length of all of it, in bytes
   */
  oversized?(head: Uint8Array, length: number): void;
  /** To be answered at once, by one PONG of the same payload (RAW-8). */
  ping(payload: Uint8Array): void;
  pong(payload: Uint8Array): void;
  /** The stream breaks the rules. Nothing more of it is read. */
  failed(failure: TransportFailure, what: string): void;
}

/**
 * Takes the four octets of the peer's handshake.
 * @returns who hears the frames that follow; undefined when none may
 */
export type RawSocketGreeting = (octets: Uint8Array) => RawSocketListener | undefined;

/** Reads one side's octets, however the stream is cut: a handshake, then frames. */
export class RawSocketParser {
  readonly #memory: Memory;
  #greeting: RawSocketGreeting | undefined;
  #listener: RawSocketListener | undefined;
  /** The handshake, or a prefix, as far as it has arrived. */
  readonly #head = new Uint8Array(RAW_SOCKET_PREFIX_SIZE);
  #headSize = 0;
  /** A frame that comes in pieces; undefined between frames. */
  #arriving: ArrivingFrame | DiscardedMessage | undefined;
  #type: RawSocketFrameType = RawSocketFrameType.MESSAGE;
  #length = 0;

  /** @param memory for frames that come in pieces, which are given back once they have been heard */
  constructor(greeting: RawSocketGreeting, memory: Memory = newMemory) {
    this.#greeting = greeting;
    this.#memory = memory;
  }

  /** The octets that came next. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && this.#reads;) {
      at =
        this.#arriving === undefined ? this.#readHead(chunk, at) : this.#readBody(this.#arriving, chunk, at);
    }
  }

  /** Reads nothing more, not even the rest of the chunk at hand. */
  stop(): void {
    this.#greeting = undefined;
    this.#listener = undefined;
    this.#arriving = undefined;
  }

  get #reads(): boolean {
    return this.#greeting !== undefined || this.#listener !== undefined;
  }

  /** A handshake and a prefix are four octets both. @returns where to read on */
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

  /** Judges a prefix, and takes the frame at once when all of it is there. */
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

  /** RAW-7: `RRRR XTTT` and 24 bits of length, of which X is the 25th. @returns what is wrong with it */
  #judgePrefix(): { readonly failure: TransportFailure; readonly what: string } | undefined {
    const [flags = 0, high = 0, middle = 0, low = 0] = this.#head;
    const extra = (flags & 0x08) << 21;
    const length = (high << 16) | (middle << 8) | low;
    const type = flags & 0x07;
    if (flags >> 4 !== 0) return { failure: 'protocol', what: 'a frame uses reserved bits' };
    if (!isFrameType(type)) return { failure: 'protocol', what: `a frame is of reserved type ${type}` };
    if (extra !== 0 && length !== 0) {
      return { failure: 'protocol', what: 'a frame is longer than 2^24 octets' };
    }
    if (extra + length > this.#longest(type)) {
      return { failure: 'oversize', what: `a frame of ${extra + length} bytes is too large` };
    }
    this.#type = type;
    this.#length = extra + length;
    return undefined;
  }

  /** The longest frame of a type that may come; what is no message is never dropped. */
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
