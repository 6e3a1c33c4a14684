/** All that requests are refused for before WAMP is asked: what is wrong, and what to do about it. */
import type { HttpRefusal } from '@wamp/router';
import type { Media } from './media.ts';

export const NOT_SPOKEN: HttpRefusal = {
  status: 415,
  reason: 'the body has no media type that is spoken here',
  advice:
    'The header Content-Type has to be `application/json` or `application/cbor`, without Content-Encoding.',
};
export const NOTHING_HERE: HttpRefusal = {
  status: 404,
  reason: 'nothing is served at this path',
  advice: 'Below the path of the bridge there are `call`, `publish`, `subscribe` and `openapi.json`.',
};
export const NO_CREDENTIALS: HttpRefusal = {
  status: 400,
  reason: 'the header Authorization is of no use',
  advice: 'It has to be `Bearer TICKET`, or `Basic` with authid and ticket in base64 (RFC 7617).',
};
export const NO_TOPIC: HttpRefusal = {
  status: 400,
  reason: 'the query does not say what to subscribe to',
  advice: 'Write `?topic=com.example.news`, once, and `&match=prefix` or `&match=wildcard` for patterns.',
};
export const NO_EVENT_ID: HttpRefusal = {
  status: 400,
  reason: 'the header Last-Event-ID is not an id of this stream',
  advice: 'Send the id of the last event as it came, or none to begin with the next event.',
};

/** Of a body that cannot be read. */
export function malformedBody({ type }: Media): HttpRefusal {
  return {
    status: 400,
    reason: `the body is not well-formed ${type === 'application/json' ? 'JSON' : 'CBOR'}`,
    advice: 'Expected one object, such as {"procedure": "com.example.add", "args": [1, 2]} in JSON.',
  };
}
