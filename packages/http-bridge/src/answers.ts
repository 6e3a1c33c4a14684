/** Answers of the bridge: a status, and a body in a media type that the client accepts. */
import type { ServerResponse } from 'node:http';
import { ErrorUri, SerializationFailure, type ApplicationError, type Kwargs } from '@wamp/protocol';
import type { Media } from './media.ts';

export interface Answer {
  readonly status: number;
  readonly body: Kwargs;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer for an error of WAMP. */
export function answerFor({ uri, args, kwargs }: ApplicationError, status: number): Answer {
  const body = { error: uri, args, kwargs };
  return status === 429 || status === 503
    ? { status, body, headers: { 'retry-after': '1' } }
    : { status, body };
}

/** The answer when the client's media type cannot represent the values of a result. */
function unreadable({ type }: Media): Answer {
  const why = `${type} cannot represent a value of the answer; send the request with Accept: application/cbor`;
  return { status: 406, body: { error: ErrorUri.INVALID_PAYLOAD, args: [why], kwargs: {} } };
}

/** Writes an answer. */
export function send(response: ServerResponse, media: Media, answer: Answer): void {
  const { told, bytes } = written(media, answer);
  response.writeHead(told.status, {
    'content-type': media.type,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...told.headers,
  });
  response.end(bytes);
}

function written(media: Media, told: Answer): { readonly told: Answer; readonly bytes: Uint8Array } {
  try {
    return { told, bytes: media.write(told.body) };
  } catch (error) {
    if (!(error instanceof SerializationFailure)) throw error;
    const instead = unreadable(media);
    return { told: instead, bytes: media.write(instead.body) };
  }
}
