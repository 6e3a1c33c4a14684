/** Reads the body of an HTTP request, within bounds. */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../core/clock.ts';

/** What a body may take. */
export interface BodyBounds {
  /** Its size in bytes. */
  readonly size: number;
  /** The time it may take to arrive (ms). */
  readonly time: number;
  readonly clock: Clock;
}

/** Why there is no body; as the HTTP status that says so. */
export type BodyFault = 408 | 413;

/** A body of unknown length gets room for this many bytes first, and more as they come. */
const FIRST_ROOM = 1024;

/**
 * The body of a request, or what is wrong with it. One that is cut off counts as late: nobody is there to
 * read the answer anyway.
 */
export function readBody(
  request: IncomingMessage,
  { size, time, clock }: BodyBounds,
): Promise<Uint8Array | BodyFault> {
  if (Number(request.headers['content-length'] ?? 0) > size) {
    request.resume();
    return Promise.resolve(413);
  }
  return new Promise((resolve) => {
    const body = new Gathering();
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
      else body.append(chunk);
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
  #room = new Uint8Array(FIRST_ROOM);
  size = 0;

  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.size);
  }

  append(chunk: Uint8Array): void {
    const size = this.size + chunk.length;
    if (size > this.#room.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#room.length));
      larger.set(this.bytes);
      this.#room = larger;
    }
    this.#room.set(chunk, this.size);
    this.size = size;
  }
}
