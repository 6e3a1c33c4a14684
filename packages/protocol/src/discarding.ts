/** Messages that are too long: they are dropped while they arrive, but for the head, which tells what they were. */
import { ErrorUri } from './errors.ts';
import { isDict } from './fields.ts';
import { isId } from './ids.ts';
import { MessageType } from './message-type.ts';
import type { Call, ErrorMessage, Publish, Register, Subscribe, Yield } from './message.ts';
import { Payload } from './payload.ts';
import type { Serializer } from './serializer.ts';
import type { Dict } from './words.ts';

/** So much of such a message is kept, in bytes. */
const HEAD_SIZE = 1024;

/** Takes the frames of one message, and keeps its head. */
export class DiscardedMessage {
  readonly #head = new Uint8Array(HEAD_SIZE);
  #kept = 0;
  /** Bytes of the message, as far as its frames have announced them. */
  length = 0;
  /** Bytes of the frame at hand that are still to come. */
  #left = 0;
  /** How many bytes of that frame have come. */
  #offset = 0;
  #mask: Uint8Array | undefined;

  /** The first bytes of the message. */
  get head(): Uint8Array {
    return this.#head.subarray(0, this.#kept);
  }

  /** Whether all of the frame at hand has come. */
  get isComplete(): boolean {
    return this.#left === 0;
  }

  /**
   * Begins the next frame of the message.
   * @param length of the frame in bytes
   * @param mask the four octets that its bytes are masked with, if they are (RFC 6455 §5.3)
   */
  begin(length: number, mask?: Uint8Array): void {
    this.length += length;
    this.#left = length;
    this.#offset = 0;
    this.#mask = mask;
  }

  /** Takes from `chunk`, from `at` up to `end` at most, what belongs to the frame. @returns where the rest of it starts */
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

/** A request, or an answer to one, of which only the head was kept. */
export type OversizedMessage = Publish | Subscribe | Register | Call | Yield | ErrorMessage;

/**
 * What the head of a message tells of it: its type, its request and what of its options decides who is to be told. The rest
 * of it is empty.
 * @returns undefined when the head does not tell enough
 */
export function readHead(serializer: Serializer, head: Uint8Array): OversizedMessage | undefined {
  const [type, ...rest] = serializer.readHead?.(head) ?? [];
  const requestType = type === MessageType.ERROR ? rest.shift() : undefined;
  const [request, dict] = rest;
  if (!isId(request)) return undefined;
  const options = isDict(dict) ? dict : undefined;
  switch (type) {
    case MessageType.PUBLISH: // without its options, nobody knows whether the publisher waits for an answer
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
    case MessageType.ERROR: // of a client, it answers nothing else
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
