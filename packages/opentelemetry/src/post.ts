/** Posts a batch of spans to a collector over HTTP. */

/** What a collector answered. */
export interface PostAnswer {
  readonly status: number;
  /** How long it wants the next attempt to be delayed (s); undefined if it does not say. */
  readonly retryAfter?: number | undefined;
}

/** Sends one request. @throws anything when there is no answer */
export type Post = (body: string, signal: AbortSignal) => Promise<PostAnswer>;

/** @param headers of each request, such as `authorization` */
export function postTo(url: URL, headers: Readonly<Record<string, string>>): Post {
  return async (body, signal) => {
    const all = { ...headers, 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers: all, body, signal, redirect: 'manual' });
    await response.body?.cancel();
    const after = Number(response.headers.get('retry-after') ?? Number.NaN);
    return { status: response.status, retryAfter: Number.isFinite(after) ? after : undefined };
  };
}

/** Whether the same request may succeed later (OTLP/HTTP, Failures). */
export function isPassing(status: number): boolean {
  return status === 429 || status === 502 || status === 503 || status === 504;
}
