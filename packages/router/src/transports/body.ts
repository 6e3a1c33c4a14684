/** Reads the body of an HTTP request, within limits of size, time and memory. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { Account } from '../core/account.ts';
import { NO_BYTES } from '../nothing.ts';

/** The limits of a body. */
export interface BodyBounds {
  /** The maximum size of the body (bytes). */
  readonly size: number;
  /** The time it may take to arrive (ms). */
  readonly time: number;
  readonly clock: Clock;
  /** The account on which its bytes are reserved as they arrive; the user of the body releases them. */
  readonly account: Account;
  /** True to keep the head of a body that is too long; false, the default, to stop reading such a body at once. */
  readonly keepsHead?: boolean;
}

/** Why a body could not be read: it arrived too late, was too long, or there was no room for it. */
export type BodyFault = 'late' | 'no-room' | LongBody;

/** The known part of a body that is too long. */
export interface LongBody {
  /** Its first bytes. */
  readonly head: Uint8Array;
  /** The announced length of the body; without one, the bytes that had arrived when reading stopped. */
  readonly length: number;
}

/** The size of the head that is kept of a body that is too long (bytes). */
const HEAD_SIZE = 1024;

/** The initial reservation for a body of unknown length (bytes), which grows as it arrives. */
const FIRST_ROOM = 1024;

/**
 * The body of a request, or its fault. One that is cut off counts as late, because no client remains to read the
 * answer.
 */
export function readBody(
  request: IncomingMessage,
  { size, time, clock, account, keepsHead = false }: BodyBounds,
): Promise<Uint8Array | BodyFault> {
  const announced = Number(request.headers['content-length'] ?? 0);
  const enough = keepsHead ? HEAD_SIZE : 0;
  return new Promise((resolve) => {
    const body = new Gathering(account);
    const settle = (outcome: Uint8Array | BodyFault): void => {
      dismiss();
      request.off('data', take);
      // The rest of the body is read and dropped.
      request.resume();
      resolve(outcome);
    };
    const dismiss = clock.after(time, () => {
      settle('late');
    });
    const take = (chunk: Uint8Array): void => {
      const length = Math.max(body.size + chunk.length, announced);
      if (length > size && body.size + chunk.length >= enough) settle(tooLong(body, chunk, length));
      else if (!body.append(chunk)) settle('no-room');
    };
    request.on('data', take);
    request.on('end', () => {
      settle(body.size > size ? tooLong(body, NO_BYTES, body.size) : body.bytes);
    });
    request.on('close', () => {
      settle('late');
    });
    if (announced > size && enough === 0) take(NO_BYTES);
  });
}

function tooLong(body: Gathering, chunk: Uint8Array, length: number): LongBody {
  const parts = [body.bytes, chunk].map((bytes) => bytes.subarray(0, HEAD_SIZE));
  return { head: Buffer.concat(parts).subarray(0, HEAD_SIZE), length };
}

/** Collects the pieces of a body. Copies them, because each small piece would keep a large buffer alive. */
class Gathering {
  readonly #account: Account;
  #room = new Uint8Array(0);
  size = 0;

  constructor(account: Account) {
    this.#account = account;
  }

  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.size);
  }

  /** @returns false when the account has no room for it */
  append(chunk: Uint8Array): boolean {
    const size = this.size + chunk.length;
    if (size > this.#room.length) {
      const room = Math.max(size, FIRST_ROOM, 2 * this.#room.length);
      if (!this.#account.reserve(room - this.#room.length)) return false;
      const larger = new Uint8Array(room);
      larger.set(this.bytes);
      this.#room = larger;
    }
    this.#room.set(chunk, this.size);
    this.size = size;
    return true;
  }
}
