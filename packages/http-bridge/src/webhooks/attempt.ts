/** One delivery attempt: a POST with a time limit, which follows no redirects, and reads only a limited part of the answer. */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '@wamp/router';
import { checkHost, publicLookup, type Resolve } from './addresses.ts';

/** The target of deliveries, and the limits of attempts. */
export interface Target {
  readonly url: URL;
  readonly clock: Clock;
  /** The maximum duration of an attempt (ms). */
  readonly timeout: number;
  readonly allowPrivate: boolean;
  readonly resolve: Resolve | undefined;
}

/**
 * The outcome of an attempt. `again` is a temporary failure: the target cannot be reached, is busy, or has failed. `never` is
 * a permanent one: the target has refused, redirects, or has a forbidden address.
 */
export interface Outcome {
  readonly result: 'delivered' | 'again' | 'never';
  /** The HTTP status, or the reason why there was none. */
  readonly why: string;
}

/** Client error statuses that are temporary. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);
/** The maximum size of an answer that is read so that the connection can be reused (bytes). */
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

  /** @param signal aborts the attempt, which then counts as a temporary failure */
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
        // The next request can be sent only when the answer has been read, or the connection has closed.
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
