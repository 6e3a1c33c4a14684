/** WAMP over HTTP requests: some send messages, others wait for them (spec: HTTP Longpoll Transport). */
import { ErrorUri } from '@wamp/protocol';
import { systemClock } from '../clock.ts';
import { ConnectError } from '../errors.ts';
import { BOOL, checkOptions, COUNT, FUNCTION, type Rules } from '../options.ts';
import { reasonOf } from '../signal.ts';
import { MAX_MESSAGE_SIZE } from './channel.ts';
import type { TransportFactory } from './factory.ts';
import { LongPollTransport } from './longpoll-transport.ts';
import { poster, type HttpAnswer, type Fetch, type Post } from './post.ts';
import { subprotocolsOf, type Subprotocol } from './subprotocol.ts';
import { unreachable } from './unreachable.ts';

/** Options of `longPoll`. */
export interface LongPollOptions {
  /**
   * Whether to prefer batches, for routers that support them; without, each message costs a request. Default: false,
   * batches are used only if the router supports nothing else. In JSON, messages are separated by octet 0x1E, as the
   * specification says. Some routers, crossbar among them, expect 0x18 and do not accept these batches; with
   * MessagePack and CBOR they do.
   */
  readonly batched?: boolean | undefined;
  /**
   * Limit for the size of an answer of the router (a message or a batch), in bytes. Default: 16 MiB. A longer one
   * ends the session.
   */
  readonly maxMessageSize?: number | undefined;
  /** Sends requests. Default: the runtime's `fetch`. A custom function may add headers, or configure TLS. */
  readonly fetch?: Fetch | undefined;
}

const LONG_POLL: Rules<LongPollOptions> = { batched: BOOL, maxMessageSize: COUNT, fetch: FUNCTION };

const decoder = new TextDecoder();

/**
 * A transport over HTTP long-poll. The URL, `http:` or `https:`, is the parent of the router's `open`: such as
 * `https://example.com/lp`. Its query is added to every request.
 *
 * If an HTTP request fails, it is unknown whether it was processed: its messages, or those in its answer, may or may
 * not be lost. Since messages may be neither duplicated nor lost unnoticed, that ends the session.
 *
 * @throws ConnectError on opening; fatal if the URL is of another kind, if the router refuses, or if the answer is
 *   not that of a long-poll router
 */
export function longPoll(options: LongPollOptions = {}): TransportFactory {
  checkOptions('longPoll', LONG_POLL, options, longPoll);
  const { batched = false, maxMessageSize = MAX_MESSAGE_SIZE, fetch = globalThis.fetch } = options;
  return {
    name: 'longpoll',
    async open(url, { serializers, signal, clock = systemClock }) {
      const post = poster(url, fetch, maxMessageSize);
      const offer = subprotocolsOf(serializers, batched);
      const { subprotocol, id } = agreed(await ask(post, offer, signal), offer);
      return new LongPollTransport(subprotocol, (action, request) => post(`${id}/${action}`, request), clock);
    },
  };
}

/** LP-1. @throws ConnectError, the reason of the signal */
async function ask(post: Post, offer: readonly Subprotocol[], signal: AbortSignal): Promise<HttpAnswer> {
  const body = JSON.stringify({ protocols: offer.map(({ name }) => name) });
  try {
    return await post('open', { headers: { 'content-type': 'application/json' }, body, signal });
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : unreachable(error);
  }
}

/** The settings that the router has chosen, and the id of the channel. @throws ConnectError */
function agreed(
  { ok, status, body }: HttpAnswer,
  offer: readonly Subprotocol[],
): { readonly subprotocol: Subprotocol; readonly id: string } {
  if (!ok) {
    // A client error (4xx) is permanent, except for a timeout or too many requests.
    const fatal = status >= 400 && status < 500 && status !== 408 && status !== 429;
    throw new ConnectError(ErrorUri.NETWORK_FAILURE, [`The router answered ${status} to "open".`], fatal);
  }
  const { protocol, transport } = fieldsIn(body);
  const subprotocol = offer.find(({ name }) => name === protocol);
  if (subprotocol === undefined || typeof transport !== 'string' || transport === '') {
    const names = offer.map(({ name }) => name).join(', ');
    const text = `The router answered "open" with no channel for one of ${names}.`;
    throw new ConnectError(ErrorUri.PROTOCOL_VIOLATION, [text], true);
  }
  return { subprotocol, id: encodeURIComponent(transport) };
}

function fieldsIn(body: Uint8Array): { readonly protocol?: unknown; readonly transport?: unknown } {
  try {
    const fields: unknown = JSON.parse(decoder.decode(body));
    return typeof fields === 'object' && fields !== null ? fields : {};
  } catch {
    return {};
  }
}
