/** Reads the body of an HTTP request, within bounds. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { Account } from '../core/account.ts';

/** What a body may take. */
export interface BodyBounds {
  /** Its size in bytes. */
  readonly size: number;
  /** The time it may take to arrive (ms). */
  readonly time: number;
  readonly clock: Clock;
  /** Where its bytes are reserved as they come; whoever deals with the body gives them back. */
  readonly account: Account;
}

/** Why there is no body; as the HTTP status that says so. */
export type BodyFault = 408 | 413 | 429;

/** A body of unknown length gets room for this many bytes first, and more as they come. */
const FIRST_ROOM = 1024;

/**
 * The body of a request, or what is wrong with it. One that is cut off counts as late: nobody is there to
 * read the answer anyway.
 */
export function readBody(
  request: IncomingMessage,
  { size, time, clock, account }: BodyBounds,
): Promise<Uint8Array | BodyFault> {
  if (Number(request.headers['content-length'] ?? 0) > size) {
    request.resume();
    return Promise.resolve(413);
  }
  return new Promise((resolve) => {
    const body = new Gathering(account);
    const settle = (outcome: Uint8Array | BodyFault): void => {
      dismiss();
      request.off('data', take);
      resolve(outcome);
    };
    const dismiss = clock.after(time, () => {
      settle(408);
    });
    const take = (chunk: Buffer): void => {
      if (body.size + chunk.length > size) settle(413);
      else if (!body.append(chunk)) settle(429);
    };
    request.on('data', take);
    request.on('end', () => {
      settle(body.bytes);
    });
    request.on('close', () => {
      settle(408);
    });
  });
}

/** Bytes that arrive in pieces: copied, for each small piece would keep a large buffer alive. */
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

  /** @returns false when there is no room for it */
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
