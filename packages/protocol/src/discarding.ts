/** Messages that are too long: dropped while they arrive, except for the head, which identifies the request. */
import * as ErrorUri from './error-uris.ts';
import { isDict } from './fields.ts';
import { isId } from './ids.ts';
import { MessageType } from './message-type.ts';
import type { Call, ErrorMessage, Publish, Register, Subscribe, Yield } from './message.ts';
import { Payload } from './payload.ts';
import type { Serializer } from './serializer.ts';
import type { Dict } from './words.ts';

/** How much of such a message is kept, in bytes. */
const HEAD_SIZE = 1024;

/** Drops the frames of one message and keeps its head. */
export class DiscardedMessage {
  readonly #head = new Uint8Array(HEAD_SIZE);
  #kept = 0;
  /** The length of the message so far, by the headers of its frames, in bytes. */
  length = 0;
  /** Bytes of the current frame that have not arrived. */
  #left = 0;
  /** Bytes of that frame that have arrived. */
  #offset = 0;
  #mask: Uint8Array | undefined;

  /** The first bytes of the message. */
  get head(): Uint8Array {
    return this.#head.subarray(0, this.#kept);
  }

  /** True when the current frame has arrived completely. */
  get isComplete(): boolean {
    return this.#left === 0;
  }

  /**
   * Begins the next frame of the message.
   * @param length of the frame in bytes
   * @param mask the four octets of the masking key, if the bytes are masked (RFC 6455 §5.3)
   */
  begin(length: number, mask?: Uint8Array): void {
    this.length += length;
    this.#left = length;
    this.#offset = 0;
    this.#mask = mask;
  }

  /** Drops the bytes of the frame from `chunk`, between `at` and `end`. @returns the position after them */
  take(chunk: Uint8Array, at: number, end: number = chunk.length): number {
    const size = Math.min(end - at, this.#left);
    const mask = this.#mask;
    const kept = Math.min(size, HEAD_SIZE - this.#kept);
    for (let index = 0; index < kept; index += 1) {
      const octet = chunk[at + index] ?? 0;
      this.#head[this.#kept++] = mask === undefined ? octet : octet ^ (mask[(this.#offset + index) & 3] ?? 0);
    }
    this.#left -= size;
    this.#offset += size;
    return at + size;
  }
}

/** A request or an answer of which only the head was kept. */
export type OversizedMessage = Publish | Subscribe | Register | Call | Yield | ErrorMessage;

/**
 * Reads the head of a message: its type, its request, and those options that decide which peer gets an answer. Everything
 * else in the result is empty.
 * @returns undefined when the head lacks one of these
 */
export function readHead(serializer: Serializer, head: Uint8Array): OversizedMessage | undefined {
  const [type, ...rest] = serializer.readHead?.(head) ?? [];
  const requestType = type === MessageType.ERROR ? rest.shift() : undefined;
  const [request, dict] = rest;
  if (!isId(request)) return undefined;
  const options = isDict(dict) ? dict : undefined;
  switch (type) {
    case MessageType.PUBLISH: // only the options say whether the publisher expects an answer
      if (options === undefined) return undefined;
      return { type, request, options: { acknowledge: isSet(options, 'acknowledge') }, topic: '', payload };
    case MessageType.SUBSCRIBE:
      return { type, request, options: {}, topic: '' };
    case MessageType.REGISTER:
      return { type, request, options: {}, procedure: '' };
    case MessageType.CALL:
      return { type, request, options: { progress: isSet(options, 'progress') }, procedure: '', payload };
    case MessageType.YIELD:
      return { type, request, options: { progress: isSet(options, 'progress') }, payload };
    case MessageType.ERROR: // a client sends ERROR for invocations only
      if (requestType !== MessageType.INVOCATION) return undefined;
      return { type, requestType, request, details: {}, error: ErrorUri.PAYLOAD_SIZE_EXCEEDED, payload };
    default:
      return undefined;
  }
}

const payload = Payload.none;

function isSet(options: Dict | undefined, name: string): boolean {
  return options?.[name] === true;
}
