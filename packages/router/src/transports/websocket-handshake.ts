/** The opening handshake of a WebSocket, on the side of the server (RFC 6455 §4.2). */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpRefusal } from './refusal.ts';
import * as Refusals from './refusals.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** 16 octets in base64. */
const KEY = /^[+/\dA-Za-z]{22}==$/;
/** An HTTP token, the form of a subprotocol's name (RFC 9110 §5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/;

/** An upgrade request. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Socket;
  /** The octets after the request. */
  readonly head: Buffer;
}

/** Why an upgrade is refused; undefined when it is valid. */
export function upgradeFault({
  httpVersionMajor,
  httpVersionMinor,
  method,
  headers,
  rawHeaders,
}: IncomingMessage): HttpRefusal | undefined {
  // RFC 9110 §7.8: HTTP/1.0 has no Upgrade.
  if (httpVersionMajor === 1 && httpVersionMinor === 0) return Refusals.OLD_HTTP;
  if (!hasOneHost(rawHeaders)) return Refusals.NO_HOST;
  if (method !== 'GET') return Refusals.WEBSOCKET_METHOD;
  if (headers.upgrade?.toLowerCase() !== 'websocket') return Refusals.OTHER_PROTOCOL;
  if (headers['sec-websocket-version'] !== Refusals.WEBSOCKET_VERSION) return Refusals.OTHER_VERSION;
  return KEY.test(headers['sec-websocket-key'] ?? '') ? undefined : Refusals.NO_KEY;
}

/** @param rawHeaders names and values, alternating */
function hasOneHost(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts === 1;
}

/** The subprotocols that a client offers, in order of preference; undefined unless they are a list of distinct tokens. */
export function offeredBy({ headers }: IncomingMessage): readonly string[] | undefined {
  const header = headers['sec-websocket-protocol'];
  if (header === undefined) return [];
  const names = header.split(',').map((name) => name.trim());
  return names.every((name) => TOKEN.test(name)) && new Set(names).size === names.length ? names : undefined;
}

/** Accepts an upgrade that {@link upgradeFault} has found valid. */
export function acceptUpgrade(socket: Socket, { headers }: IncomingMessage, subprotocol: string): void {
  const key = headers['sec-websocket-key'] ?? '';
  const accept = hash('sha1', key + GUID, 'base64');
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
  );
}

/** One extension that a client offers; no parameter of compression needs a quoted value. */
const OFFER = /^[\w!#$%&'*+\-.^`|~]+(?:\s*;\s*[\w!#$%&'*+\-.^`|~]+(?:=[\w!#$%&'*+\-.^`|~]+)?)*$/;
const NO_CONTEXT = /^(?:server|client)_no_context_takeover$/;
const WINDOW = /^(?:(?:server|client)_max_window_bits=(?:[89]|1[0-5])|client_max_window_bits)$/;

/**
 * True for a client whose offer of compression can be accepted. An invalid offer is declined: the connection continues
 * without compression (RFC 7692 §7.1).
 */
export function offersCompression({ headers }: IncomingMessage): boolean {
  const offers = (headers['sec-websocket-extensions'] ?? '').split(',').map((offer) => offer.trim());
  if (!offers.every((offer) => OFFER.test(offer))) return false;
  const lists = offers.map((offer) => offer.split(';').map((part) => part.trim()));
  const compressing = lists.filter(([name]) => name === 'permessage-deflate');
  return compressing.length > 0 && compressing.every(([, ...parameters]) => areValid(parameters));
}

function areValid(parameters: readonly string[]): boolean {
  const names = new Set(parameters.map((parameter) => parameter.split('=', 1)[0]));
  const known = parameters.every((each) => NO_CONTEXT.test(each) || WINDOW.test(each));
  return known && names.size === parameters.length;
}
