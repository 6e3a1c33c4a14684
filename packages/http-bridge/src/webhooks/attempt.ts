/** One attempt to deliver: a POST that ends in time, follows no redirects, and reads no more than it has to. */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '@wamp/router';
import { checkHost, publicLookup, type Resolve } from './addresses.ts';

/** Where deliveries go, and within which bounds. */
export interface Target {
  readonly url: URL;
  readonly clock: Clock;
  /** The longest time of an attempt (ms). */
  readonly timeout: number;
  readonly allowPrivate: boolean;
  readonly resolve: Resolve | undefined;
}

/**
 * What came of an attempt. `again` is a failure that may pass: the target cannot be reached, is busy, or has failed.
 * `never` is one that will not: the target has refused, redirects, or may not be connected to.
 */
export interface Outcome {
  readonly result: 'delivered' | 'again' | 'never';
  /** A status, or what kept the attempt from having one. */
  readonly why: string;
}

/** Statuses of clients' errors that pass. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);
/** So much of an answer is read, for the connection to be used again (bytes). */
const MOST_READ = 64 * 1024;

/** The connection to one target, which is kept between deliveries. */
export class Sender {
  readonly #target: Target;
  readonly #agent: HttpAgent;

  constructor(target: Target) {
    this.#target = target;
    const isSecure = target.url.protocol === 'https:';
    this.#agent = new (isSecure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 });
  }

  /** Closes the connection. */
  close(): void {
    this.#agent.destroy();
  }

  /** @param signal aborts the attempt, which counts as one that may be made again */
  send(body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Outcome> {
    const { url, clock, timeout, allowPrivate } = this.#target;
    return new Promise((resolve) => {
      let request: ClientRequest | undefined;
      let told: Outcome | undefined;
      const settle = (outcome: Outcome): void => {
        dismiss();
        signal.removeEventListener('abort', abort);
        resolve(outcome);
      };
      const giveUp = (why: string): void => {
        settle(told ?? { result: 'again', why });
        request?.destroy();
      };
      const abort = (): void => {
        giveUp('aborted');
      };
      const dismiss = clock.after(timeout, () => {
        giveUp(`no answer within ${timeout} ms`);
      });
      signal.addEventListener('abort', abort);
      try {
        if (!allowPrivate) checkHost(url);
        request = this.#post(body, headers);
        request.on('response', (response) => {
          told = outcomeOf(response);
        });
        request.on('error', (error) => {
          settle(told ?? outcomeOfError(error));
        });
        // The connection is free for the next one only when the answer has been read, or the connection is gone.
        request.on('close', () => {
          settle(told ?? { result: 'again', why: 'the connection was closed' });
        });
      } catch (error) {
        settle(outcomeOfError(error));
      }
    });
  }

  #post(body: string, headers: Readonly<Record<string, string>>): ClientRequest {
    const { url, allowPrivate, resolve } = this.#target;
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      agent: this.#agent,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': '@wamp/http-bridge',
        ...headers,
      },
      ...(allowPrivate ? {} : { lookup: publicLookup(resolve) }),
    });
    request.end(body);
    return request;
  }
}

function outcomeOf(response: IncomingMessage): Outcome {
  let read = 0;
  response.on('data', (chunk: Uint8Array) => {
    if ((read += chunk.length) > MOST_READ) response.destroy();
  });
  response.on('error', () => undefined);
  const { statusCode: status = 0 } = response;
  if (status >= 200 && status < 300) return { result: 'delivered', why: String(status) };
  if (status >= 300 && status < 400) return { result: 'never', why: `${status}: redirects are not followed` };
  return { result: status >= 500 || PASSING.has(status) ? 'again' : 'never', why: String(status) };
}

function outcomeOfError(error: unknown): Outcome {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return { result: code === 'PRIVATE_ADDRESS' ? 'never' : 'again', why: message === '' ? code : message };
}
