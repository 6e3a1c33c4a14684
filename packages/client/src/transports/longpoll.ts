/** WAMP over HTTP requests: some bring messages, others wait for them (spec: HTTP Longpoll Transport). */
import { ErrorUri } from '@wamp/protocol';
import { systemClock } from '../clock.ts';
import { ConnectError } from '../errors.ts';
import { BOOL, checkOptions, COUNT, FUNCTION, type Rules } from '../options.ts';
import { reasonOf } from '../signal.ts';
import { MAX_MESSAGE_SIZE } from './channel.ts';
import type { TransportFactory } from './factory.ts';
import { LongPollTransport } from './longpoll-transport.ts';
import { poster, type Answer, type Fetch, type Post } from './post.ts';
import { subprotocolsOf, type Subprotocol } from './subprotocol.ts';
import { unreachable } from './unreachable.ts';

/** How long-poll channels are opened. */
export interface LongPollOptions {
  /**
   * Whether messages should travel in batches, for a router that can do so; one by one, each message costs
   * a request. Default: false, only if the router cannot do otherwise. Between messages in JSON stands
   * octet 0x1E, as the specification says; some routers, crossbar among them, look for 0x18 and do not
   * understand it. They understand batches of MessagePack and CBOR.
   */
  readonly batched?: boolean | undefined;
  /**
   * The longest answer that is taken from the router, in bytes: default 16 MiB, for a message or a batch of them. A
   * longer one ends the session.
   */
  readonly maxMessageSize?: number | undefined;
  /** What makes requests: default the runtime's `fetch`. One of your own may add headers, or speak TLS in its way. */
  readonly fetch?: Fetch | undefined;
}

const LONG_POLL: Rules<LongPollOptions> = { batched: BOOL, maxMessageSize: COUNT, fetch: FUNCTION };

const decoder = new TextDecoder();

/**
 * Transports over HTTP long-poll. The URL, `http:` or `https:`, is that below which the router has `open`:
 * such as `https://example.com/lp`. Its query, if there is one, goes with every request.
 *
 * HTTP does not tell whether a request that failed has been heard: its messages, or those in its answer,
 * may be lost or not. Since no message may come twice, or be missing unnoticed, that ends the session.
 *
 * @throws ConnectError on opening; fatal when the URL is none of these, when the router refuses, or when
 *   it answers something else than a long-poll router does
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
async function ask(post: Post, offer: readonly Subprotocol[], signal: AbortSignal): Promise<Answer> {
  const body = JSON.stringify({ protocols: offer.map(({ name }) => name) });
  try {
    return await post('open', { headers: { 'content-type': 'application/json' }, body, signal });
  } catch (error) {
    throw signal.aborted ? reasonOf(signal) : unreachable(error);
  }
}

/** What a router has agreed to, and the id of the channel. @throws ConnectError */
function agreed(
  { ok, status, body }: Answer,
  offer: readonly Subprotocol[],
): { readonly subprotocol: Subprotocol; readonly id: string } {
  if (!ok) {
    // A client at fault stays so, unless it was too slow, or too often there.
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
