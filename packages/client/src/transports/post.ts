/** The HTTP requests of a long-poll channel. */
import { ErrorUri } from '@wamp/protocol';
import { ConnectError } from '../errors.ts';
import { tooLong } from './channel.ts';

/** A request. */
export interface FetchRequest {
  readonly method: 'POST';
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

/** The part of a response that is used here. */
export interface FetchResponse {
  readonly ok: boolean;
  readonly status: number;
  /** The body as a stream; if absent, `arrayBuffer` is used. */
  readonly body?: ReadableStream<Uint8Array> | null;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Sends requests: `fetch`, or a function like it. */
export type Fetch = (url: URL, request: FetchRequest) => Promise<FetchResponse>;

/** A response with its complete body. */
export interface HttpAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly body: Uint8Array;
}

/**
 * Posts to a path below a URL.
 * @throws what `fetch` does
 */
export type Post = (place: string, request: Omit<FetchRequest, 'method'>) => Promise<HttpAnswer>;

/**
 * Posts to paths below `url`; responses are limited to `limit` bytes. @throws ConnectError for a URL of another kind
 */
export function poster(url: URL, fetch: Fetch, limit: number): Post {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const text = `No long-poll at ${url.href}: it must begin with http: or https:.`;
    throw new ConnectError(ErrorUri.INVALID_ARGUMENT, [text], true);
  }
  const base = url.pathname.replace(/\/$/, '');
  let requests = 0;
  return async (place, request) => {
    const target = new URL(url);
    target.pathname = `${base}/${place}`;
    // LP-5: a unique URL, so that no cache answers.
    target.searchParams.set('x', String((requests += 1)));
    const response = await fetch(target, { method: 'POST', ...request });
    return { ok: response.ok, status: response.status, body: await bodyOf(response, limit) };
  };
}

/** Reads at most `limit` bytes. @throws Error if the body is longer */
async function bodyOf(response: FetchResponse, limit: number): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return checked(new Uint8Array(await response.arrayBuffer()), limit);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.length;
    if (size > limit) {
      // A failure to cancel does not matter.
      reader.cancel().catch(() => undefined);
      throw new RangeError(tooLong(size, limit));
    }
    chunks.push(next.value);
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}

function checked(body: Uint8Array, limit: number): Uint8Array {
  if (body.length > limit) throw new RangeError(tooLong(body.length, limit));
  return body;
}
