/** The HTTP requests of a long-poll channel. */
import { ErrorUri } from '@wamp/protocol';
import { ConnectError } from '../errors.ts';

/** A request, as it is made here. */
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
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** What makes requests: `fetch`, or something like it. */
export type Fetch = (url: URL, request: FetchRequest) => Promise<FetchResponse>;

/** An answer with all its body. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly body: Uint8Array;
}

/**
 * Posts to a place below a URL.
 * @throws what `fetch` does
 */
export type Post = (place: string, request: Omit<FetchRequest, 'method'>) => Promise<Answer>;

/** Requests to places below `url`. @throws ConnectError for a URL of another kind */
export function poster(url: URL, fetch: Fetch): Post {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const text = `No long-poll at ${url.href}: it must begin with http: or https:.`;
    throw new ConnectError(ErrorUri.INVALID_ARGUMENT, [text], true);
  }
  const base = url.pathname.replace(/\/$/, '');
  let requests = 0;
  return async (place, request) => {
    const target = new URL(url);
    target.pathname = `${base}/${place}`;
    // LP-5: no cache has seen this URL before.
    target.searchParams.set('x', String((requests += 1)));
    const response = await fetch(target, { method: 'POST', ...request });
    return { ok: response.ok, status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
  };
}
