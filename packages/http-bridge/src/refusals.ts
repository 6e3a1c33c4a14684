/** Refusals of requests before they reach WAMP: the reason of each, and what to do about it. */
import type { HttpRefusal } from '@wamp/router';
import type { Media } from './media.ts';

export const NOT_SPOKEN: HttpRefusal = {
  status: 415,
  reason: 'the media type of the body is not supported',
  advice:
    'The header Content-Type has to be `application/json` or `application/cbor`, in UTF-8 and without Content-Encoding.',
};
export const NOTHING_HERE: HttpRefusal = {
  status: 404,
  reason: 'nothing is served at this path',
  advice: 'Below the path of the bridge there are `call`, `publish`, `subscribe` and `openapi.json`.',
};
export const NO_CREDENTIALS: HttpRefusal = {
  status: 400,
  reason: 'the header Authorization is invalid',
  advice: 'It has to be `Bearer TICKET`, or `Basic` with authid and ticket in base64 (RFC 7617).',
};
export const NO_TOPIC: HttpRefusal = {
  status: 400,
  reason: 'the query does not name a topic',
  advice: 'Write `?topic=com.example.news`, once, and `&match=prefix` or `&match=wildcard` for patterns.',
};
export const NO_EVENT_ID: HttpRefusal = {
  status: 400,
  reason: 'the header Last-Event-ID is not an id of this stream',
  advice: 'Send the id of the last event unchanged, or none to start with the next event.',
};

/** Refuses a malformed body. */
export function malformedBody({ type }: Media): HttpRefusal {
  return {
    status: 400,
    reason: `the body is not well-formed ${type === 'application/json' ? 'JSON' : 'CBOR'}`,
    advice: 'Expected one object, such as {"procedure": "com.example.add", "args": [1, 2]} in JSON.',
  };
}
