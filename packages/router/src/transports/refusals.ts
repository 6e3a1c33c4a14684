/** All refusals of HTTP requests: the reason of each, and what to do about it. */
import type { HttpRefusal } from './refusal.ts';
import type { Subprotocol } from './subprotocol.ts';

/** The supported version of the WebSocket protocol (RFC 6455 §4.1). */
export const WEBSOCKET_VERSION = '13';

/** After a body that was not read to its end, the connection cannot be used for another request. */
const CLOSES = { Connection: 'close' };

function refusal(
  status: number,
  reason: string,
  advice: string,
  headers?: Readonly<Record<string, string>>,
): HttpRefusal {
  return headers === undefined ? { status, reason, advice } : { status, reason, advice, headers };
}

// For all requests.
export const FOREIGN_ORIGIN: HttpRefusal = refusal(
  403,
  'pages of this origin may not connect',
  'The key `origins` of the listener lists those that may. Without it, only pages of the host and port that the ' +
    'Host header names may, and, where the router listens on a loopback address, only pages of loopback hosts. ' +
    'Behind a proxy, list the origin that the browser shows.',
);
export const FORWARDED_WRONGLY: HttpRefusal = refusal(
  400,
  'a trusted proxy sent a malformed header',
  'See `forwarding_header` and `trusted_proxies` of the listener.',
);
export const OVERLOADED: HttpRefusal = refusal(
  503,
  'there are too many connections',
  'Try again in 5 seconds. See `limits.handshakes` and `limits.connections_per_address`.',
  { 'Retry-After': '5' },
);
export const CLOSING: HttpRefusal = refusal(503, 'the router is closing', 'Try again later.');

// For WebSocket upgrades (RFC 6455 §4.2).
export const NO_WEBSOCKET_HERE: HttpRefusal = refusal(
  404,
  'no WebSocket is served at this path',
  'The key `websocket_paths` of the listener sets the paths (`paths` in the library).',
);
export const OLD_HTTP: HttpRefusal = refusal(
  400,
  'HTTP/1.0 does not support upgrades',
  'A proxy in between has to use HTTP/1.1: in nginx, set `proxy_http_version 1.1`.',
);
export const NO_HOST: HttpRefusal = refusal(
  400,
  'the request has no header Host, or several',
  'HTTP/1.1 requires exactly one (RFC 9112 §3.2).',
);
export const WEBSOCKET_METHOD: HttpRefusal = refusal(
  405,
  'the method of a WebSocket handshake must be GET',
  'Use a WebSocket client.',
  { Allow: 'GET' },
);
export const OTHER_PROTOCOL: HttpRefusal = refusal(
  400,
  'this is not an upgrade to WebSocket',
  'The header Upgrade has to be `websocket`; a proxy must pass it on.',
);
export const OTHER_VERSION: HttpRefusal = refusal(
  426,
  `the version of the WebSocket protocol is not ${WEBSOCKET_VERSION}`,
  `The header Sec-WebSocket-Version has to be ${WEBSOCKET_VERSION}.`,
  { 'Sec-WebSocket-Version': WEBSOCKET_VERSION },
);
export const NO_KEY: HttpRefusal = refusal(
  400,
  'the handshake of the WebSocket is malformed',
  'The header Sec-WebSocket-Key has to be 16 octets in base64.',
);

// For long-poll requests.
export const NO_SUCH_CHANNEL: HttpRefusal = refusal(
  404,
  'there is no such long-poll channel',
  'It was closed, or its client sent no request within idleTimeout. Begin with `open`.',
);
export const NOTHING_HERE: HttpRefusal = refusal(
  404,
  'nothing is served at this path',
  'The key `longpoll_path` of the listener sets the path of long-poll (`path` in the library).',
);
export const LONG_POLL_METHOD: HttpRefusal = refusal(405, 'long-poll takes POST', 'Use a long-poll client.');
export const NOTHING_IN_COMMON: HttpRefusal = refusal(
  400,
  'the client offers no supported protocol',
  'The body has to be JSON such as {"protocols": ["wamp.2.json"]}.',
);
export const NO_MESSAGE: HttpRefusal = refusal(
  400,
  'the body is not a WAMP message',
  'The channel is closed. Messages have to use the negotiated protocol.',
);
export const LATE_BODY: HttpRefusal = refusal(
  408,
  'the body took too long to arrive',
  'See `idleTimeout` of acceptLongPolls.',
  CLOSES,
);
export const LONG_BODY: HttpRefusal = refusal(
  413,
  'the body is too long',
  'See `limits.message_size`, and before a session `limits.handshake_size`.',
  CLOSES,
);
export const MANY_BODIES: HttpRefusal = refusal(
  429,
  'too many request bodies of this channel are pending, or the memory limit of the router is reached',
  'Send the next one when earlier ones have been answered. See `limits.long_poll_size`.',
  { ...CLOSES, 'Retry-After': '1' },
);

/** Refuses an upgrade whose client offers no supported subprotocol. @param spoken the supported subprotocols */
export function noSubprotocol(spoken: readonly Subprotocol[]): HttpRefusal {
  const names = spoken.map(({ name }) => name).join(', ');
  return refusal(
    400,
    'the client offers no supported subprotocol',
    `The header Sec-WebSocket-Protocol has to name one of ${names}, and each once.`,
  );
}

// For requests of HTTP bridges.
export const LATE_REQUEST: HttpRefusal = refusal(
  408,
  'the body took too long to arrive',
  'Send it at once, or in smaller requests.',
  CLOSES,
);
export const MANY_REQUESTS: HttpRefusal = refusal(
  429,
  'too many request bodies are being read, or the memory limit of the router is reached',
  'Send the next one when earlier ones have been answered. See `limits.kept_size`.',
  { ...CLOSES, 'Retry-After': '1' },
);

/** Refuses a body above the limit. @param size the limit (bytes) */
export function longRequest(size: number): HttpRefusal {
  return refusal(
    413,
    `the body is longer than ${size} bytes`,
    'Send less, or raise `body_size` of the bridge (`bodySize` in the library).',
    CLOSES,
  );
}

/** Refuses a request with an unsupported method. @param allow the supported methods */
export function otherMethod(allow: string): HttpRefusal {
  return refusal(405, 'this path is not for that method', `Use one of ${allow}.`, { Allow: allow });
}
